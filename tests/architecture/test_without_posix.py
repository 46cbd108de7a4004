"""What does not belong to a Linux host needs nothing that Python has only on POSIX, and not on Windows."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WITHOUT_POSIX = ROOT / "tests" / "without_posix"
ON_HOSTS_ONLY = {f"ddsp_backend.remote.{name}" for name in ("content_store", "host_agent", "sealed_worker")}
_PROGRAM = "import json, sys, sitecustomize as s; print(json.dumps(s.failing(json.load(sys.stdin))))"


def run_there(code: str, given: str = "", **environment: str) -> "subprocess.CompletedProcess[str]":
    """Runs Python code where `app` and `ddsp_backend` have nothing of POSIX."""
    paths = os.pathsep.join([str(WITHOUT_POSIX), str(ROOT)])
    surroundings = {**os.environ, "PYTHONPATH": paths, "TF_CPP_MIN_LOG_LEVEL": "3", **environment}
    return subprocess.run(
        [sys.executable, "-c", code], input=given, env=surroundings, capture_output=True, text=True, check=False
    )


def modules() -> list[str]:
    paths = sorted(path for package in ("app", "ddsp_backend") for path in (ROOT / package).rglob("*.py"))
    return [".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in paths]


@pytest.mark.slow
def test_that_every_module_but_those_of_a_host_is_imported() -> None:
    assert len(modules()) > 300
    done = run_there(_PROGRAM, json.dumps(modules()))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout).keys() == ON_HOSTS_ONLY
