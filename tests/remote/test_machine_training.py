"""A training on a virtual machine, and what becomes of the machine when it is over."""

import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.jobs.child import ChildJob
from ddsp_backend.jobs.events import (
    Finished,
    StepDone,
)
from ddsp_backend.jobs.place import EXIT_LEFT, new_place
from ddsp_backend.jobs.spec import (
    InspectSpec,
    JobSpec,
    TrainSpec,
)
from ddsp_backend.machines.book import MachineBook
from ddsp_backend.machines.kinds import START_SCRIPT
from tests.remote.asking import creation, do, failure
from tests.remote.control_plane import MACHINE, ControlPlane
from tests.remote.servers import Wire
from tests.tiny import GIN_FILES, train_params


def job(spec: JobSpec, folder: Path, book: MachineBook) -> ChildJob:
    return ChildJob(spec, folder, place=new_place(str(book.hosts.folder), MACHINE))


def is_over(running: ChildJob) -> bool:
    """Whether the process that relayed a job has ended: what it does after the last word is done then."""
    return running.folder.rc() is not None


def wait_for(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.02)


@pytest.mark.slow
def test_that_a_machine_is_made_trains_and_is_deleted_once_everything_is_here(
    plane: ControlPlane, virtual_machine: MachineBook, tmp_path: Path
) -> None:
    assert isinstance(do(creation(virtual_machine))[-1], Finished)
    save_dir = tmp_path / "run"
    params = train_params(tmp_path / "data", held_out=False, steps_per_save=10, n_clips=0)
    spec = TrainSpec(save_dir=str(save_dir), gin_files=GIN_FILES, gin_params=params, steps=20)
    running = job(spec, tmp_path / "job", virtual_machine)
    events = []
    for event in running.events():
        events.append(event)
        assert MACHINE in plane.machines or isinstance(event, Finished)
    assert isinstance(events[-1], Finished), events[-1]
    assert [event.step for event in events if isinstance(event, StepDone)] == list(range(1, 21))
    assert (save_dir / "ckpt-20.index").stat().st_size
    wait_for(lambda: is_over(running))
    assert not plane.machines, running.folder.log_tail()
    assert virtual_machine.machines() == ()
    assert virtual_machine.hosts.hosts() == ()
    assert not (virtual_machine.folder / MACHINE).exists()
    for path in (running.folder.path, save_dir):
        for file in path.rglob("*"):
            assert file.is_dir() or b"secret" not in file.read_bytes(), file


@pytest.mark.parametrize("reason", ["keeps", "other run"])
def test_that_a_machine_stays_where_it_shall_or_where_another_run_is_on_it(
    counting: None, plane: ControlPlane, virtual_machine: MachineBook, tmp_path: Path, reason: str
) -> None:
    do(creation(virtual_machine, keeps=reason == "keeps"))
    if reason == "other run":
        (tmp_path / "there; $HOME" / "runs" / "0123456789abcdef" / "job").mkdir(parents=True)
    running = job(InspectSpec(inputs=("steps=3",)), tmp_path / "job", virtual_machine)
    assert isinstance(list(running.events())[-1], Finished)
    wait_for(lambda: is_over(running))
    assert MACHINE in plane.machines
    assert virtual_machine.find(MACHINE) is not None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("is_spot", "is_there", "title", "code"),
    [(True, False, "taken back by Google", EXIT_LEFT), (True, True, "was lost", EXIT_LEFT)],
    ids=["preempted", "out of reach"],
)
def test_that_a_lost_machine_is_explained_and_one_whose_results_are_not_here_is_not_deleted(
    counting: None,
    plane: ControlPlane,
    virtual_machine: MachineBook,
    machine_wire: Wire,
    tmp_path: Path,
    is_spot: bool,
    is_there: bool,
    title: str,
    code: int,
) -> None:
    do(creation(virtual_machine, is_spot=is_spot))
    virtual_machine.hosts.put(replace(virtual_machine.hosts.get(MACHINE), patience=0.2))
    running = job(InspectSpec(inputs=("steps=6000", "slow")), tmp_path / "job", virtual_machine)
    events = []
    for event in running.events():
        events.append(event)
        if isinstance(event, StepDone) and event.step == 5:
            machine_wire.take_down()
            if not is_there:
                del plane.machines[MACHINE]
    assert title in failure(events).title
    assert running.folder.rc() == code
    assert not plane.asked("DELETE", "")
    assert virtual_machine.find(MACHINE) is not None


def test_that_the_start_script_says_whether_there_is_a_python(tmp_path: Path) -> None:
    """With the commands of a new machine replaced by ones that write down what they were asked."""
    for name, text in (("curl", 'echo "$5" >>"$SAID"'), ("apt-get", 'echo "apt-get $*" >>"$SAID"'), ("sleep", ":")):
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
    with_venv = "#!/bin/sh\nexit 0\n"
    for pythons, said in (({"python3.11": with_venv}, ["ready"]), ({}, ["no Python 3.11 could be installed"])):
        folder = tmp_path / str(len(pythons))
        folder.mkdir()
        for name, text in {**{p.name: p.read_text() for p in tmp_path.iterdir() if p.is_file()}, **pythons}.items():
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)
        environment = {"PATH": str(folder), "SAID": str(folder / "said")}
        subprocess.run(["/bin/sh", "-c", START_SCRIPT], env=environment, check=True)
        lines = (folder / "said").read_text().splitlines()
        assert [line for line in lines if not line.startswith("apt-get")] == said
        assert any("python3.11-venv" in line for line in lines) == (not pythons)
