"""A folder is taken out of the bin, and what the bin has noted of it goes as well."""

from pathlib import Path

import pytest

from app.bin import take_out_of_bin


@pytest.mark.parametrize(
    ("in_bin", "note"),
    [("files/Flute", "info/Flute.trashinfo"), ("S-1-5-21/$R1X2Y3Z", "S-1-5-21/$I1X2Y3Z")],
    ids=["Linux", "Windows"],
)
def test_that_nothing_is_left_in_the_bin_of_what_was_taken_out(tmp_path: Path, in_bin: str, note: str) -> None:
    (tmp_path / in_bin).mkdir(parents=True)
    (tmp_path / in_bin / "project.json").write_text("{}")
    (tmp_path / note).parent.mkdir(exist_ok=True)
    (tmp_path / note).write_text("where it came from")
    take_out_of_bin(tmp_path / in_bin, tmp_path / "Flute")
    assert [path.name for path in (tmp_path / "Flute").iterdir()] == ["project.json"]
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "project.json"]
