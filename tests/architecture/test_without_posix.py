"""What does not belong to a Linux host needs nothing that Python has only on POSIX, and not on Windows."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ddsp_backend.jobs.events import CheckpointSaved, Finished
from ddsp_backend.jobs.folder import Follower, JobFolder
from ddsp_backend.jobs.spec import TrainSpec
from tests import tiny

ROOT = Path(__file__).resolve().parents[2]
WITHOUT_POSIX = ROOT / "tests" / "without_posix"
ON_HOSTS_ONLY = {f"ddsp_backend.remote.{name}" for name in ("content_store", "host_agent", "sealed_worker")}
_IMPORT = "import json, sys, sitecustomize as s; print(json.dumps(s.failing(json.load(sys.stdin))))"


def run_there(*words: str, given: str = "") -> "subprocess.CompletedProcess[str]":
    """Runs Python where `app` and `ddsp_backend` have nothing of POSIX."""
    paths = os.pathsep.join([str(WITHOUT_POSIX), str(ROOT)])
    surroundings = {**os.environ, "PYTHONPATH": paths, "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.run(
        [sys.executable, *words], input=given, env=surroundings, capture_output=True, text=True, check=False
    )


def modules() -> list[str]:
    paths = sorted(path for package in ("app", "ddsp_backend") for path in (ROOT / package).rglob("*.py"))
    return [".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in paths]


@pytest.mark.slow
def test_that_every_module_but_those_of_a_host_is_imported() -> None:
    assert len(modules()) > 300
    done = run_there("-c", _IMPORT, given=json.dumps(modules()))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout).keys() == ON_HOSTS_ONLY


@pytest.mark.slow
def test_that_a_training_begins_saves_and_ends(tmp_path: Path) -> None:
    """Files follow Windows' rules there, too."""
    params = tiny.train_params(tmp_path / "data", num_steps=2, steps_per_save=1)
    job = JobFolder(tmp_path / "job")
    job.create(TrainSpec(save_dir=str(tmp_path / "run"), gin_files=tiny.GIN_FILES, gin_params=params))
    done = run_there("-m", "ddsp_backend", "run", str(job.path))
    assert done.returncode == 0, job.log_tail()
    events = Follower(job).poll()
    assert sum(isinstance(event, CheckpointSaved) for event in events) >= 2
    assert isinstance(events[-1], Finished)
    assert (tmp_path / "run" / "ckpt-2.index").exists()
