"""Files are written whole or not at all."""

import pytest

from ddsp_backend.files import patiently, written_whole


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


def opens_after(n_refusals):
    """What a file does on Windows that another program has open for a while."""
    left = [n_refusals]

    def act():
        left[0] -= 1
        if left[0] >= 0:
            raise PermissionError
        return "done"

    return act


def test_that_a_file_which_another_program_has_open_for_a_moment_is_waited_for():
    assert patiently(opens_after(2), tries=3) == "done"


def test_that_the_wait_for_a_file_ends():
    with pytest.raises(PermissionError):
        patiently(opens_after(3), tries=3)


def test_that_where_nobody_can_be_in_the_way_nothing_is_tried_twice():
    with pytest.raises(PermissionError):
        patiently(opens_after(1), tries=1)
