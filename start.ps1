# Sets up what is missing and opens Timbre Studio on Windows.   .\start.ps1 --demo   runs the main job on the built-in instrument.
$ErrorActionPreference = "Stop"
Set-Location -LiteralPath $PSScriptRoot
$python = ".venv\Scripts\python.exe"
$stampFile = ".venv\installed-run"

# The versions that this release was tested with are in constraints.txt.
$stamp = (Get-FileHash -Algorithm SHA256 -Path "start.ps1", "pyproject.toml", "constraints.txt" | ForEach-Object { $_.Hash }) -join "-"

function Test-Python([string[]] $Command) {
    # Python 3.11 to 3.13 of 64 bits, with what a virtual environment needs.
    $code = "import sys, venv, ensurepip; sys.exit(not ((3, 11) <= sys.version_info[:2] <= (3, 13) and sys.maxsize > 2**32))"
    $options = @($Command | Select-Object -Skip 1)
    $ErrorActionPreference = "Continue"
    if (-not (Get-Command $Command[0] -ErrorAction SilentlyContinue)) { return $false }
    & $Command[0] @options -c $code *> $null
    return $LASTEXITCODE -eq 0
}

function Install-Libraries([string[]] $Options) {
    # What pip says goes into install.log. It warns there too, so its exit code alone tells whether it failed.
    $ErrorActionPreference = "Continue"
    & $python -m pip install --disable-pip-version-check -q @Options --editable ".[gcp,gcs]" *> install.log
    return $LASTEXITCODE -eq 0
}

$isReady = (Test-Path $stampFile) -and ((Get-Content $stampFile) -eq $stamp) -and (Test-Python @($python))
if (-not $isReady) {
    if (-not (Test-Python @($python))) {
        $found = $null
        foreach ($candidate in @($env:PYTHON, "py -3.13", "py -3.12", "py -3.11", "python", "python3")) {
            if (-not $candidate) { continue }
            $words = if ($candidate -eq $env:PYTHON) { @($candidate) } else { @($candidate.Split(" ")) }
            if (Test-Python $words) { $found = $words; break }
        }
        if (-not $found) {
            Write-Host "Timbre Studio needs Python 3.11, 3.12 or 3.13 (64-bit), and found none."
            Write-Host "Install it from https://www.python.org/downloads/ (or: winget install Python.Python.3.12), then start again."
            exit 1
        }
        if (Test-Path .venv) { Remove-Item -Recurse -Force .venv }
        $options = @($found | Select-Object -Skip 1)
        & $found[0] @options -m venv .venv
        if ($LASTEXITCODE -ne 0) { Write-Host "No virtual environment could be made in $PSScriptRoot\.venv. Can you write there, and is there 3 GB of space?"; exit 1 }
    }
    Write-Host "Installing Timbre Studio's libraries into .venv (some minutes the first time; about 3 GB on disk)"
    if (-not (Install-Libraries @("--constraint", "constraints.txt"))) {
        # A pinned version may have no build for this machine; the bounds in pyproject.toml still hold.
        Write-Host "The tested versions are not all to be had for this machine; taking the nearest ones."
        if (-not (Install-Libraries @())) {
            Get-Content install.log -Tail 5
            Write-Host "The libraries could not be installed (see install.log). Is the network up, and is there 3 GB of space? Then start again: what was fetched is kept."
            exit 1
        }
    }
    Remove-Item install.log
    Set-Content -Path $stampFile -Value $stamp
}
& $python -m app @args
exit $LASTEXITCODE
