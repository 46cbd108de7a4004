"""A run on a host looks like one here: its events, its files, its stop, through cuts and restarts.

The host is this machine behind a real sshd, and behind asyncssh's server.
"""

import asyncio
import json
import os
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from app.jobs.child import ChildJob
from ddsp_backend.errors import RemoteError
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.codec import to_json
from ddsp_backend.jobs.events import (
    ClipRendered,
    Event,
    Failed,
    Finished,
    Progressed,
    Started,
    StepDone,
    StopAcknowledged,
    Stopped,
)
from ddsp_backend.jobs.folder import JobFolder
from ddsp_backend.jobs.place import joined_where_left, new_place
from ddsp_backend.jobs.spec import InspectSpec, TrainSpec
from ddsp_backend.remote.agent_client import AgentClient, Program
from ddsp_backend.remote.connection import connect
from ddsp_backend.remote.hosts import fingerprint
from ddsp_backend.remote.relay import Relay
from tests.remote.runs import book_for, counted, events_of, job, told
from tests.remote.servers import InProcess, Keys, OpenSsh, Wire, write_book
from tests.remote.test_hosts import install_little, want_endless_space

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.usefixtures("counting")
def test_that_a_run_there_says_what_it_says_here(tmp_path: Path, keys: Keys, server: OpenSsh | InProcess) -> None:
    book = book_for(tmp_path, keys, server.port)
    events = list(job(InspectSpec(inputs=("steps=300",)), tmp_path / "job", book).events())
    assert told(events) == counted(300)


@pytest.mark.slow
@pytest.mark.usefixtures("counting")
def test_that_what_names_no_file_does_not_wait_for_those_of_a_later_event(
    tmp_path: Path, keys: Keys, openssh: OpenSsh
) -> None:
    place = new_place(str(book_for(tmp_path, keys, openssh.port).folder), "box")
    spec = TrainSpec(save_dir=str(tmp_path / "run"), gin_files=("none.gin",))
    with closing(Relay(spec, place, CancelToken()).events()) as events:
        next(event for event in events if isinstance(event, StepDone))
    (there,) = (tmp_path / "host's $HOME; folder" / "runs").glob("*/job")
    until(lambda: b"ClipRendered" in JobFolder(there).events_path.read_bytes())

    cancel = CancelToken()
    batches: list[tuple[list[type], bool]] = []  # the kinds of the events, and whether the clip's files are here

    async def join() -> None:
        async for batch in Relay(spec, place, cancel).through_cuts():
            batches.append(([type(event) for _, event in batch], (tmp_path / "run" / "clips").exists()))
            if ClipRendered in batches[-1][0]:
                cancel.set()

    asyncio.run(join())
    clip = next(index for index, (kinds, _) in enumerate(batches) if ClipRendered in kinds)
    assert (set(batches[clip - 1][0]), batches[clip - 1][1]) == ({StepDone}, False)
    assert (batches[clip][0][0], batches[clip][1]) == (ClipRendered, True)
    assert batches[-1][0][-1] is Stopped


@pytest.mark.usefixtures("counting")
def test_that_a_stop_reaches_a_run_there(tmp_path: Path, keys: Keys, server: OpenSsh | InProcess) -> None:
    book = book_for(tmp_path, keys, server.port)
    running = job(InspectSpec(inputs=("steps=1000000", "slow")), tmp_path / "job", book)
    events = []
    for event in running.events():
        events.append(event)
        if isinstance(event, StepDone) and event.step == 10:
            running.cancel()
    assert events[-1] == Stopped()
    assert events.count(StopAcknowledged()) == 1
    assert running.folder.rc() == 3


@pytest.mark.slow
@pytest.mark.usefixtures("counting")
def test_that_a_job_which_does_not_answer_a_stop_is_ended_with_a_word_about_it(
    tmp_path: Path, keys: Keys, openssh: OpenSsh, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is in a step without end: neither the request nor SIGTERM reach it, only SIGKILL does."""
    monkeypatch.setattr("ddsp_backend.remote.relay._STOP_SILENCE", 0.5)
    book = book_for(tmp_path, keys, openssh.port)
    (runs := tmp_path / "host's $HOME; folder" / "runs").mkdir(parents=True)
    cancel = CancelToken()
    spec = InspectSpec(inputs=("steps=3", f"long_step={tmp_path}"))
    relay = Relay(spec, new_place(str(book.folder), "box"), cancel)
    events: list[Event] = []
    for event in relay.events():
        events.append(event)
        if isinstance(event, StepDone):
            (folder,) = runs.glob("*/job")
            assert JobFolder(folder).is_alive()
            cancel.set()
    assert [event for event in events if not isinstance(event, Progressed)][1:-1] == [StopAcknowledged()]
    assert isinstance(events[-1], Failed)
    assert events[-1].title == "The job did not react to the request to stop, so it was ended"
    assert "start it again" in events[-1].hint
    assert not relay.is_left
    assert not list(runs.iterdir())
    assert not [each for each in psutil.process_iter(["cmdline"]) if _runs(each, folder)]


@pytest.mark.usefixtures("counting")
def test_that_a_run_killed_there_ends_with_a_word_about_it(tmp_path: Path, keys: Keys, openssh: OpenSsh) -> None:
    book = book_for(tmp_path, keys, openssh.port)
    events = []
    for event in job(InspectSpec(inputs=("steps=1000000", "slow")), tmp_path / "job", book).events():
        events.append(event)
        if isinstance(event, StepDone) and event.step == 10:
            (folder,) = (tmp_path / "host's $HOME; folder" / "runs").glob("*/job")
            (running,) = [each for each in psutil.process_iter(["cmdline"]) if _runs(each, folder)]
            running.kill()
    assert isinstance(events[-1], Failed)
    assert "SIGKILL" in events[-1].title


def _runs(process: psutil.Process, folder: Path) -> bool:
    command = process.info["cmdline"] or []
    return command[-2:] == ["run", str(folder)] and command[0] != "/bin/sh"


@pytest.mark.usefixtures("counting")
@pytest.mark.parametrize("n_cuts", [20, pytest.param(200, marks=pytest.mark.slow)])
def test_that_no_event_is_lost_or_doubled_however_often_the_connection_is_cut(
    tmp_path: Path, keys: Keys, openssh: OpenSsh, n_cuts: int
) -> None:
    wire = Wire(openssh.port)
    book = book_for(tmp_path, keys, wire.port)
    running = job(InspectSpec(inputs=("steps=10000000", "slow")), tmp_path / "job", book)
    events: list[Event] = []
    cutting = threading.Thread(target=cut_and_stop, args=(wire, n_cuts, running, events))
    for event in running.events():
        events.append(event)
        if cutting.ident is None and isinstance(event, Progressed) and event.stage.startswith("Installing"):
            cutting.start()
    cutting.join()
    wire.close()
    assert isinstance(events[-1], Stopped)
    steps = [event for event in events if isinstance(event, StepDone)]
    assert told(steps) == counted(len(steps), of=10_000_000)
    assert wire.n_cuts >= n_cuts
    assert not list((tmp_path / "host's $HOME; folder" / "runs").iterdir())


def cut_and_stop(wire: Wire, n_cuts: int, running: ChildJob, events: list[Event]) -> None:
    """Cuts while the program is set up, while the job is started, and while it runs; then stops it."""
    chance = random.Random(n_cuts)
    while wire.n_cuts < n_cuts:
        if wire.n_cuts > 3 and wire.n_cuts % 2:
            n_events = len(events)
            while len(events) == n_events:  # until it got through, however slow this machine is
                time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.5))
        wire.cut()
    n_events = len(events)
    while not isinstance(events[-1], StepDone) or len(events) == n_events:
        time.sleep(0.001)
    running.cancel()


@pytest.mark.slow
@pytest.mark.usefixtures("counting")
def test_that_a_follower_that_was_killed_is_followed_by_one_that_tells_the_rest(
    tmp_path: Path, keys: Keys, openssh: OpenSsh
) -> None:
    book = book_for(tmp_path, keys, openssh.port)
    spec = InspectSpec(inputs=("steps=6000", "slow"))
    first = job(spec, tmp_path / "first", book)
    for event in first.events():
        if isinstance(event, StepDone) and event.step == 50:
            first.kill()
    folder = JobFolder(tmp_path / "first")
    before = events_of(folder)
    place = joined_where_left(folder)
    assert place is not None
    assert place.offset > 0
    second = ChildJob(spec, tmp_path / "second", place=place)
    after = list(second.events())
    assert isinstance(after[0], Started)
    assert told([*before, *after[1:]]) == counted(6000)


@pytest.mark.slow
@pytest.mark.usefixtures("counting")
def test_that_a_closed_lid_loses_and_doubles_nothing(tmp_path: Path, keys: Keys, openssh: OpenSsh) -> None:
    """The process that follows is suspended for longer than it has patience, and the connection dies meanwhile."""
    wire = Wire(openssh.port)
    book = book_for(tmp_path, keys, wire.port, patience=0.5)
    running = job(InspectSpec(inputs=("steps=4000", "slow")), tmp_path / "job", book)
    events = []
    for event in running.events():
        events.append(event)
        if isinstance(event, StepDone) and event.step == 50:
            sleep_through_a_cut(running.folder, tmp_path / "host's $HOME; folder" / "runs", wire)
    wire.close()
    assert told(events) == counted(4000)


def sleep_through_a_cut(follower: JobFolder, runs: Path, wire: Wire) -> None:
    process = psutil.Process(json.loads((follower.path / "pid").read_text())["pid"])
    process.suspend()
    until(lambda: process.status() == psutil.STATUS_STOPPED)
    wire.cut()
    assert wire.n_cuts == 1
    (journal,) = runs.glob("*/job/events.jsonl")
    begun, size = time.monotonic(), journal.stat().st_size
    until(lambda: journal.stat().st_size > size + 20_000 and time.monotonic() - begun > 1)
    process.resume()


@pytest.mark.usefixtures("counting")
def test_that_a_job_which_is_started_by_many_at_once_runs_once(tmp_path: Path, keys: Keys, openssh: OpenSsh) -> None:
    book = book_for(tmp_path, keys, openssh.port)
    folder = JobFolder(tmp_path / "runs" / "one" / "job")
    program = Program(sys.executable, str(ROOT))
    spec = to_json(InspectSpec(inputs=("steps=1000000", "slow")))

    async def start_and_stop() -> None:
        async with connect(book.get("box"), book) as connection:
            link = AgentClient(connection, "box")
            await asyncio.gather(*[link.ask(program, "start", folder=str(folder.path), spec=spec) for _ in range(6)])
            running = [each.pid for each in psutil.process_iter(["cmdline"]) if _runs(each, folder.path)]
            pid = (folder.path / "pid").read_text()
            await link.ask(program, "start", folder=str(folder.path), spec=spec)
            await link.ask(program, "stop", folder=str(folder.path), by_force=False)
            async with link.request(program, "follow", folder=str(folder.path), offset=0) as request:
                async for _ in request.lines():
                    pass
            await link.ask(program, "start", folder=str(folder.path), spec=spec)  # it ran
            assert (folder.path / "pid").read_text() == pid
            assert running == [json.loads(pid)["pid"]]

    asyncio.run(start_and_stop())
    lines = [json.loads(line) for line in folder.events_path.read_bytes().splitlines()]
    assert [line["seq"] for line in lines] == list(range(len(lines)))
    assert [line["type"] for line in lines].count("Started") == 1
    assert lines[-1]["type"] == "Stopped"
    assert folder.log_path.read_text() == ""
    assert folder.rc() == 3


def until(holds: Callable[[], bool]) -> None:
    while not holds():
        time.sleep(0.001)


@pytest.mark.slow
@pytest.mark.usefixtures("counting")
def test_that_a_host_out_of_reach_ends_as_lost_and_is_found_again(tmp_path: Path, keys: Keys, openssh: OpenSsh) -> None:
    wire = Wire(openssh.port)
    book = book_for(tmp_path, keys, wire.port, patience=0.5)
    spec = InspectSpec(inputs=("steps=5000", "slow"))
    events = []
    for event in job(spec, tmp_path / "first", book).events():
        events.append(event)
        if isinstance(event, StepDone) and event.step == 20:
            wire.take_down()
    assert isinstance(events[-1], Failed)
    assert "box was lost" in events[-1].title
    assert "Resume" in events[-1].hint
    place = joined_where_left(JobFolder(tmp_path / "first"))
    assert place is not None
    in_vain = list(ChildJob(spec, tmp_path / "second", place=place).events())
    assert isinstance(in_vain[-1], Failed)
    assert joined_where_left(JobFolder(tmp_path / "second")) == place
    wire.put_up()
    again = list(ChildJob(spec, tmp_path / "third", place=place).events())
    wire.close()
    assert told([*events[:-1], *again[1:]]) == counted(5000)


@pytest.mark.slow
def test_that_a_run_is_joined_and_stopped_on_a_host_whose_disk_it_has_filled(
    tmp_path: Path, keys: Keys, openssh_with_our_libraries: OpenSsh, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a host that was set up by us: the space that this takes is not asked for again."""
    install_little(tmp_path, monkeypatch)
    wire = Wire(openssh_with_our_libraries.port)
    book = write_book(tmp_path, keys, wire.port, "", patience=0.5)
    spec, place = InspectSpec(inputs=("steps=1000000", "slow=0.01")), new_place(str(book.folder), "box")
    first = Relay(spec, place, CancelToken())
    before: list[Event] = []
    with pytest.raises(RemoteError, match="box was lost"):
        for event in first.events():
            before.append(event)
            if isinstance(event, StepDone):
                wire.take_down()
    assert first.is_left

    wire.put_up()
    want_endless_space(monkeypatch)
    cancel = CancelToken()
    second = Relay(spec, replace(place, offset=first.offset), cancel)
    after: list[Event] = []
    for event in second.events():
        after.append(event)
        if isinstance(event, StepDone):
            cancel.set()
    wire.close()
    assert after[-1] == Stopped()
    assert after.count(StopAcknowledged()) == 1
    assert not any(isinstance(event, Progressed) and "Setting up" in event.stage for event in after)
    steps = [event for event in (*before, *after) if isinstance(event, StepDone)]
    assert told(steps) == counted(len(steps), of=1_000_000)


@pytest.fixture
def openssh_with_our_libraries(
    keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, counting: None
) -> Iterator[OpenSsh]:
    """An environment that is made there finds what a job imports without having it installed."""
    ours = (os.environ["PYTHONPATH"], str(Path(psutil.__file__).parents[1]))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(ours))
    server = OpenSsh(keys, tmp_path)
    yield server
    server.close()


@pytest.mark.usefixtures("counting")
def test_that_runs_that_ended_long_ago_are_swept_with_the_next(tmp_path: Path, keys: Keys, openssh: OpenSsh) -> None:
    book = book_for(tmp_path, keys, openssh.port)
    runs = tmp_path / "host's $HOME; folder" / "runs"
    for name, days in (("old", 31), ("young", 29), ("endless", None)):
        (runs / name / "job").mkdir(parents=True)
        if days is not None:
            JobFolder(runs / name / "job").write_rc(0)
            os.utime(runs / name / "job" / "rc", (time.time() - days * 24 * 3600,) * 2)
    list(job(InspectSpec(inputs=("steps=3",)), tmp_path / "job", book).events())
    assert {path.name for path in runs.iterdir()} == {"young", "endless"}


@pytest.mark.usefixtures("counting")
def test_that_a_run_is_removed_there_although_the_connection_is_cut_at_its_end(
    tmp_path: Path, keys: Keys, openssh: OpenSsh
) -> None:
    wire = Wire(openssh.port)
    book = book_for(tmp_path, keys, wire.port)
    for event in job(InspectSpec(inputs=("steps=3",)), tmp_path / "job", book).events():
        if isinstance(event, Finished):
            wire.cut()
    wire.close()
    assert not list((tmp_path / "host's $HOME; folder" / "runs").iterdir())


@pytest.mark.slow
@pytest.mark.usefixtures("counting")
def test_that_another_machine_that_answers_after_a_cut_is_told_nothing_and_the_run_is_found_again(
    tmp_path: Path, keys: Keys, openssh: OpenSsh
) -> None:
    (tmp_path / "other").mkdir(mode=0o700)
    others = Keys(tmp_path / "other")
    (others.folder / "authorized").write_bytes((keys.folder / "authorized").read_bytes())
    other = OpenSsh(others, others.folder)
    wire = Wire(openssh.port)
    book = book_for(tmp_path, keys, wire.port)
    spec = InspectSpec(inputs=("steps=3000", "slow"))
    events = []
    for event in job(spec, tmp_path / "first", book).events():
        events.append(event)
        if isinstance(event, StepDone) and event.step == 20:
            wire.lead_to(other.port)
            wire.cut()
    other.close()
    assert isinstance(events[-1], Failed)
    assert events[-1].traceback == ""
    assert fingerprint(keys.host_line) in events[-1].title
    assert fingerprint(others.host_line) in events[-1].title
    assert "Ask its owner" in events[-1].hint
    place = joined_where_left(JobFolder(tmp_path / "first"))
    assert place is not None
    wire.lead_to(openssh.port)
    again = list(ChildJob(spec, tmp_path / "second", place=place).events())
    wire.close()
    assert told([*events[:-1], *again[1:]]) == counted(3000)
