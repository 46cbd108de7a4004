"""What runs on a host for a moment, asked as ssh asks it."""

import fcntl
import json
import subprocess
import sys
from pathlib import Path

import pytest


def test_that_a_run_is_removed_when_its_guard_has_written_its_last_word(tmp_path: Path) -> None:
    run = tmp_path / "runs" / "one"
    (run / "job").mkdir(parents=True)
    program = [sys.executable, "-m", "ddsp_backend.remote.host_agent"]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as removal:
        assert removal.stdin is not None
        assert removal.stdout is not None
        with (run / "job" / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # as the guard holds it
            removal.stdin.write(json.dumps({"do": "remove", "folder": str(run)}) + "\n")
            removal.stdin.flush()
            assert removal.stdout.readline() == "timbre-studio\n"
            with pytest.raises(subprocess.TimeoutExpired):
                removal.wait(1)
            (run / "job" / "rc").write_text("0\n")
        assert removal.stdout.readline() == "{}\n"
    assert not run.exists()
