"""The program's commands, run as a shell runs them."""

import os
import subprocess
import sys
from pathlib import Path

COMMANDS = Path(sys.executable).parent
ENVIRONMENT = {**os.environ, "PATH": f"{COMMANDS}{os.pathsep}{os.environ['PATH']}", "TF_CPP_MIN_LOG_LEVEL": "2"}


def shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs a command line with all its quotes in a folder, to its end."""
    return subprocess.run(  # noqa: S602 - command lines are what is tested, as the documents have them
        command, shell=True, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=300, check=False
    )
