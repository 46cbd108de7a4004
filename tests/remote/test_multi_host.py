"""A training by several hosts at once: what one process learns, and what becomes of it when a worker dies.

The hosts are two folders of this machine behind a real sshd; each worker has a network namespace of its own.
"""

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from app.jobs.child import ChildJob
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import CheckpointSaved, Event, Failed, Finished, Noted, StepDone, Stopped
from ddsp_backend.jobs.place import new_place
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import InspectSpec, JobSpec, TrainSpec
from ddsp_backend.remote.hosts import HostBook
from tests.remote.runs import book_for
from tests.remote.servers import InProcess, Keys, OpenSsh
from tests.tiny import GIN_FILES, STEADY, train_params

STEPS = 20


@pytest.fixture
def book(tmp_path: Path, keys: Keys, openssh: OpenSsh) -> HostBook:
    """Knows two hosts."""
    book = book_for(tmp_path, keys, openssh.port)
    first = book.get("box")
    config = Path(first.ssh_config)
    config.write_text(config.read_text().replace("Host box", "Host box other"))
    book.put(replace(first, address="other", folder=str(tmp_path / "another host")))
    book.pin("other", keys.host_line)
    return book


def multi_host_job(spec: JobSpec, folder: Path, book: HostBook, *addresses: str) -> ChildJob:
    return ChildJob(spec, folder, place=new_place(str(book.folder), *(addresses or ("box", "other"))))


def spec_in(tmp_path: Path, steps: int, **settings: object) -> TrainSpec:
    params = train_params(tmp_path / "data", held_out=False, n_clips=0, **settings)
    params = (*params, *STEADY)
    return TrainSpec(save_dir=str(tmp_path / "run"), gin_files=GIN_FILES, gin_params=params, steps=steps)


def losses(events: list[Event]) -> list[float]:
    return [event.losses["total_loss"] for event in events if isinstance(event, StepDone)]


def workers(tmp_path: Path) -> list[psutil.Process]:
    """The processes of the jobs on the hosts, the first host's first."""
    folders = [tmp_path / "host's $HOME; folder", tmp_path / "another host"]
    found = {}
    for process in psutil.process_iter(["cmdline", "pid"]):
        command = process.info["cmdline"] or []
        for folder in folders:
            if command[1:4] == ["-m", "ddsp_backend", "run"] and command[4].startswith(str(folder)):
                found[folder] = process
    return [found[folder] for folder in folders]


def listening(process: psutil.Process) -> set[str]:
    """The addresses on which a process takes connections, as its own namespace has them."""
    table = Path(f"/proc/{process.pid}/net/tcp").read_text() + Path(f"/proc/{process.pid}/net/tcp6").read_text()
    return {line.split()[1] for line in table.splitlines() if line.split()[3:4] == ["0A"]}


@pytest.mark.slow
def test_that_two_hosts_learn_what_one_process_learns_and_nobody_reaches_them(tmp_path: Path, book: HostBook) -> None:
    spec = spec_in(tmp_path, STEPS, steps_per_save=10)
    alone = losses(list(run(replace(spec, save_dir=str(tmp_path / "alone")), CancelToken())))
    events = []
    for event in multi_host_job(spec, tmp_path / "job", book).events():
        events.append(event)
        if isinstance(event, StepDone) and event.step == 2:
            both = workers(tmp_path)
            here = {Path(f"/proc/{pid}/ns/net").readlink() for pid in ("self", *(each.pid for each in both))}
            assert len(here) == 3
            assert all(listening(each) for each in both)
    assert isinstance(events[-1], Finished), events[-1]
    assert losses(events) == pytest.approx(alone, abs=1e-5, rel=1e-5)
    assert not [event for event in events if isinstance(event, Noted)]
    assert (tmp_path / "run" / f"ckpt-{STEPS}.index").exists()
    for folder in ("host's $HOME; folder", "another host"):
        assert list((tmp_path / folder / "store").iterdir())
        assert not list((tmp_path / folder / "runs").iterdir())
    (more,) = list(run(replace(spec, steps=STEPS + 1), CancelToken()))[-1:]
    assert isinstance(more, Finished)


@pytest.mark.slow
def test_that_a_worker_s_death_ends_the_run_with_its_name_and_a_checkpoint(tmp_path: Path, book: HostBook) -> None:
    spec = spec_in(tmp_path, 100_000, steps_per_save=1000)
    events = []
    for event in multi_host_job(spec, tmp_path / "job", book).events():
        events.append(event)
        if isinstance(event, StepDone) and event.step == 3:
            workers(tmp_path)[1].kill()
    assert isinstance(events[-1], Failed)
    assert "The worker on other" in events[-1].title
    assert "SIGKILL" in events[-1].title
    assert events[-1].traceback == ""
    saved = [event for event in events if isinstance(event, CheckpointSaved)][-1]
    assert saved.step == len(losses(events))
    assert Path(f"{saved.path}.index").exists()
    on = list(run(replace(spec, steps=saved.step + 1), CancelToken()))
    assert isinstance(on[-1], Finished), on
    assert [event.step for event in on if isinstance(event, StepDone)] == [saved.step + 1]


@pytest.mark.slow
def test_that_a_stop_stops_all(tmp_path: Path, book: HostBook) -> None:
    running = multi_host_job(spec_in(tmp_path, 100_000, steps_per_save=1000), tmp_path / "job", book)
    events = []
    for event in running.events():
        events.append(event)
        if isinstance(event, StepDone) and event.step == 3:
            running.cancel()
    assert isinstance(events[-1], Stopped), events[-1]
    assert (tmp_path / "run" / f"ckpt-{len(losses(events))}.index").exists()


def last_word(job: ChildJob) -> Failed:
    *_, last = job.events()
    assert isinstance(last, Failed), last
    assert last.traceback == ""
    return last


def test_that_what_hosts_cannot_share_is_refused(tmp_path: Path, book: HostBook) -> None:
    spec = TrainSpec(save_dir=str(tmp_path / "run"))
    assert "Only training" in last_word(multi_host_job(InspectSpec(inputs=("a",)), tmp_path / "1", book)).title
    assert "given twice" in last_word(multi_host_job(spec, tmp_path / "2", book, "box", "box")).title
    shared = replace(spec, cluster_config="{}")
    assert "--cluster_config" in last_word(multi_host_job(shared, tmp_path / "3", book)).title
    in_bucket = replace(spec, save_dir="gs://bucket/run")
    assert "gs://" in last_word(multi_host_job(in_bucket, tmp_path / "4", book)).title
    assert "nobody is not known" in last_word(multi_host_job(spec, tmp_path / "5", book, "box", "nobody")).title


@pytest.mark.slow
def test_that_a_host_without_namespaces_is_refused_until_its_user_allows_an_open_port(
    tmp_path: Path, book: HostBook
) -> None:
    """The second host's Python runs where the kernel refuses new networks, as an administrator may have set it."""
    environment = tmp_path / "environment"
    (environment / "bin").mkdir(parents=True)
    (environment / "lib").symlink_to(Path(sys.prefix) / "lib")
    shutil.copy(Path(sys.prefix) / "pyvenv.cfg", environment)
    python = environment / "bin" / "python"
    refuse = "echo 0 >/proc/sys/user/max_net_namespaces"
    inside = f'{refuse}; exec -a {python} {Path(sys.executable).resolve()} "$@"'
    python.write_text(f"#!/bin/bash\nexec unshare --user --map-root-user bash -c '{inside}' bash \"$@\"\n")
    python.chmod(0o755)
    book.put(replace(book.get("other"), python=str(python)))
    spec = spec_in(tmp_path, 3, steps_per_save=10)
    last = last_word(multi_host_job(spec, tmp_path / "refused", book))
    assert "other does not allow private networks for users" in last.title
    assert "--open_port" in last.hint

    book.put(replace(book.get("other"), open_port=True))
    events = list(multi_host_job(spec, tmp_path / "allowed", book).events())
    assert isinstance(events[-1], Finished), events[-1]
    assert len(losses(events)) == 3
    assert any(isinstance(event, Noted) and "open to the network" in event.title for event in events)


def test_that_an_ssh_server_that_forwards_no_sockets_is_named(
    tmp_path: Path, keys: Keys, book: HostBook, in_process: InProcess
) -> None:
    """asyncssh's server does not, unless it is told to."""
    elsewhere = book_for(tmp_path / "elsewhere", keys, in_process.port)
    config = Path(elsewhere.get("box").ssh_config)
    config.write_text(config.read_text().replace("Host box", "Host other"))
    book.put(replace(book.get("other"), ssh_config=str(config)))
    last = last_word(multi_host_job(spec_in(tmp_path, 1), tmp_path / "job", book))
    assert "The ssh server of other does not forward Unix sockets" in last.title
