import json
from pathlib import Path

import pytest

from app.state.goal import Goal, GoalKind
from app.state.instrument import create, load, load_intake, save_intake
from ddsp_backend.errors import DataError
from ddsp_backend.folder_names import safe_folder_name
from ddsp_backend.jobs.events import FileInspected


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("Flöte", "Flöte"),
        ("my/old\\flute: a 'test' \"take\"?*[1]", "my old flute a test take 1"),
        ("🎺🎷", "Instrument"),
        ("solo 🎺 trumpet", "solo trumpet"),
        ("line\nbreak\ttab", "line break tab"),
        ("../../etc/passwd", "etc passwd"),
        ("尺八", "尺八"),
        ("  .hidden.  ", "hidden"),
        ("CON", "CON instrument"),
        ("", "Instrument"),
        ("\0", "Instrument"),
    ],
)
def test_that_any_name_becomes_a_folder_that_any_system_takes(name: str, folder: str) -> None:
    assert safe_folder_name(name) == folder


def test_that_a_long_name_is_cut_between_letters() -> None:
    folder = safe_folder_name("ü" * 500)
    assert 0 < len(folder.encode()) <= 60
    assert set(folder) == {"ü"}


def test_that_an_instrument_is_read_as_it_was_written(tmp_path: Path) -> None:
    made = create(
        tmp_path,
        "A 'flute' 🎶/1",
        inputs=("/a/b.wav", "/c"),
        preset="presets/vst.gin",
        pitch="fast",
        goal=Goal(GoalKind.MINUTES, minutes=20.0, after_minutes=5.5, after_step=400),
        settings={"presets/vst.gin": ("train.batch_size = 4",)},
    )
    assert load(made.path) == made
    assert made.name == "A 'flute' 🎶/1"


def test_that_two_instruments_of_one_name_get_two_folders(tmp_path: Path) -> None:
    paths = {create(tmp_path, name).path.name for name in ("Flute", "flute", "FLUTE", "Flute")}
    assert len({path.casefold() for path in paths}) == 4


def test_that_odd_values_are_replaced_and_damaged_files_said(tmp_path: Path) -> None:
    made = create(tmp_path, "Flute")
    (made.path / "project.json").write_text(
        json.dumps({"name": 5, "inputs": [1, "ok"], "steps": -1, "preset": None, "settings": [5]})
    )
    odd = load(made.path)
    assert (odd.name, odd.inputs, odd.goal, odd.preset, odd.settings) == ("Flute", ("ok",), Goal(), "", {})
    for text in ("", "{", "[]", "\xff"):
        (made.path / "project.json").write_text(text, encoding="latin-1")
        with pytest.raises(DataError) as caught:
            load(made.path)
        assert str(made.path) in caught.value.title


def test_that_job_folders_are_numbered_and_never_taken_twice(tmp_path: Path) -> None:
    made = create(tmp_path, "Flute")
    names = [made.new_job_path(what).name for what in ("prepare", "train", "train")]
    assert names == ["0001-prepare", "0002-train", "0003-train"]


def test_that_the_last_look_at_the_recordings_is_kept(tmp_path: Path) -> None:
    made = create(tmp_path, "Flute")
    files = (
        FileInspected("a\nb 🎵.wav", 1.5, 48000, 2, 0.25, "", ("clipped",)),
        FileInspected("c", 0.0, 0, 0, 0.0, "no"),
    )
    save_intake(made, files)
    assert load_intake(made) == files
    (made.path / "intake.jsonl").write_text("garbage\n")
    assert load_intake(made) == ()
