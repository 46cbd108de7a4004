"""An Apache Beam pipeline with several workers writes what one process writes, to the byte."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import Event, Failed, Stopped
from ddsp_backend.jobs.folder import Follower, JobFolder
from ddsp_backend.jobs.run import run
from tests import recordings
from tests.data.prepared import contents, prepare, spec_for, write_recordings

ROOT = Path(__file__).parents[2]
TWO_WORKERS = ("--runner=DirectRunner", "--direct_num_workers=2", "--direct_running_mode=multi_processing")


def python(*words: object) -> str:
    """Beam has a process of its own: it changes logging, and warns."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, *map(str, words)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=400)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.slow
def test_that_two_workers_of_a_pipeline_write_the_bytes_of_one_process(tmp_path):
    takes = write_recordings(tmp_path / "takes")
    (takes / "bad.wav").write_bytes(b"RIFF")
    settings = {"split": "chunk", "held_out_fraction": 0.2, "chunk_secs": 4, "sample_rate": 48000}
    _, manifest, _ = prepare(takes, tmp_path / "alone" / "data.tfrecord", processes=1, **settings)
    said = python(
        "-m",
        "ddsp_backend.cli.ddsp_prepare_tfrecord",
        *("--tracker=swift-f0", "--num_shards=3", "--eval_split_fraction=0.2", "--chunk_secs=4", "--sample_rate=48000"),
        f"--input_audio_filepatterns={takes}",
        f"--output_tfrecord_path={tmp_path / 'together' / 'data.tfrecord'}",
        f"--pipeline_options={','.join(TWO_WORKERS)}",
    )
    assert "bad.wav is left out." in said
    assert len(contents(tmp_path / "alone")) >= 4
    assert contents(tmp_path / "together") == contents(tmp_path / "alone")
    assert json.loads((tmp_path / "together" / "data.manifest.json").read_text()) == manifest
    assert not list((tmp_path / "together").glob(".data*"))


@pytest.mark.slow
def test_that_the_pieces_are_shared_out_and_an_error_in_one_is_the_job_s_error(tmp_path):
    found = json.loads(python(Path(__file__).with_name("beam_of_odd.py"), tmp_path, *TWO_WORKERS).splitlines()[-1])
    first, second = found["results"]
    assert [result["wish"] for result in first] == [f"{number}" for number in range(40)]
    assert len({result["process"] for result in first}) == 2
    assert [result["wish"] for result in second] == ["later"]
    assert found["error"] == ["DataError", "There is nothing here", "Look elsewhere."]


SETTINGS = {"tracker": "crepe", "crepe_capacity": "tiny", "chunk_secs": 4, "split": "chunk", "held_out_fraction": 0.2}


class Job:
    """A preparation by a pipeline, in a process and a session of its own, as the window starts it."""

    def __init__(self, base: Path) -> None:
        self.takes = write_recordings(base / "takes")
        recordings.write(self.takes / "long.wav", recordings.melody(120), subtype="FLOAT")
        self.output = base / "parts" / "data.tfrecord"
        self.folder = JobFolder(base / "job")
        self.folder.create(spec_for(self.takes, self.output, pipeline_options=TWO_WORKERS, **SETTINGS))
        command = [sys.executable, "-m", "ddsp_backend", "run", str(self.folder.path)]
        self.process = subprocess.Popen(command, cwd=ROOT, start_new_session=True)

    def n_chunks(self) -> int:
        """That are analysed and kept, to their end."""
        found = self.output.parent.glob(".feature_cache/**/*.npz")
        return sum(not path.name.endswith(".unfinished.npz") for path in found)

    def wait_for_work(self) -> None:
        while not self.n_chunks():
            assert self.process.poll() is None, self.folder.log_tail()
            time.sleep(0.02)
        assert len(self.processes()) > 2

    def processes(self) -> list[psutil.Process]:
        return [each for each in psutil.process_iter() if self._has_started(each)]

    def _has_started(self, process: psutil.Process) -> bool:
        try:
            return os.getsid(process.pid) == self.process.pid and process.status() != psutil.STATUS_ZOMBIE
        except (OSError, psutil.Error):  # it has just ended
            return False

    def last_word(self) -> Event:
        assert self.process.wait() == 3, self.folder.log_tail()
        events: list[Event] = []
        follower = Follower(self.folder)
        while found := follower.poll():
            events += found
        return events[-1]

    def close(self) -> None:
        for process in (self.process, *self.processes()):
            process.kill()
        self.process.wait()


@pytest.fixture
def job(tmp_path: Path) -> Iterator[Job]:
    job = Job(tmp_path)
    yield job
    job.close()


@pytest.mark.slow
def test_that_a_pipeline_that_is_stopped_ends_at_once_and_its_pieces_are_used_again(job, tmp_path):
    job.wait_for_work()
    job.folder.request_cancel()
    assert job.last_word() == Stopped()
    assert not job.processes()
    kept = job.n_chunks()
    assert not list(job.output.parent.glob(".data*"))
    _, manifest, result = prepare(job.takes, job.output, processes=2, **SETTINGS)
    assert int(result["chunks_cached"]) == kept
    assert int(result["chunks_computed"]) > kept  # it did not wait for the rest
    _, whole, _ = prepare(job.takes, tmp_path / "whole" / "data.tfrecord", processes=2, **SETTINGS)
    assert contents(job.output.parent) == contents(tmp_path / "whole")
    assert manifest == whole


@pytest.mark.slow
def test_that_ctrl_c_stops_a_pipeline_though_its_processes_hear_it_too(job):
    job.wait_for_work()
    os.killpg(job.process.pid, signal.SIGINT)
    assert job.last_word() == Stopped()
    assert not job.processes()
    assert job.n_chunks()


@pytest.mark.slow
def test_that_a_pipeline_s_processes_end_when_the_job_is_killed(job):
    job.wait_for_work()
    workers = [process for process in job.processes() if process.pid != job.process.pid]
    job.process.kill()
    _, left = psutil.wait_procs(workers, timeout=60)
    assert not left


def test_that_a_missing_beam_is_said_with_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "apache_beam", None)  # what Python does where it is not installed
    takes = write_recordings(tmp_path / "takes")
    last = list(run(spec_for(takes, tmp_path / "data.tfrecord", pipeline_options=TWO_WORKERS), CancelToken()))[-1]
    assert isinstance(last, Failed)
    assert "needs Apache Beam" in last.title
    assert 'pip install "timbre-studio[beam]"' in last.hint
    assert [path.name for path in tmp_path.iterdir()] == ["takes"]


def test_that_beam_is_not_loaded_unless_it_is_asked_for(tmp_path):
    takes = write_recordings(tmp_path / "takes")
    code = (
        "import sys; from ddsp_backend.cli.ddsp_prepare_tfrecord import main; code = main(sys.argv[1:])\n"
        "sys.exit(code or 'apache_beam' in sys.modules or 'tensorflow' in sys.modules)"
    )
    output = tmp_path / "data.tfrecord"
    python("-c", code, "--tracker=swift-f0", f"--input_audio_filepatterns={takes}", f"--output_tfrecord_path={output}")
