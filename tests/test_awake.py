"""A computer stays awake as long as a job runs, and no longer. What Linux is asked with stands in for the real one."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from ddsp_backend.awake import kept_awake

# Notes what it is asked, and runs the program behind its own words as the real one does.
INHIBIT = """#!/bin/sh
echo "$1" >"$(dirname "$0")/asked"
shift 3
exec "$@"
"""
WORKING = """
from ddsp_backend.awake import kept_awake
with kept_awake():
    print("working", flush=True)
    input()
"""


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of programs that are found first; without macOS' own."""
    inhibit = tmp_path / "systemd-inhibit"
    inhibit.write_text(INHIBIT)
    inhibit.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path


def children(process: psutil.Process) -> list[psutil.Process]:
    return [child for child in process.children() if child.name() == "tail" or "inhibit" in " ".join(child.cmdline())]


@pytest.mark.skipif(sys.platform != "linux", reason="systemd is asked on Linux alone")
def test_that_the_system_is_asked_as_long_as_work_is_done(programs: Path) -> None:
    with kept_awake():
        assert len(children(psutil.Process())) == 1
        while not (programs / "asked").exists():
            time.sleep(0.01)
    assert children(psutil.Process()) == []
    assert (programs / "asked").read_text() == "--what=idle\n"


@pytest.mark.skipif(sys.platform != "linux", reason="systemd is asked on Linux alone")
def test_that_a_process_that_was_killed_keeps_no_computer_awake(programs: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1])}
    working = subprocess.Popen(
        [sys.executable, "-c", WORKING], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert working.stdout is not None
    assert working.stdout.readline() == b"working\n"
    (asking,) = psutil.Process(working.pid).children()
    working.kill()
    working.communicate()
    assert asking.wait(20) in (None, 0)


def test_that_where_nobody_can_be_asked_the_work_is_done_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with kept_awake():
        done = True
    assert done
