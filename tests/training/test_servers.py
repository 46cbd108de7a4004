"""A training whose steps another process computes, behind a grpc:// address, and that process' death.

The other one is a real server of TensorFlow on loopback, with a processor in place of TPU chips.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.codec import event_from_json, to_json
from ddsp_backend.jobs.events import CheckpointSaved, Event, Failed, Finished, Progressed, StepDone
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import TrainSpec
from tests.tiny import GIN_FILES, train_params
from tests.training.test_strategy import free_ports, losses

CLIENT = Path(__file__).with_name("on_a_server.py")
ROOT = CLIENT.parents[2]
_SERVER = (
    "import sys, tensorflow as tf\n"
    "server = tf.distribute.Server({'worker': [sys.argv[1]]}, job_name='worker', task_index=0)\n"
    "print('ready', flush=True)\n"
    "sys.stdin.read()\n"
)

pytestmark = pytest.mark.slow


class Server:
    def __init__(self) -> None:
        (port,) = free_ports(1)
        self.address = f"127.0.0.1:{port}"
        command = [sys.executable, "-c", _SERVER, self.address]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        self._process = subprocess.Popen(command, **pipes)
        assert self._process.stdout.readline() == b"ready\n"

    def fall_silent(self) -> None:
        """As a machine that was taken away: no word, and no end of its connections."""
        self._process.send_signal(signal.SIGSTOP)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.kill()


def spec_for(base: Path, server: Server | None, steps: int, **settings: object) -> TrainSpec:
    params = train_params(base / "data", **{"n_clips": 0, "steps_per_held_out": 5, "steps_per_save": 2, **settings})
    tpu = f"grpc://{server.address}" if server else ""
    return TrainSpec(save_dir=str(base / "run"), gin_files=GIN_FILES, gin_params=params, steps=steps, tpu=tpu)


@contextmanager
def training(spec: TrainSpec) -> Iterator[Iterator[Event]]:
    """Its events. The process has to end by itself, as if nothing had happened."""
    command = [sys.executable, str(CLIENT), to_json(spec)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE) as process:
        try:
            yield (event_from_json(line) for line in process.stdout)
            assert process.wait() == 0
        finally:
            process.kill()


def test_that_a_server_that_dies_ends_the_run_with_a_sentence_and_a_checkpoint_to_go_on_from(
    tmp_path: Path, server: Server
) -> None:
    with training(spec_for(tmp_path, server, 1_000_000)) as events:
        told = []
        for event in events:
            told.append(event)
            if isinstance(event, CheckpointSaved) and event.step == 6:
                server.kill()
    last = told[-1]
    reached = len(losses(told))
    assert isinstance(last, Failed)
    assert not last.traceback
    assert last.title == f"grpc://{server.address} was lost after step {reached}: it no longer answers"
    saved = [event.step for event in told if isinstance(event, CheckpointSaved)][-1]
    assert f"from the checkpoint of step {saved}" in last.hint
    assert "without --tpu" in last.hint

    # As the hint says: elsewhere. What it learned is what it would have learned here from the start.
    resumed = list(run(spec_for(tmp_path, None, saved + 2), CancelToken()))
    assert isinstance(resumed[-1], Finished)
    assert [event.step for event in resumed if isinstance(event, StepDone)] == [saved + 1, saved + 2]
    alone = list(run(spec_for(tmp_path / "alone", None, saved + 2), CancelToken()))
    assert losses(told)[:saved] + losses(resumed) == pytest.approx(losses(alone), abs=1e-5)


def test_that_a_server_that_falls_silent_is_not_waited_for(tmp_path: Path, server: Server) -> None:
    with training(spec_for(tmp_path, server, 1_000_000)) as events:
        told = []
        for event in events:
            told.append(event)
            if isinstance(event, CheckpointSaved) and event.step == 6:
                server.fall_silent()
    last = told[-1]
    assert isinstance(last, Failed)
    assert not last.traceback
    assert last.title.startswith(f"grpc://{server.address} was lost after step")
    assert "from the checkpoint of step" in last.hint


def test_that_a_server_that_dies_before_anything_is_saved_is_said_so(tmp_path: Path, server: Server) -> None:
    with training(spec_for(tmp_path, server, 1_000_000)) as events:
        for event in events:
            last = event
            if isinstance(event, Progressed) and event.done == 1:
                server.kill()
    assert isinstance(last, Failed)
    assert not last.traceback
    assert last.title.startswith(f"grpc://{server.address} was lost before anything was saved")
    assert "starts from the beginning" in last.hint
    assert not list((tmp_path / "run").glob("ckpt-*"))


def test_that_checkpoints_of_a_run_on_a_server_are_kept_and_dropped_whole(tmp_path: Path, server: Server) -> None:
    spec = spec_for(tmp_path, server, 8, steps_per_save=1)
    spec = replace(spec, gin_params=(*spec.gin_params, "Trainer.checkpoints_to_keep = 2"))
    with training(spec) as events:
        told = list(events)
    assert isinstance(told[-1], Finished)
    best = [event.step for event in told if isinstance(event, CheckpointSaved) and event.is_best][-1]
    kept = {f"ckpt-{step}" for step in (7, 8, best)}
    files = list((tmp_path / "run").glob("ckpt-*"))
    assert {path.stem for path in files if path.suffix == ".index"} == kept
    assert {path.stem for path in files if path.suffix != ".index"} == kept
