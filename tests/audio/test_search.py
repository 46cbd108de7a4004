import os
from pathlib import Path

import pytest

from ddsp_backend.audio.files import find_recordings
from ddsp_backend.audio.formats import AUDIO_FORMATS
from ddsp_backend.audio.search import search
from tests import recordings
from tests.odd_names import odd_name


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.wav", "a.flac", "deep/er/c.ogg", "deep/d.WAV"):
        recordings.write(tmp_path / name, recordings.tone(0.01)) if name[-1] != "V" else None
    (tmp_path / "deep" / "d.WAV").write_bytes(b"RIFF")
    for name in ("notes.txt", ".hidden.wav", "._b.wav", ".git/e.wav", "deep/cover.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    return tmp_path


def names(paths: list[Path], folder: Path) -> list[str]:
    return [str(path.relative_to(folder)) for path in paths]


def test_that_folders_are_searched_recursively_in_order_and_hidden_files_are_left_out(folder):
    assert names(find_recordings([folder]), folder) == ["a.flac", "b.wav", "deep/d.WAV", "deep/er/c.ogg"]


def test_that_a_pattern_finds_what_a_shell_would_find(folder):
    assert names(find_recordings([f"{folder}/*wav"]), folder) == ["b.wav"]
    assert names(find_recordings([f"{folder}/**/*.ogg"]), folder) == ["deep/er/c.ogg"]


def test_that_a_file_that_is_named_is_taken_whatever_its_name(folder):
    assert names(find_recordings([folder / "notes.txt"]), folder) == ["notes.txt"]


def test_that_nothing_is_found_twice(folder):
    (folder / "link.wav").symlink_to(folder / "b.wav")
    found = find_recordings([folder / "b.wav", folder, f"{folder}/*.wav"])
    assert names(found, folder) == ["b.wav", "a.flac", "deep/d.WAV", "deep/er/c.ogg"]


def test_that_links_are_followed_but_not_in_a_circle(folder):
    (folder / "deep" / "again").symlink_to(folder, target_is_directory=True)
    assert len(find_recordings([folder])) == 4


@pytest.mark.parametrize("name", ["a b.wav", 'it\'s "mine".wav', "🎷.wav", "two\nlines.wav", "[1]*?.wav", b"\xff.wav"])
def test_that_any_name_is_found(tmp_path, name):
    path = Path(os.fsdecode(name) if isinstance(name, bytes) else odd_name(name))
    recordings.write(tmp_path / path, recordings.tone(0.01))
    assert find_recordings([tmp_path]) == [tmp_path / path]
    assert find_recordings([str(tmp_path / path)]) == [tmp_path / path]


def test_that_names_that_lead_nowhere_are_told(tmp_path):
    found = search([tmp_path / "gone.wav", f"{tmp_path}/*.mp3"])
    assert found.files == []
    assert {given: problem.title for given, problem in found.problems.items()} == {
        str(tmp_path / "gone.wav"): f"There is no such file or folder: {tmp_path / 'gone.wav'}",
        f"{tmp_path}/*.mp3": f"No file matches this pattern: {tmp_path}/*.mp3",
    }


def test_that_every_format_is_found_in_a_folder_by_each_of_its_endings(tmp_path: Path) -> None:
    endings = [ending for audio_format in AUDIO_FORMATS for ending in audio_format.endings]
    for ending in endings:
        (tmp_path / f"take.{ending}").write_bytes(b"x")
        (tmp_path / f"LOUD.{ending.upper()}x").write_bytes(b"x")
    assert names(find_recordings([tmp_path]), tmp_path) == sorted(f"take.{ending}" for ending in endings)
    assert len(endings) == len(set(endings))
