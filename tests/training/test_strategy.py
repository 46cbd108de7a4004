"""Several devices and several processes train as one does; addresses where nobody is are said at once."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
import tensorflow as tf

from ddsp_backend.cores import usable_cores
from ddsp_backend.errors import ConfigError, DdspError
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.codec import event_from_json, to_json
from ddsp_backend.jobs.events import CheckpointSaved, Event, Failed, Finished, HeldOutMeasured, Noted, StepDone, Stopped
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import TrainSpec
from ddsp_backend.training.strategy import choose_strategy, parse_cluster, without_texts
from tests.tiny import GIN_FILES, STEADY, train_params

WORKER = Path(__file__).with_name("cluster_worker.py")
TWO_DEVICES = Path(__file__).with_name("two_devices.py")
HOUSE = WORKER.parents[2]


def free_ports(n: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(n)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Cluster:
    """Two real processes on loopback. Only the first has the folder of the run."""

    def __init__(
        self,
        base: Path,
        params: tuple[str, ...],
        steps: int,
        *,
        by_variable: bool = False,
        second: tuple[str, ...] = (),
        script: Path = WORKER,
    ) -> None:
        """`second`: further bindings, of the second process alone."""
        addresses = [f"127.0.0.1:{port}" for port in free_ports(2)]
        self.processes = []
        for index in range(2):
            config = json.dumps({"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}})
            spec = TrainSpec(
                save_dir=str(base / ("run" if index == 0 else "nobody's")),
                gin_files=GIN_FILES,
                gin_params=(*params, *(second if index else ())),
                steps=steps,
                cluster_config="" if by_variable else config,
            )
            environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **({"TF_CONFIG": config} if by_variable else {})}
            command = [sys.executable, str(script), to_json(spec)]
            log = (base / f"worker {index}.log").open("wb")
            self.processes.append(
                subprocess.Popen(command, env=environment, cwd=HOUSE, stdout=subprocess.PIPE, stderr=log)
            )
            log.close()

    def events(self, index: int) -> Iterator[Event]:
        for line in self.processes[index].stdout:
            yield event_from_json(line)

    def close(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()
            process.stdout.close()


@pytest.fixture
def clusters() -> Iterator[list[Cluster]]:
    made: list[Cluster] = []
    yield made
    for cluster in made:
        cluster.close()


def losses(events: list[Event]) -> list[float]:
    return [event.losses["total_loss"] for event in events if isinstance(event, StepDone)]


def held_out_losses(events: list[Event]) -> dict[int, float]:
    return {event.step: event.losses["total_loss"] for event in events if isinstance(event, HeldOutMeasured)}


@pytest.mark.slow
def test_that_two_workers_learn_what_one_process_learns_and_checkpoints_move_between_them(
    tmp_path: Path, clusters: list[Cluster]
) -> None:
    params = train_params(tmp_path / "data", held_out=False, steps_per_save=3, n_clips=0)
    params = (*params, *STEADY, "Trainer.average_decay = 0.9")

    def alone(folder: str, steps: int) -> list[Event]:
        spec = TrainSpec(save_dir=str(tmp_path / folder), gin_files=GIN_FILES, gin_params=params, steps=steps)
        return list(run(spec, CancelToken()))

    reference = losses(alone("alone", 26))
    begun = losses(alone("run", 3))
    clusters.append(Cluster(tmp_path, params, steps=23, by_variable=True))
    both = [list(clusters[0].events(index)) for index in (1, 0)]
    for events in both:
        assert isinstance(events[-1], Finished), events[-1]
        assert any(isinstance(event, Noted) and "not encrypted and have no password" in event.title for event in events)
    middle = losses(both[1])
    assert losses(both[0]) == middle
    assert len(middle) == 20
    ended = losses(alone("run", 26))
    assert [*begun, *middle, *ended] == pytest.approx(reference, abs=1e-5, rel=1e-5)
    assert not (tmp_path / "nobody's").exists()


@pytest.mark.slow
def test_that_two_devices_do_the_job_of_one_and_their_checkpoints_serve_everyone(
    tmp_path: Path, clusters: list[Cluster]
) -> None:
    """Twenty steps by two devices, then two each by two workers of two devices, by two devices again, and by one."""
    params = train_params(tmp_path / "data", steps_per_save=10, steps_per_held_out=10, steps_per_clips=10)
    params = (*params, *STEADY, "Trainer.average_decay = 0.9")

    def spec(folder: str, steps: int) -> TrainSpec:
        return TrainSpec(save_dir=str(tmp_path / folder), gin_files=GIN_FILES, gin_params=params, steps=steps)

    def by_two_devices(steps: int) -> list[Event]:
        command = [sys.executable, str(TWO_DEVICES), to_json(spec("run", steps))]
        child = subprocess.run(command, cwd=HOUSE, capture_output=True, check=True, timeout=300)
        assert b"MirroredStrategy, 2 replicas" in child.stderr
        return [event_from_json(line) for line in child.stdout.splitlines()]

    def by_workers(steps: int) -> list[Event]:
        clusters.append(Cluster(tmp_path, params, steps, script=TWO_DEVICES))
        second, first = (list(clusters[-1].events(index)) for index in (1, 0))
        assert losses(second) == losses(first)
        assert "Strategy, 4 replicas" in (tmp_path / "worker 0.log").read_text()
        return first

    reference = list(run(spec("alone", 26), CancelToken()))
    parts = [by_two_devices(20), by_workers(22), by_two_devices(24), list(run(spec("run", 26), CancelToken()))]
    for events, n_steps in zip(parts, (20, 2, 2, 2), strict=True):
        assert isinstance(events[-1], Finished), events[-1]
        assert len(losses(events)) == n_steps
    together = [event for events in parts for event in events]
    assert losses(together) == pytest.approx(losses(reference), abs=1e-5, rel=1e-5)
    measured, expected = held_out_losses(together), held_out_losses(reference)
    assert set(expected) == {1, 10, 20, 26}
    assert {step: measured[step] for step in expected} == pytest.approx(expected, abs=1e-5, rel=1e-5)
    for step in expected:
        played, wanted = (
            soundfile.read(tmp_path / folder / "clips" / f"step-{step}" / "clip 1 output.wav")[0]
            for folder in ("run", "alone")
        )
        assert np.abs(played - wanted).max() < 1e-5 * np.abs(wanted).max()


@pytest.mark.slow
def test_that_a_worker_s_death_ends_the_other_with_a_word_and_a_checkpoint(
    tmp_path: Path, clusters: list[Cluster]
) -> None:
    params = train_params(tmp_path / "data", held_out=False, steps_per_save=1000, n_clips=0)
    clusters.append(Cluster(tmp_path, params, steps=100_000))
    events = []
    for event in clusters[0].events(0):
        events.append(event)
        if isinstance(event, StepDone) and event.step == 3:
            clusters[0].processes[1].kill()
    assert isinstance(events[-1], Failed)
    assert "Another worker of this training stopped" in events[-1].title
    assert events[-1].traceback == ""
    assert isinstance(events[-2], CheckpointSaved)
    (step,) = [event.step for event in events if isinstance(event, StepDone)][-1:]
    assert events[-2].step == step
    spec = TrainSpec(save_dir=str(tmp_path / "run"), gin_files=GIN_FILES, gin_params=params, steps=step + 1)
    assert losses(list(run(spec, CancelToken()))) != []


@pytest.mark.slow
def test_that_a_worker_that_cannot_begin_is_told_by_the_other_in_a_sentence(
    tmp_path: Path, clusters: list[Cluster]
) -> None:
    params = train_params(tmp_path / "data", held_out=False, n_clips=0)
    clusters.append(Cluster(tmp_path, params, steps=5, second=("TFRecordProvider.file_pattern = '/nowhere*'",)))
    without_data, chief = ([*clusters[0].events(index)][-1] for index in (1, 0))
    assert isinstance(without_data, Failed)
    assert "/nowhere*" in without_data.title
    assert isinstance(chief, Failed)
    assert "Another worker of this training stopped" in chief.title
    assert chief.traceback == ""


@pytest.mark.slow
def test_that_a_stop_of_one_worker_stops_all_at_the_same_step(tmp_path: Path, clusters: list[Cluster]) -> None:
    params = train_params(tmp_path / "data", held_out=False, steps_per_save=1000, n_clips=0)
    clusters.append(Cluster(tmp_path, params, steps=100_000))
    first = []
    for event in clusters[0].events(0):
        first.append(event)
        if isinstance(event, StepDone) and event.step == 3:
            clusters[0].processes[1].send_signal(signal.SIGTERM)
    second = list(clusters[0].events(1))
    assert isinstance(first[-1], Stopped)
    assert isinstance(second[-1], Stopped)
    assert len(losses(first)) == len(losses(second))
    assert (tmp_path / "run" / f"ckpt-{len(losses(first))}.index").exists()


@pytest.mark.parametrize(
    "config",
    [
        "",
        "{",
        "[]",
        '{"cluster": {"worker": ["a:1"]}}',
        '{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 1}}',
        '{"cluster": {"worker": ["a"]}, "task": {"type": "worker", "index": 0}}',
        '{"cluster": {"ps": ["a:1"]}, "task": {"type": "ps", "index": 0}}',
    ],
)
def test_that_a_cluster_s_config_without_sense_is_refused_with_its_form(config: str) -> None:
    with pytest.raises(ConfigError, match="must have this form"):
        parse_cluster(config)


def test_that_a_port_that_is_taken_is_said() -> None:
    with socket.create_server(("0.0.0.0", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        config = {"cluster": {"worker": [address, "127.0.0.1:1"]}, "task": {"type": "worker", "index": 0}}
        with pytest.raises(DdspError, match="is taken"):
            choose_strategy("", json.dumps(config))


@pytest.mark.slow
def test_that_a_batch_that_devices_cannot_share_evenly_is_refused_with_what_they_can(tmp_path: Path) -> None:
    params = (*train_params(tmp_path / "data", held_out=False), "batch_size = 5")
    spec = TrainSpec(save_dir=str(tmp_path / "run"), gin_files=GIN_FILES, gin_params=params, steps=1)
    command = [sys.executable, str(TWO_DEVICES), to_json(spec)]
    child = subprocess.run(command, cwd=HOUSE, capture_output=True, check=True, timeout=300)
    last = event_from_json(child.stdout.splitlines()[-1])
    assert last == Failed(
        "batch_size=5 cannot be shared evenly by 2 devices",
        "Choose a multiple of 2: it is the size of the batch of all together.",
    )
    assert not (tmp_path / "run").exists()


def test_that_names_in_a_batch_stay_on_the_host() -> None:
    part = {"audio": tf.zeros([2, 3]), "recording_id": tf.constant(["a", "b"])}
    assert set(without_texts(part)) == {"audio"}
    assert [set(each) for each in without_texts(part, {"f0_hz": part["audio"]})] == [{"audio"}, {"f0_hz"}]


_SHARING = """
import json, os, sys
import tensorflow as tf
from ddsp_backend.training.strategy import _share_cores

for addresses, variable in json.loads(sys.argv[1]):
    tf.config.threading.set_intra_op_parallelism_threads(0)
    os.environ.pop("TF_NUM_INTRAOP_THREADS", None)
    if variable:
        os.environ["TF_NUM_INTRAOP_THREADS"] = variable
    _share_cores(addresses[0], addresses)
    print(tf.config.threading.get_intra_op_parallelism_threads())
"""


@pytest.mark.slow
def test_that_workers_on_one_machine_share_its_cores() -> None:
    """In a process of its own, before its TensorFlow begins, which fixes the number of threads. 0: its choice."""
    one_machine, two_machines = ["127.0.0.1:1", "127.0.0.1:2"], ["10.0.0.1:1", "10.0.0.2:1"]
    cases = [(one_machine, None), (two_machines, None), (one_machine, "7"), (one_machine, None)]
    child = subprocess.run(
        [sys.executable, "-c", _SHARING, json.dumps(cases)],
        cwd=HOUSE,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        check=True,
    )
    half = max(1, usable_cores() // 2)
    assert [int(line) for line in child.stdout.split()] == [half, 0, 0, half]


def test_that_a_tpu_that_is_not_there_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    (port,) = free_ports(1)
    with pytest.raises(DdspError, match=f"No TPU answers at grpc://127.0.0.1:{port}") as refusal:
        choose_strategy(f"grpc://127.0.0.1:{port}", "")
    assert "have not been on offer since April 2025" in refusal.value.hint
    assert "--tpu=local" in refusal.value.hint
    spec = TrainSpec(save_dir="/nowhere", gin_files=GIN_FILES, tpu=f"grpc://127.0.0.1:{port}")
    told = list(run(spec, CancelToken()))[-1]
    assert isinstance(told, Failed)
    assert told.title == refusal.value.title  # nothing was lost that never began
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes the call, and says nothing
        monkeypatch.setattr("ddsp_backend.training.strategy._ANSWER_SECONDS", 0.5)
        with pytest.raises(DdspError, match="No TPU answers"):
            choose_strategy(f"grpc://127.0.0.1:{silent.getsockname()[1]}", "")
    for address in ("grpc://", "grpc://host", "10.0.0.2", "remote"):
        with pytest.raises(ConfigError):
            choose_strategy(address, "")
    with pytest.raises(ConfigError, match="at once"):
        choose_strategy("local", "{}")


@pytest.mark.slow
def test_that_a_machine_without_chips_says_what_would_use_them(tmp_path: Path) -> None:
    """In a process of its own: TensorFlow keeps what it found out about TPUs."""
    params = train_params(tmp_path / "data", held_out=False)
    spec = TrainSpec(save_dir=str(tmp_path / "run"), gin_files=GIN_FILES, gin_params=params, steps=1, tpu="local")
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    child = subprocess.run(
        [sys.executable, str(WORKER), to_json(spec)],
        cwd=HOUSE,
        env=environment,
        capture_output=True,
        check=True,
    )
    last = event_from_json(child.stdout.splitlines()[-1])
    assert isinstance(last, Failed)
    assert "There is no TPU on this machine" in last.title
    assert "tensorflow-tpu==2.20.0" in last.hint
    assert "April 2025" not in last.hint
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_that_a_real_server_without_chips_is_told_from_a_dead_address(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    code = (
        "import sys, tensorflow as tf\n"
        f"server = tf.distribute.Server({{'worker': ['127.0.0.1:{port}']}}, job_name='worker', task_index=0)\n"
        "print('ready', flush=True)\n"
        "sys.stdin.read()\n"
    )
    params = train_params(tmp_path / "data", held_out=False)
    spec = TrainSpec(
        save_dir=str(tmp_path / "run"), gin_files=GIN_FILES, gin_params=params, tpu=f"grpc://127.0.0.1:{port}"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([sys.executable, "-c", code], **pipes) as server:
        assert server.stdout.readline() == b"ready\n"
        command = [sys.executable, str(WORKER), to_json(spec)]
        child = subprocess.run(command, cwd=HOUSE, capture_output=True, check=True, timeout=120)
        server.kill()
    last = event_from_json(child.stdout.splitlines()[-1])
    assert isinstance(last, Failed)
    assert f"There is no TPU on grpc://127.0.0.1:{port}" in last.title
    assert "have not been on offer since April 2025" in last.hint
    assert "pip install" not in last.hint  # it is not this machine that lacks something
