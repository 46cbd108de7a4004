"""The command line that plays recordings and features through a model."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ddsp_backend.cli.ddsp_render import main
from tests import recordings
from tests.live.test_midi_file import END, track, write

GOLDEN = Path(__file__).parent.parent / "golden" / "magenta_checkpoint_solo"
ANSWERS = ("amps", "harmonic_distribution", "noise_magnitudes", "amplitudes", "harmonic_distribution_scaled")


def arguments(folder: Path, *more: str) -> list[str]:
    return [
        f"--model_path={GOLDEN}",
        f"--features={GOLDEN / 'expected.npz'}",
        f"--controls={folder / 'controls.npz'}",
        *more,
    ]


def assert_it_answers_as_there(path: Path) -> None:
    expected, found = np.load(GOLDEN / "expected.npz"), np.load(path)
    for name in (*ANSWERS, "harmonic_audio", "ir"):
        every = found[name].shape[1] // expected[name].shape[1]  # longer arrays were thinned out there
        largest = np.abs(expected[name]).max()
        np.testing.assert_allclose(found[name][:, ::every], expected[name], rtol=0, atol=1e-3 * largest, err_msg=name)
    assert found["noise_magnitudes_scaled"].shape == found["noise_magnitudes"].shape


def test_that_a_model_of_magenta_ddsp_answers_what_it_answered_there(tmp_path, capsys):
    assert main(arguments(tmp_path)) == 0
    assert_it_answers_as_there(tmp_path / "controls.npz")
    assert f"Written: {tmp_path / 'controls.npz'}" in capsys.readouterr().out


def test_that_it_does_so_in_a_process_of_its_own(tmp_path):
    finished = subprocess.run(
        [sys.executable, "-m", "ddsp_backend.cli.ddsp_render", *arguments(tmp_path, f"--output={tmp_path / 'a.wav'}")],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": "."},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert_it_answers_as_there(tmp_path / "controls.npz")
    assert (tmp_path / "a.wav").stat().st_size > 4 * 64000


def test_that_a_recording_is_played(tmp_path):
    recording = recordings.write(tmp_path / "a b.wav", recordings.melody(1))
    output = tmp_path / "out.wav"
    flags = [f"--model_path={GOLDEN / 'ckpt-3'}", f"--input={recording}", f"--output={output}", "--tracker=swift-f0"]
    assert main([*flags, "--noreverb", "--pitch_shift=-12", "--loudness_shift=-3"]) == 0
    assert output.exists()


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ([], "--model_path"),
        (["--model_path=x", "--output=a.wav"], "--input=RECORDING or --features"),
        (["--model_path=x", "--input=a", "--features=b", "--output=c.wav"], "give either"),
        (["--model_path=x", "--input=a"], "--output=OUT.wav"),
        (["--model_path=x", "--input=a", "--output=b.wav", "--pitch_shift=99"], "between -48 and 48"),
        (["--model_path=x", "--input=a", "--output=b.wav", "--pitch_shift=nan"], "between -48 and 48"),
        (["--model_path=x", "--input=a", "--output=b.wav", "--sample_rate=22050"], "44100"),
        (["--model_path=x", "--input=a", "--output=b.wav", "--bits=8"], "float"),
        (["--model_path=x", "--input=a", "--output=b.wav", "--level=6"], "between -60 and 0 LUFS"),
    ],
)
def test_that_flags_that_make_no_sense_end_the_program_with_a_sentence(flags, words, capsys):
    with pytest.raises(SystemExit) as end:
        main(flags)
    assert end.value.code == 2
    assert words in capsys.readouterr().err


def test_that_a_folder_without_a_model_is_a_sentence(tmp_path, capsys):
    recording = recordings.write(tmp_path / "a.wav", recordings.melody(1))
    assert main([f"--model_path={tmp_path}", f"--input={recording}", f"--output={tmp_path / 'o.wav'}"]) == 1
    assert "There is no checkpoint" in capsys.readouterr().out


def test_that_a_folder_is_played_file_by_file_whatever_is_wrong_with_one(tmp_path, capsys):
    takes = tmp_path / "takes"
    for name in ("one.wav", "deep/one.wav", "two.flac"):
        recordings.write(takes / name, recordings.melody(1))
    (takes / "broken.wav").write_text("no sound")
    write(takes / "song.mid", track("00 90 45 64", "60 45 00", END))
    extra = recordings.write(tmp_path / "three.wav", recordings.melody(1))
    output = tmp_path / "played"
    flags = [f"--model_path={GOLDEN}", "--input", str(takes), str(extra), f"--output={output}", "--tracker=swift-f0"]
    assert main([*flags, "--sample_rate=48000", "--bits=24", "--level=-20"]) == 1
    assert {path.name for path in output.iterdir()} == {"one.wav", "one 2.wav", "two.wav", "three.wav", "song.wav"}
    assert {(info.samplerate, info.subtype) for info in map(soundfile.info, output.iterdir())} == {(48000, "PCM_24")}
    said = capsys.readouterr().out
    assert "broken.wav: this file cannot be read as audio" in said
    assert f"5 of 6 files were played into {output}" in said


@pytest.mark.parametrize("more", [["--output=a.wav"], ["--controls=b.npz"], ["--output=c", "--controls=b.npz"]])
def test_that_several_recordings_need_a_folder(more, capsys):
    with pytest.raises(SystemExit) as end:
        main(["--model_path=x", "--input", "a.wav", "b.wav", *more])
    assert end.value.code == 2
    assert "--output=FOLDER" in capsys.readouterr().err


def test_that_nothing_to_play_is_a_failure(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert main([f"--model_path={GOLDEN}", f"--input={tmp_path / 'empty'}", f"--output={tmp_path / 'out'}"]) == 1
    assert "no recording" in capsys.readouterr().err


def test_that_a_model_of_which_nothing_is_known_cannot_be_fitted_to(tmp_path, capsys):
    recording = recordings.write(tmp_path / "a.wav", recordings.melody(1))
    assert main([f"--model_path={GOLDEN}", f"--input={recording}", f"--output={tmp_path / 'o.wav'}", "--fit"]) == 1
    assert "Recordings cannot be fitted to this model" in capsys.readouterr().out
