import json
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from ddsp_backend.errors import DataError
from ddsp_backend.jobs.events import Event, Failed, Finished, Noted, Started, StepDone, Stopped
from ddsp_backend.jobs.folder import Follower, JobFolder, Journal, follow
from ddsp_backend.jobs.job_table import JobKind
from ddsp_backend.jobs.spec import TrainSpec

SPEC = TrainSpec(save_dir="/model 🎺")


@pytest.fixture
def folder(tmp_path: Path) -> JobFolder:
    folder = JobFolder(tmp_path / "0001-train")
    folder.create(SPEC)
    return folder


def journal(folder: JobFolder, *events: Event) -> None:
    with Journal(folder) as writing:
        for event in events:
            writing.append(event)


def step(n: int) -> StepDone:
    return StepDone(n, 10, {"total_loss": 1.0}, 1.0, 1.0)


def told(folder: JobFolder) -> list[Event]:
    """What a follower hears of a job whose process is gone."""
    return list(follow(folder, 0, lambda: False, lambda: True))


def test_that_the_spec_is_read_as_it_was_written_and_never_overwritten(folder: JobFolder) -> None:
    assert folder.read_spec() == SPEC
    assert folder.kind() == JobKind.TRAIN
    with pytest.raises(FileExistsError):
        folder.create(TrainSpec(save_dir="/other"))


def test_that_a_damaged_spec_is_an_error_and_has_no_kind(folder: JobFolder) -> None:
    (folder.path / "job.json").write_text("{")
    with pytest.raises(DataError):
        folder.read_spec()
    assert folder.kind() == ""


def test_that_each_line_is_json_with_number_and_time(folder: JobFolder) -> None:
    journal(folder, Started(JobKind.TRAIN), step(1), Finished({"a": "ü"}))
    lines = [json.loads(line) for line in folder.events_path.read_text().splitlines()]
    assert [line["seq"] for line in lines] == [0, 1, 2]
    assert [line["type"] for line in lines] == ["Started", "StepDone", "Finished"]
    assert all(line["at"] > 1_600_000_000 for line in lines)


def test_that_a_job_cannot_be_run_twice_in_one_folder(folder: JobFolder) -> None:
    journal(folder, Started(JobKind.TRAIN))
    with pytest.raises(FileExistsError):
        Journal(folder)


def test_that_a_follower_reads_only_complete_lines(folder: JobFolder) -> None:
    journal(folder, Started(JobKind.TRAIN), step(1))
    whole = folder.events_path.read_bytes()
    follower = Follower(folder)
    seen = []
    for end in range(len(whole) + 1):  # as if the file were written byte by byte
        folder.events_path.write_bytes(whole[:end])
        seen += follower.poll()
    assert seen == [Started(JobKind.TRAIN), step(1)]
    assert follower.offset == len(whole)


def test_that_following_goes_on_from_an_offset(folder: JobFolder) -> None:
    journal(folder, Started(JobKind.TRAIN), *(step(n) for n in range(1, 6)), Stopped())
    first = Follower(folder)
    head = first.poll(max_bytes=400)
    rest = Follower(folder, first.offset).poll()
    assert [*head, *rest] == [Started(JobKind.TRAIN), *(step(n) for n in range(1, 6)), Stopped()]
    assert 0 < len(head) < 7


@pytest.mark.parametrize(
    "garbage",
    [
        b"\n",
        b"not json\n",
        b'{"seq": 1, "at": 1.0, "type": "Unheard", "x": 1}\n',
        b'{"seq": 1, "at": 1.0, "type": "StepDone", "step": "five"}\n',
        b'{"seq": 99999999999999999999999, "at": 1.0, "type": "Stopped"}\n',
        b'{"type": "Finished", "result": {}}\n',
        b"\xff\xfe\x00 binary \x80\n",
        b"[" * 5000 + b"\n",
    ],
)
def test_that_a_garbage_line_becomes_a_note_and_the_rest_is_read(folder: JobFolder, garbage: bytes) -> None:
    journal(folder, Started(JobKind.TRAIN), step(1), Finished())
    first, *rest = folder.events_path.read_bytes().splitlines(keepends=True)
    folder.events_path.write_bytes(b"".join([first, garbage, *rest]))
    events = told(folder)
    assert isinstance(events[1], Noted)
    assert events[2:] == [step(1), Finished()]


def test_that_a_long_history_is_followed_in_parts(folder: JobFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Decoding keeps Python's lock: a window that listens must get its turn."""
    journal(folder, Started(JobKind.TRAIN), *(step(n) for n in range(2000)), Stopped())
    parts: list[int] = []
    poll = Follower.poll

    def counted(follower: Follower, *arguments: int) -> list[Event]:
        events = poll(follower, *arguments)
        parts.append(len(events))
        return events

    monkeypatch.setattr(Follower, "poll", counted)
    assert len(told(folder)) == 2002
    assert max(parts) < 200


def test_that_endless_garbage_without_a_line_end_does_not_stall_the_follower(folder: JobFolder) -> None:
    journal(folder, Started(JobKind.TRAIN))
    with folder.events_path.open("ab") as file:
        file.write(b"x" * 5_000_000 + b"\n")
    with folder.events_path.open("ab") as file:
        file.write(b'{"seq": 1, "at": 1.0, "type": "Stopped"}\n')
    events = told(folder)
    assert events[0] == Started(JobKind.TRAIN)
    assert events[-1] == Stopped()
    assert all(isinstance(event, Noted) for event in events[1:-1])


def test_that_a_line_that_comes_twice_is_told_once(folder: JobFolder) -> None:
    journal(folder, Started(JobKind.TRAIN), step(1), Finished())
    first, second, third = folder.events_path.read_bytes().splitlines(keepends=True)
    folder.events_path.write_bytes(first + second + second + first + third)
    assert told(folder) == [Started(JobKind.TRAIN), step(1), Finished()]


def test_that_nothing_is_read_after_the_last_word(folder: JobFolder) -> None:
    journal(folder, Started(JobKind.TRAIN), Finished(), step(1), Failed("again"))
    assert told(folder) == [Started(JobKind.TRAIN), Finished()]


def test_that_a_job_that_died_before_its_first_word_still_has_a_first_and_a_last(folder: JobFolder) -> None:
    first, last = told(folder)
    assert first == Started(JobKind.TRAIN)
    assert isinstance(last, Failed)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (-9, ("SIGKILL", "memory")),
        (-11, ("SIGSEGV",)),
        (-99, ("signal 99",)),
        (7, ("exit code 7",)),
        (0xC0000005, ("exit code 0xc0000005",)),  # as Windows calls a crash
        (None, ("without a message",)),
    ],
)
def test_that_the_last_word_for_a_dead_process_says_what_is_known(
    folder: JobFolder, code: int | None, words: tuple[str, ...]
) -> None:
    journal(folder, Started(JobKind.TRAIN), step(1))
    folder.log_path.write_text("noise\n" * 10_000 + "the reason, perhaps\n")
    if code is not None:
        folder.write_rc(code)
    last = told(folder)[-1]
    assert isinstance(last, Failed)
    assert all(word in last.title for word in words)
    assert "training" in last.title
    assert last.traceback.endswith("the reason, perhaps")
    assert len(last.traceback) < 10_000


def test_that_a_process_that_died_on_a_full_disk_is_said_to_have(
    folder: JobFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write_rc(-9)
    monkeypatch.setattr("ddsp_backend.jobs.folder._FULL_DISK", 2**63)  # more than any disk has free
    last = folder.crash_failure()
    assert "disk is full" in last.title
    assert "SIGKILL" not in last.title  # the disk is the cause, and the one that can be cured
    assert "Free some space" in last.hint


def test_that_a_folder_that_is_gone_is_said_so(folder: JobFolder) -> None:
    assert "gone" in JobFolder(folder.path / "not there").crash_failure().title


def test_that_only_the_very_process_counts_as_alive(folder: JobFolder) -> None:
    assert not folder.is_alive()
    folder.write_pid(os.getpid())
    assert folder.is_alive()
    owner = json.loads((folder.path / "pid").read_text())
    for change in ({"boot": "another"}, {"started": owner["started"] - 1000}, {"pid": 2**22 + 5}, {"pid": "x"}):
        (folder.path / "pid").write_text(json.dumps(owner | change))
        assert not folder.is_alive(), change
    (folder.path / "pid").write_text("[]")
    assert not folder.is_alive()


def test_that_a_zombie_is_not_alive(folder: JobFolder) -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    folder.write_pid(process.pid)
    assert folder.is_alive()
    process.kill()
    while psutil.Process(process.pid).status() != psutil.STATUS_ZOMBIE:
        pass
    assert not folder.is_alive()
    process.communicate()


def test_that_the_process_writes_everything_but_its_events_into_the_log(tmp_path: Path) -> None:
    folder = JobFolder(tmp_path / "job")
    folder.create(SPEC)
    (folder.path / "job.json").write_text("damaged")
    child = subprocess.run(
        [sys.executable, "-m", "ddsp_backend", "run", str(folder.path)], capture_output=True, check=False
    )
    assert (child.stdout, child.stderr) == (b"", b"")
    first, last = told(folder)
    assert first == Started(JobKind.UNKNOWN)
    assert isinstance(last, Failed)
    assert folder.rc() == child.returncode == 1
