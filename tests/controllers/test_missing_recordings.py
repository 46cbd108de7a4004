"""Recordings that are not where they were are found again by name and content."""

from pathlib import Path

import pytest

from app.controllers.missing_recordings import MovedFinder, PresenceReader, find_moved
from ddsp_backend.audio.content import hash_content
from ddsp_backend.jobs.steps import drain


def written(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_that_a_recording_is_found_below_the_folder_by_its_content(tmp_path: Path) -> None:
    other = written(tmp_path / "a" / "take.wav", b"other")
    same = written(tmp_path / "b" / "c" / "TAKE.wav", b"same")
    assert find_moved(str(tmp_path), {"/old/take.wav": drain(hash_content(same))}) == {"/old/take.wav": str(same)}
    assert find_moved(str(tmp_path), {"/old/take.wav": drain(hash_content(other))}) == {"/old/take.wav": str(other)}
    assert find_moved(str(tmp_path), {"/old/take.wav": "of another"}) == {}
    assert find_moved(str(tmp_path), {"/old/gone.wav": ""}) == {}


def test_that_of_several_alike_the_one_in_a_folder_of_the_same_name_is_taken(tmp_path: Path) -> None:
    places = [written(tmp_path / day / "session" / "take.wav", b"x") for day in ("friday", "monday", "sunday")]
    for place in places:
        old = f"/old/{place.parent.parent.name}/session/take.wav"
        assert find_moved(str(tmp_path), {old: ""}) == {old: str(place)}


def test_that_a_recording_that_cannot_be_read_is_not_taken_for_another(tmp_path: Path) -> None:
    written(tmp_path / "take.wav", b"")  # empty: no content to compare
    assert find_moved(str(tmp_path), {"/old/take.wav": "of another"}) == {}


def test_that_the_threads_tell_what_is_gone_and_where_it_is_now(tmp_path: Path) -> None:
    here = written(tmp_path / "take.wav", b"x")
    told: list[object] = []
    reader = PresenceReader([str(here), "/old/take.wav", "gs://bucket/take.wav", "x" * 5000])
    reader.read.connect(told.append)
    reader.run()
    assert told == [frozenset({"/old/take.wav", "x" * 5000})]  # of a bucket nobody knows
    finder = MovedFinder(str(tmp_path), {"/old/take.wav": ""})
    finder.found.connect(told.append)
    finder.run()
    assert told[1] == {"/old/take.wav": str(here)}


@pytest.mark.parametrize("folder", ["", "/nowhere"])
def test_that_a_folder_that_is_not_there_holds_nothing(folder: str, tmp_path: Path) -> None:
    assert find_moved(folder or str(tmp_path), {"/old/take.wav": ""}) == {}
