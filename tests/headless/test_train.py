"""`--train` in a terminal: what drop and Train do in the window. Jobs are scripted, everything else is real."""

import re
import signal
from pathlib import Path

import pytest

from app.state.goal import GoalKind
from app.state.instrument import Instrument
from app.state.library import Badge, scan
from tests.headless.terminal import read_until, start
from tests.odd_names import odd_name


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    folder = tmp_path / "Flöte 'live' 🎶"
    folder.mkdir()
    for name in ("one.wav", odd_name("two\nlines.wav"), "notes.txt"):
        (folder / name).write_bytes(b"")
    return folder


def only_instrument(library: Path) -> Instrument:
    (item,) = scan(library)
    return item.instrument


def jobs(instrument: Instrument) -> list[str]:
    return [folder.path.name[5:] for folder in instrument.job_folders()]


def test_that_a_folder_goes_the_whole_way_and_the_terminal_says_where_to_listen(
    tmp_path: Path, recordings: Path
) -> None:
    training = start("--train", recordings, "--steps", "40", "--library", tmp_path / "library")
    said, _ = training.communicate()
    assert training.returncode == 0, said
    lines = said.splitlines()
    assert "one.wav, 1:00: Fine. 0:50 of clear notes, E2 to E4." in lines
    assert "notes.txt: Cannot be read. This is no sound file." in lines
    assert len([line for line in lines if line.startswith(("one.wav", "two lines.wav"))]) == 2
    (worth,) = (line for line in lines if line.startswith("2:00 of one voice, E2 to E4, "))
    assert worth.endswith("ten minutes would be better.")
    assert "3 recordings, 1 cannot be used." in lines
    assert "It trains for 40 steps." in lines
    assert "The recordings are prepared: 0:50 of 1:00 have a clear pitch." in said
    assert "Loudness off by 2.3 dB in notes, 14 dB in silence, 3.1 dB in all, at step 40." in lines
    assert "On phrases it has not heard: pitch off by 14 cents (a semitone is 100); loudness off by 2.3 dB" in said
    assert not re.search(r"held.out|f0_|chunk|crepe|\bgin\b", said, re.IGNORECASE)
    places = [Path(line[17:]) for line in lines if line.startswith(("  Original", "  Resynthesized"))]
    assert len(places) == 4
    assert all(place.is_file() for place in places)
    assert lines[-1] == "heavy: []"
    (item,) = scan(tmp_path / "library")
    assert item.badge is Badge.TRAINED
    assert item.instrument.name == recordings.name
    assert jobs(item.instrument) == ["prepare", "train", "evaluate", "sample"]


def test_that_ctrl_c_saves_and_the_same_command_goes_on_with_the_same_instrument(
    tmp_path: Path, recordings: Path
) -> None:
    library = tmp_path / "endless library"
    for _ in range(2):
        training = start("--train", recordings, "--minutes", "7", "--library", library)
        read_until(training, "Training: ")
        training.send_signal(signal.SIGINT)
        said, _ = training.communicate()
        assert training.returncode == 130, said
        assert "Run the same command again to continue" in said
        assert "Traceback" not in said
    instrument = only_instrument(library)
    assert jobs(instrument) == ["prepare", "train", "prepare", "train"]
    assert instrument.goal.kind is GoalKind.MINUTES
    assert instrument.goal.last_minute == 7


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="this system does not tell that a terminal was closed")
def test_that_a_closed_terminal_saves_as_ctrl_c_does(tmp_path: Path, recordings: Path) -> None:
    library = tmp_path / "endless library"
    training = start("--train", recordings, "--library", library)
    read_until(training, "Training: ")
    training.send_signal(signal.SIGHUP)
    said, _ = training.communicate()
    assert training.returncode == 130, said
    (item,) = scan(library)
    assert item.badge is Badge.STOPPED


def test_that_another_model_makes_another_instrument(tmp_path: Path, recordings: Path) -> None:
    library = tmp_path / "library"
    for preset in ("vst", "solo_instrument"):
        training = start("--train", recordings, "--steps", "10", "--preset", preset, "--library", library)
        said, _ = training.communicate()
        assert training.returncode == 0, said
    presets = {item.instrument.preset for item in scan(library)}
    assert presets == {"presets/solo_instrument.gin", "presets/vst.gin"}


def test_that_recordings_of_which_none_can_be_used_are_refused_before_any_job(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "notes.mp3").write_text("no sound")
    training = start("--train", tmp_path / "notes", "--library", tmp_path / "library")
    said, _ = training.communicate()
    assert training.returncode == 1
    assert "none of these files can be used" in said
    assert jobs(only_instrument(tmp_path / "library")) == []


def test_that_a_folder_without_recordings_is_named_and_makes_no_instrument(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "notes.txt").write_text("no sound")
    training = start("--train", tmp_path / "notes", "--library", tmp_path / "library")
    said, _ = training.communicate()
    assert training.returncode == 1
    assert f"There is no recording in this folder: {tmp_path / 'notes'}" in said
    assert not (tmp_path / "library").exists()


def test_that_a_training_that_fails_is_told_by_the_exit_code(tmp_path: Path, recordings: Path) -> None:
    training = start("--train", recordings, "--library", tmp_path / "broken library")
    said, _ = training.communicate()
    assert training.returncode == 1
    assert "a matrix is too large" in said


def test_that_an_instrument_that_is_worked_on_is_not_trained_twice(tmp_path: Path, recordings: Path) -> None:
    words = ("--train", recordings, "--library", tmp_path / "endless library")
    first = start(*words)
    read_until(first, "Training: ")
    second = start(*words)
    said, _ = second.communicate()
    assert second.returncode == 1
    assert "is being worked on already" in said
    first.send_signal(signal.SIGTERM)
    assert first.wait() == 130
    assert first.stdout is not None
    first.stdout.close()


@pytest.mark.parametrize(
    "words",
    [
        ("--train", "no such folder"),
        ("--train", ".", "--minutes", "0"),
        ("--train", ".", "--steps", "many"),
        ("--train", ".", "--steps", "10", "--minutes", "5"),
        ("--train", ".", "--preset", "trombone"),
        ("--minutes", "5"),
    ],
)
def test_that_wrong_flags_are_exit_code_2(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    from app.__main__ import main

    with pytest.raises(SystemExit) as ended:
        main(list(words))
    assert ended.value.code == 2
    assert capsys.readouterr().err


def test_that_a_window_without_a_display_is_a_sentence() -> None:
    program = start()
    said, _ = program.communicate(timeout=60)
    assert program.returncode == 1
    assert "this session has no display" in said
    assert "--train FOLDER" in said
