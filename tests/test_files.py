"""Files are written whole or not at all."""

import pytest

from ddsp_backend.files import written_whole


def test_that_a_finished_file_takes_its_name(tmp_path):
    with written_whole(tmp_path / "a.wav") as temporary:
        assert temporary.suffix == ".wav"
        temporary.write_text("new")
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]
    assert (tmp_path / "a.wav").read_text() == "new"


def test_that_an_error_leaves_the_old_file_and_nothing_else(tmp_path):
    (tmp_path / "a.json").write_text("old")
    with pytest.raises(RuntimeError, match="halfway"), written_whole(tmp_path / "a.json") as temporary:
        temporary.write_text("ne")
        raise RuntimeError("halfway")
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
    assert (tmp_path / "a.json").read_text() == "old"
