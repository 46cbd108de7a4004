@rem Opens Timbre Studio with a double click. See start.ps1.
@powershell -NoProfile -ExecutionPolicy Bypass -File "%~dp0start.ps1" %*
@if errorlevel 1 if "%~1"=="" pause
