"""The demo without a display: in a terminal, its jobs scripted, everything else real."""

import signal
from pathlib import Path

from app.state.library import Badge, scan
from app.state.renders import load_renders
from tests.headless.terminal import read_until, start


def test_that_the_demo_goes_the_whole_way_and_says_where_its_audio_lies(tmp_path: Path) -> None:
    demo = start("--demo", "--library", tmp_path / "library")
    said, _ = demo.communicate()
    assert demo.returncode == 0, said
    places = [Path(line[17:]) for line in said.splitlines() if line.startswith("  ") and line.endswith(".wav")]
    assert [line[2:17].strip() for line in said.splitlines() if line.startswith("  ")] == [
        *("Original", "Resynthesized", "Harmonic part", "Noise part"),
        *("Original", "Resynthesized", "Harmonic part", "Noise part"),
        *("Original", "Resynthesized", "Harmonic part", "Noise part"),
    ]
    assert all(place.is_file() for place in places)
    assert said.splitlines()[-1] == "heavy: []"
    (item,) = scan(tmp_path / "library")
    assert item.badge is Badge.TRAINED
    (render,) = load_renders(item.instrument.renders_path)
    assert Path(render.output_path) in places


def test_that_the_look_at_what_was_generated_draws_no_bar_beside_that_of_a_job(
    tmp_path: Path,
) -> None:
    demo = start("--demo", "--library", tmp_path / "library")
    said, _ = demo.communicate()
    lines = said.splitlines()
    assert any(line.startswith("Finding the pitch: ") for line in lines)
    assert not any(line.startswith("Listening to the recordings") for line in lines)


def test_that_a_stopped_demo_saves_and_the_same_command_goes_on(tmp_path: Path) -> None:
    library = tmp_path / "endless library"
    demo = start("--demo", "--library", library)
    read_until(demo, "Training: ")
    demo.send_signal(signal.SIGINT)
    said, _ = demo.communicate()
    assert demo.returncode == 130, said
    assert "Run the same command again to continue" in said
    (item,) = scan(library)
    assert item.badge is Badge.STOPPED

    again = start("--demo", "--library", library)
    read_until(again, "Training: ")
    again.send_signal(signal.SIGINT)
    again.communicate()
    (item,) = scan(library)
    kinds = [folder.path.name[5:] for folder in item.instrument.job_folders()]
    assert kinds == ["generate", "prepare", "train", "prepare", "train"]


def test_that_a_library_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "library").write_text("a file is in the way")
    demo = start("--demo", "--library", tmp_path / "library")
    said, _ = demo.communicate()
    assert demo.returncode == 1
    assert said.startswith("Failed: ")
    assert "--library FOLDER" in said
    assert "Traceback" not in said
