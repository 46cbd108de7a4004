"""MIDI files through a model, from file to file."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from ddsp_backend.data.manifest import RUN_STATISTICS
from ddsp_backend.jobs.events import Failed, Noted, Progressed, Stopped
from ddsp_backend.jobs.spec import RenderSpec
from tests.inference.instruments import ECHO_SAMPLES, events_of, rendered, write_instrument
from tests.live.test_midi_file import END, track, write

RATE = 16000
# At 96 ticks a quarter of half a second: a note from 0.5 to 1 s, and one an octave higher from 1.5 to 2 s.
MELODY = ("60 90 45 64", "60 45 00", "60 51 64", "60 51 00", END)
SECONDS = 2.5  # half a second for the end of the last note


@pytest.fixture(scope="module")
def solo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_instrument(tmp_path_factory.mktemp("solo"), "models/solo_instrument.gin", amps=2.0)


@pytest.fixture(scope="module")
def ae(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_instrument(tmp_path_factory.mktemp("ae"), "models/ae.gin")


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return write(tmp_path / "song.mid", track(*MELODY))


def hear(path: str | Path, begin: float, end: float) -> np.ndarray:
    audio, rate = soundfile.read(path, dtype="float32")
    return audio[round(begin * rate) : round(end * rate)]


def pitch_of(audio: np.ndarray, rate: int = RATE) -> float:
    """The lowest strong harmonic, in Hz."""
    spectrum = np.abs(np.fft.rfft(audio * np.hanning(len(audio)), 8 * len(audio)))
    return int(np.flatnonzero(spectrum > 0.2 * spectrum.max())[0]) * rate / (8 * len(audio))


def test_that_the_notes_sound_when_and_where_they_are_written(solo: Path, song: Path, tmp_path: Path) -> None:
    output = tmp_path / "out" / "song.wav"
    result = rendered(model_path=str(solo), input_path=str(song), output_path=str(output), reverb=False)
    assert result["output_audio"] == str(output)
    assert result["input_audio"] == ""
    assert soundfile.info(output).frames == SECONDS * RATE
    loudest = np.abs(hear(output, 0, 3)).max()
    assert not hear(output, 0, 0.45).any()
    assert np.abs(hear(output, 0.6, 0.9)).max() > 0.2 * loudest
    assert np.abs(hear(output, 1.3, 1.45)).max() < 0.01 * loudest
    assert pitch_of(hear(output, 0.6, 0.9)) == pytest.approx(440, rel=0.03)
    assert pitch_of(hear(output, 1.6, 1.9)) == pytest.approx(880, rel=0.03)


def test_that_parts_add_up_and_pitch_and_form_are_those_asked_for(solo: Path, tmp_path: Path) -> None:
    song = write(tmp_path / "song.mid", track("00 90 45 64", "81 40 45 00", END))  # it sounds from the first moment
    output = tmp_path / "song.wav"
    rendered(
        model_path=str(solo),
        input_path=str(song),
        output_path=str(output),
        reverb=False,
        parts=True,
        octave_shift=-1,
        sample_rate=48000,
        bits="24",
        level=-30.0,
    )
    info = soundfile.info(output)
    assert (info.samplerate, info.subtype) == (48000, "PCM_24")
    whole, harmonic, noise = (hear(tmp_path / f"song{part}.wav", 0, 3) for part in ("", " harmonic", " noise"))
    np.testing.assert_allclose(harmonic + noise, whole, atol=1e-4 * np.abs(whole).max() + 1e-6)
    assert pitch_of(hear(output, 0.2, 0.5), 48000) == pytest.approx(220, rel=0.03)


def test_that_the_room_rings_after_the_last_note(solo: Path, song: Path, tmp_path: Path) -> None:
    for reverb in (True, False):
        rendered(model_path=str(solo), input_path=str(song), output_path=str(tmp_path / f"{reverb}.wav"), reverb=reverb)
    wet, dry = (hear(tmp_path / f"{reverb}.wav", 0, 3) for reverb in (True, False))
    assert len(wet) == len(dry) + 800
    difference = np.abs(wet[: len(dry)] - dry)
    begins = np.flatnonzero(np.abs(dry) > 1e-5)[0]
    assert np.flatnonzero(difference > 1e-6)[0] >= begins + ECHO_SAMPLES - 50


def test_that_notes_are_moved_by_octaves_into_what_the_model_knows(solo: Path, song: Path, tmp_path: Path) -> None:
    statistics = '{"lowest_midi": 44, "highest_midi": 58, "voiced_loudness_db": [-60, -40, -20]}'
    model = tmp_path / "model"
    model.mkdir()
    for file in solo.iterdir():
        (model / file.name).write_bytes(file.read_bytes())
    (model / RUN_STATISTICS).write_text(f'{{"settings": {{}}, "statistics": {statistics}}}')
    output = tmp_path / "song.wav"
    result = rendered(model_path=str(model), input_path=str(song), output_path=str(output), fit=True, reverb=False)
    assert result["octaves"] == "-2"
    unknown = events_of(
        RenderSpec(model_path=str(solo), input_path=str(song), output_path=str(tmp_path / "b.wav"), fit=True)
    )[-1]
    assert isinstance(unknown, Failed)
    assert "unknown" in unknown.title
    assert pitch_of(hear(output, 0.6, 0.9)) == pytest.approx(110, rel=0.06)


def test_that_what_only_recordings_have_is_said_to_be_left_out(solo: Path, song: Path, tmp_path: Path) -> None:
    spec = RenderSpec(
        model_path=str(solo), input_path=str(song), output_path=str(tmp_path / "a.wav"), autotune=1.0, reverb=False
    )
    assert any("autotune" in event.title for event in events_of(spec) if isinstance(event, Noted))
    spec = RenderSpec(model_path=str(solo), input_path=str(song), controls_path=str(tmp_path / "c.npz"))
    last = events_of(spec)[-1]
    assert isinstance(last, Failed)
    assert "no controls of a MIDI file" in last.title


def test_that_what_cannot_be_played_is_a_sentence(solo: Path, ae: Path, song: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mid"
    broken.write_bytes(song.read_bytes()[:30])
    for model, source, words in ((solo, broken, "damaged"), (ae, song, "")):
        last = events_of(
            RenderSpec(model_path=str(model), input_path=str(source), output_path=str(tmp_path / "out" / "a.wav"))
        )[-1]
        assert isinstance(last, Failed)
        assert words in last.title
        assert not last.traceback
        assert last.hint
        assert not list(tmp_path.rglob("*.wav"))


def test_that_a_stop_leaves_nothing(solo: Path, song: Path, tmp_path: Path) -> None:
    spec = RenderSpec(model_path=str(solo), input_path=str(song), output_path=str(tmp_path / "a.wav"), parts=True)
    events = events_of(spec, lambda event: isinstance(event, Progressed) and event.stage == "Playing")
    assert isinstance(events[-1], Stopped)
    assert [path.name for path in tmp_path.rglob("*")] == ["song.mid"]
