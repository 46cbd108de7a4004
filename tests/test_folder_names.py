"""Whatever an instrument is called, every system takes the name of its folder."""

from pathlib import PureWindowsPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ddsp_backend.folder_names import free_names, safe_folder_name
from tests.without_posix.windows_files import is_refused

DEVICES = ("con", "PRN", "Aux", "nul", "COM1", "com9", "LPT1", "com¹", "NUL.tar.gz")


@pytest.mark.parametrize("name", [*DEVICES, "a:b", "take.", "take ", "C:\\Users", "a<b>|c", "tab\there"])
def test_that_the_names_which_windows_refuses_are_known(name):
    assert any(is_refused(part) for part in name.split("\\"))


@given(st.text(max_size=80))
@example("C:\\Users\\Nina")
@example("\\\\server\\share\\flute")
@example("flute. . .")
@example("d:")
def test_that_windows_takes_the_folder_of_any_name_for_one_folder(name):
    folder = safe_folder_name(name)
    below = PureWindowsPath("D:/Music") / folder
    assert below.parts == ("D:\\", "Music", folder)
    assert not is_refused(folder)


@pytest.mark.parametrize("name", DEVICES)
def test_that_no_folder_is_called_as_a_device_of_windows(name):
    assert not is_refused(safe_folder_name(name))


def test_that_names_which_differ_in_capitals_alone_are_two_folders(tmp_path):
    for name in ("Flute", "FLUTE", "flute"):
        (tmp_path / free_names(tmp_path, name)[0]).mkdir()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["FLUTE 2", "Flute", "flute 3"]
