"""What a command shows on stderr while libraries are loaded."""

import os
from pathlib import Path

import pytest

from ddsp_backend.cli.loading import load_quietly, without_notices
from ddsp_backend.jobs import run
from ddsp_backend.jobs.job_table import JobKind
from ddsp_backend.jobs.spec import InspectSpec
from tests.cli.shell import ENVIRONMENT, shell


def test_that_tensorflow_is_loaded_without_a_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That there is no checkpoint is found only after everything was loaded."""
    monkeypatch.delitem(ENVIRONMENT, "TF_CPP_MIN_LOG_LEVEL")
    done = shell("ddsp_run --mode=eval --save_dir=. --run_once", tmp_path)
    assert "There is no checkpoint" in done.stdout
    assert done.stderr == ""


def test_that_only_notices_are_held_back(capfd: pytest.CaptureFixture[str]) -> None:
    with without_notices():
        os.write(2, b"WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n")
        os.write(2, b"I0000 00:00:1.2    30675 port.cc:153] oneDNN custom operations are on.\n")
        os.write(2, b"E0000 00:00:1.2    30675 cuda.cc:1] no driver\n")
        os.write(2, b"a warning of ours\n")
        assert capfd.readouterr().err == ""
    os.write(2, b"afterwards\n")
    assert capfd.readouterr().err == "E0000 00:00:1.2    30675 cuda.cc:1] no driver\na warning of ours\nafterwards\n"


def test_that_what_was_said_is_shown_when_loading_fails(capfd: pytest.CaptureFixture[str]) -> None:
    def load() -> None:
        with without_notices():
            os.write(2, b"libcublas.so: cannot open shared object file\n")
            raise ImportError

    with pytest.raises(ImportError):
        load()
    assert capfd.readouterr().err == "libcublas.so: cannot open shared object file\n"


def test_that_an_import_that_fails_is_left_to_the_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken_job.py").write_text(
        "import os\nos.write(2, b'I am broken\\n')\nraise ImportError('no library')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(run.JOBS, JobKind.INSPECT, "broken_job:work")
    load_quietly(InspectSpec(inputs=("x",)))
    assert capfd.readouterr().err == "I am broken\n"


@pytest.mark.slow
def test_that_a_command_without_stderr_works(tmp_path: Path) -> None:
    done = shell("ddsp_run --mode=eval --save_dir=. --run_once 2>&-", tmp_path)
    assert "There is no checkpoint" in done.stdout
