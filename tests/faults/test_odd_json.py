"""Files of the library that somebody damaged, or put there to annoy: none of them ends more than itself."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from app.settings import Settings, load_settings
from app.state.instrument import create, load, load_intake
from app.state.library import scan
from app.state.renders import load_renders
from ddsp_backend.checkpoints.files import best_path, read_best
from ddsp_backend.data.manifest import read_manifest
from ddsp_backend.errors import DataError
from ddsp_backend.jobs.codec import event_from_json
from ddsp_backend.jobs.folder import JobFolder
from ddsp_backend.json_reading import parse_json, read_json
from ddsp_backend.remote.hosts import HostBook

ODD = {
    "nothing": b"",
    "deep": b"[" * 100_000,
    "deep object": b'{"a":' * 100_000,
    "infinite": b'{"step": 1e999, "held_out_loss": 1, "created_at": 1e999, "pid": 1e999}',
    "no number": b'{"step": NaN, "held_out_loss": -Infinity, "created_at": NaN}',
    "huge": b'{"step": ' + b"9" * 400 + b', "held_out_loss": 1, "created_at": ' + b"9" * 400 + b"}",
    "digits without end": b"1" * 5000,
    "null": b"null",
    "a list": b"[1, 2]",
    "no text": b"\xff\xfe\x00",
}


def spoil(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.fixture(params=ODD.values(), ids=ODD)
def odd(request: pytest.FixtureRequest) -> bytes:
    return bytes(request.param)


def test_that_every_reader_of_json_survives_it(tmp_path: Path, odd: bytes) -> None:
    assert load_settings(spoil(tmp_path / "settings.json", odd)) == Settings()
    spoil(best_path(tmp_path), odd)
    assert read_best(tmp_path) is None
    spoil(tmp_path / "renders" / "a.json", odd)
    assert load_renders(tmp_path / "renders") == ()
    spoil(tmp_path / "hosts.json", odd)
    assert HostBook(tmp_path).hosts() == ()
    job = JobFolder(tmp_path)
    spoil(tmp_path / "pid", odd)
    spoil(tmp_path / "job.json", odd)
    assert not job.is_alive()
    assert job.kind() == ""
    with pytest.raises(DataError):
        read_manifest(spoil(tmp_path / "data.manifest.json", odd))
    with pytest.raises(DataError):
        event_from_json(odd)


def test_that_an_odd_project_hides_no_other_instrument(tmp_path: Path, odd: bytes) -> None:
    whole = create(tmp_path, "whole")
    spoil(tmp_path / "odd" / "project.json", odd)
    spoil(tmp_path / "odd too" / "project.json", odd)
    assert whole.path in [item.instrument.path for item in scan(tmp_path)]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
@pytest.mark.timeout(20)
def test_that_nobody_waits_for_a_pipe(tmp_path: Path) -> None:
    instrument = create(tmp_path, "piped")
    readers: dict[str, Callable[[Path], object]] = {
        "intake.jsonl": lambda _: load_intake(instrument),
        "settings.json": load_settings,
        "job.json": lambda path: JobFolder(path.parent).kind(),
    }
    for name, read in readers.items():
        os.mkfifo(instrument.path / name)
        assert not read(instrument.path / name) or name == "settings.json"
    (instrument.path / "project.json").unlink()
    os.mkfifo(instrument.path / "project.json")
    with pytest.raises(DataError, match="cannot be read"):
        load(instrument.path)
    with pytest.raises(OSError):
        read_json(instrument.path / "project.json")


def test_that_folders_of_odd_numbers_and_a_file_in_the_place_of_all_are_no_jobs(tmp_path: Path) -> None:
    instrument = create(tmp_path, "odd")
    (instrument.jobs_path / "²²²²-train").mkdir(parents=True)
    assert instrument.job_folders() == ()
    assert instrument.new_job_path("train").name == "0001-train"
    other = create(tmp_path, "other")
    other.jobs_path.write_text("")
    assert other.job_folders() == ()


def test_that_what_python_writes_is_read_as_it_was_written() -> None:
    assert parse_json('{"a": [1, -2.5, 1e-300, "\\ud83c\\udfb7", null, true]}') == {
        "a": [1, -2.5, 1e-300, "🎷", None, True]
    }
    assert parse_json(b"\xef\xbb\xbf[1]") == [1]
