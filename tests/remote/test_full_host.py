"""A host whose disk is full: a sentence that names the host and the cure, and nothing of what was done is lost.

The host's folder lies on a small disk that only its sshd sees.
"""

import errno
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import CheckpointSaved, Event, Failed, Finished, StepDone
from ddsp_backend.jobs.job_table import JobKind
from ddsp_backend.jobs.kinds import Unit
from ddsp_backend.jobs.place import new_place
from ddsp_backend.jobs.run import events_of_job, run
from ddsp_backend.jobs.spec import TrainSpec
from ddsp_backend.remote.hosts import HostBook
from ddsp_backend.remote.relay import Relay
from tests.faults.test_full_disk import ON_SMALL_DISK
from tests.remote.runs import losses, weights
from tests.remote.servers import Keys, OpenSsh, write_book
from tests.tiny import GIN_FILES, train_params

_FILLER = "filler"


class SmallDisk:
    """An sshd whose `folder` is a disk of so many megabytes, and what that disk holds, seen from here."""

    def __init__(self, keys: Keys, folder: Path, megabytes: int) -> None:
        folder.mkdir()
        inside = ("unshare", "--mount", "sh", "-c", ON_SMALL_DISK, "sh", f"{megabytes}m", str(folder))
        self.server = OpenSsh(keys, folder.parent, inside=inside)
        self.seen = Path(f"/proc/{self.server.pid}/root{folder}")

    def fill(self, spare: int = 0) -> None:
        """Up to so many bytes."""
        with (self.seen / _FILLER).open("wb", buffering=0) as file:
            with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
                while True:
                    file.write(bytes(1 << 12))
            file.truncate(file.tell() - spare)

    def empty(self) -> None:
        (self.seen / _FILLER).unlink()


@pytest.fixture
def disk(keys: Keys, tmp_path: Path) -> Iterator[SmallDisk]:
    probe = ["unshare", "--mount", "sh", "-c", ON_SMALL_DISK, "sh", "4k", str(tmp_path), "true"]
    if os.geteuid() != 0 or subprocess.run(probe, check=False, capture_output=True).returncode:
        pytest.skip("nobody may mount a disk and start sshd on it here; a limit stands in for it in the last test")
    disk = SmallDisk(keys, tmp_path / "host's $HOME; folder", 44)
    yield disk
    disk.server.close()


@pytest.fixture
def book(tmp_path: Path, keys: Keys, disk: SmallDisk) -> HostBook:
    return write_book(tmp_path, keys, disk.server.port, sys.executable)


def relayed(spec: TrainSpec, book: HostBook) -> Iterator[Event]:
    """As in a process of its own, but in this one."""
    relay = Relay(spec, new_place(str(book.folder), "box"), CancelToken())
    return events_of_job(JobKind.TRAIN, relay.events)


def training(folder: Path, steps: int, n_bytes: int = 0, **settings: object) -> TrainSpec:
    """With a config beside it that is that long."""
    params = train_params(folder / "data", held_out=False, n_clips=0, **settings)
    files: tuple[str, ...] = GIN_FILES
    if n_bytes:
        (folder / "long.gin").write_text("# " + "x" * n_bytes)
        files = (*files, str(folder / "long.gin"))
    return TrainSpec(save_dir=str(folder / "run"), gin_files=files, gin_params=params, steps=steps)


def failure(events: list[Event]) -> Failed:
    assert isinstance(events[-1], Failed), events[-1]
    assert not events[-1].traceback
    return events[-1]


def test_that_it_is_said_before_anything_is_sent_that_a_data_set_does_not_fit(
    tmp_path: Path, book: HostBook, disk: SmallDisk
) -> None:
    failed = failure(list(relayed(training(tmp_path, 2), book)))
    assert "MB of free disk space, but" in failed.title
    assert failed.title.startswith("box has ")
    assert "Free some space there" in failed.hint
    disk.fill()
    (programs,) = disk.seen.glob("programs/*")
    programs.rename(programs.with_name("older"))
    failed = failure(list(relayed(training(tmp_path, 2), book)))
    assert failed.title.startswith("box has 0 MB of free disk space; the installation needs ")
    assert "Free some space there" in failed.hint


@pytest.mark.slow
def test_that_a_disk_which_fills_up_while_a_data_set_is_sent_is_named_and_the_transfer_goes_on_later(
    tmp_path: Path, book: HostBook, disk: SmallDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ddsp_backend.remote.upload._SPARE", -(10**12))  # it seemed to fit
    (disk.seen / _FILLER).write_bytes(bytes(20 << 20))
    spec = training(tmp_path, 2, n_bytes=20 << 20)
    failed = failure(list(relayed(spec, book)))
    assert failed.title.startswith("The disk of box is full: ")
    assert "host's $HOME; folder/store/" in failed.title
    assert "Free some space there" in failed.hint
    (part,) = (path for path in disk.seen.glob("store/*.part") if path.stat().st_size > 1 << 20)
    kept = part.stat().st_size
    disk.empty()
    events = list(relayed(spec, book))
    assert isinstance(events[-1], Finished), events[-1]
    sent = max(event.total for event in events if getattr(event, "unit", None) is Unit.MEGABYTES)
    assert sent < ((20 << 20) - kept) / 1e6 + 2
    assert not list(disk.seen.glob("store/*.part"))


@pytest.mark.slow
@pytest.mark.parametrize("left", [0.0, 0.5], ids=["nothing is left", "half a checkpoint fits"])
def test_that_a_disk_which_is_full_at_a_checkpoint_is_said_and_the_run_goes_on_from_the_last_one(
    tmp_path: Path, book: HostBook, disk: SmallDisk, monkeypatch: pytest.MonkeyPatch, left: float
) -> None:
    monkeypatch.setattr("ddsp_backend.remote.upload._SPARE", 0)
    spec = training(tmp_path, 1_000_000, steps_per_save=20)
    events: list[Event] = []
    for event in relayed(spec, book):
        events.append(event)
        if isinstance(event, CheckpointSaved) and not (disk.seen / _FILLER).exists():
            disk.fill(round(left * Path(f"{event.path}.data-00000-of-00001").stat().st_size))
    failed = failure(events)
    assert failed.title.startswith("On box: The ")
    # Who meets the end of the disk first is a matter of chance: the journal, the checkpoint, or the look before it.
    assert re.search("disk is full|No space left on device|has 0 MB left", failed.title)
    assert str(tmp_path / "run") not in failed.title
    assert "Free some space" in failed.hint
    saved = max(event.step for event in events if isinstance(event, CheckpointSaved))
    assert (tmp_path / "run" / f"ckpt-{saved}.index").exists()
    assert not list((disk.seen / "runs").iterdir())  # which makes space, too

    disk.empty()
    again = training(tmp_path, saved + 5, steps_per_save=20)
    rest = list(relayed(again, book))
    assert isinstance(rest[-1], Finished), rest[-1]
    undisturbed = TrainSpec(
        save_dir=str(tmp_path / "undisturbed"),
        gin_files=again.gin_files,
        gin_params=again.gin_params,
        steps=saved + 5,
    )
    expected = losses(list(run(undisturbed, CancelToken())))
    told = [event.losses for event in events if isinstance(event, StepDone) and event.step <= saved]
    assert [*told, *losses(rest)] == expected
    last = f"ckpt-{saved + 5}"
    assert weights(tmp_path / "run" / last) == weights(tmp_path / "undisturbed" / last)


def test_that_a_limit_of_the_disk_there_is_said(tmp_path: Path, keys: Keys) -> None:
    """As a quota, and wherever this runs: no file there may have more than eight megabytes."""
    (tmp_path / "sshd").mkdir()
    limit = ("sh", "-c", 'ulimit -f 16384 && exec "$@"', "sh")
    server = OpenSsh(keys, tmp_path / "sshd", inside=limit)
    book = write_book(tmp_path, keys, server.port, sys.executable)
    failed = failure(list(relayed(training(tmp_path, 2, n_bytes=20 << 20), book)))
    server.close()
    assert failed.title.startswith("box refused a file: File too large: ")
    assert "host's $HOME; folder/store/" in failed.title
    assert "Check that its disk has space" in failed.hint
