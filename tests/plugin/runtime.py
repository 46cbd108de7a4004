"""The plug-in's own runtime, TensorFlow Lite 2.9.1, in an environment of its own: its wheels end with Python 3.9.

    python -m tests.plugin.runtime        makes the environment, and says which Python runs in it

The environment is made once, in the user's cache.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

_PACKAGES = ("tflite-runtime==2.9.1", "numpy<2")
_PLAY = Path(__file__).parent / "play_in_runtime.py"


def runtime_python() -> Path | None:
    """The Python of the environment; None where there is no Python 3.9, or where its packages cannot be had."""
    environment = _cache() / "timbre-studio-checks" / "plugin-runtime"
    python = environment / "bin" / "python"
    environment.parent.mkdir(parents=True, exist_ok=True)
    with (environment.parent / "plugin-runtime.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several processes test at once
        if not (environment / "ready").exists() and not _make(environment):
            return None
    return python


def play(python: Path, model: Path, given: Path, found: Path) -> None:
    """Plays `f0_scaled` and `pw_scaled` [F] of an npz file there, and writes what comes out as another."""
    words = [str(python), str(_PLAY), str(model), str(given), str(found)]
    child = subprocess.run(words, capture_output=True, text=True, check=False)
    assert child.returncode == 0, child.stderr


def _make(environment: Path) -> bool:
    base = _python39()
    if base is None:
        return False
    install = ("-m", "pip", "install", "--quiet", *_PACKAGES)
    for words in ((str(base), "-m", "venv", str(environment)), (str(environment / "bin" / "python"), *install)):
        if subprocess.run(words, capture_output=True, check=False).returncode != 0:
            return False
    (environment / "ready").touch()
    return True


def _python39() -> Path | None:
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [*sorted(versions.glob("3.9.*/bin/python3.9")), shutil.which("python3.9")]
    for candidate in filter(None, candidates):
        if subprocess.run([str(candidate), "--version"], capture_output=True, check=False).returncode == 0:
            return Path(candidate)
    return None


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))


if __name__ == "__main__":
    print(runtime_python() or "There is no Python 3.9, or its packages cannot be had.")  # noqa: T201
    sys.exit(0 if runtime_python() else 1)
