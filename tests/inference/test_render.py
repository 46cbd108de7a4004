"""Recordings through models, from file to file."""

import json
import tracemalloc

import numpy as np
import pytest
import soundfile

from ddsp_backend.audio.files import resampled_length
from ddsp_backend.audio.loudness_meter import LoudnessMeter
from ddsp_backend.data.manifest import RUN_STATISTICS
from ddsp_backend.errors import ConfigError
from ddsp_backend.inference.first_seconds import BEGINNING
from ddsp_backend.inference.model_player import load_player
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import ArtifactWritten, Failed, Finished, Noted, Progressed, StopAcknowledged, Stopped
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import RenderSpec
from ddsp_backend.pitch.tracker import track
from ddsp_backend.pitch.trackers import make_tracker
from tests import recordings
from tests.inference.instruments import ECHO, ECHO_SAMPLES, events_of, rendered, write_instrument

FAST = {"tracker": "swift-f0"}


def read(path):
    return soundfile.read(path, dtype="float32")


def write_features(path, n_frames=50, **arrays):
    """Half a second and more for the solo instrument, at 250 frames a second."""
    given = {"f0_hz": np.full((1, n_frames), 300.0), "loudness_db": np.linspace(-50, -20, n_frames)[None], **arrays}
    np.savez(path, **{key: values for key, values in given.items() if values is not None})
    return str(path)


def median_f0(audio, sample_rate):
    audio_16k = audio[:: sample_rate // 16000]
    f0_hz, confidence = track(make_tracker("swift-f0"), audio_16k, 50, "center")
    assert (confidence > 0.5).mean() > 0.5
    return np.median(f0_hz[confidence > 0.5])


@pytest.mark.parametrize("instrument", ["solo", "ae", "vst", "vst_32k"])
@pytest.mark.parametrize(("rate", "n_samples"), [(44100, 44101), (16000, 20011)])
def test_that_the_output_is_as_long_as_the_recording(instrument, rate, n_samples, request, tmp_path):
    recording = recordings.write(tmp_path / "a.wav", recordings.melody(3, rate)[:n_samples], rate)
    result = rendered(
        model_path=str(request.getfixturevalue(instrument)),
        input_path=str(recording),
        output_path=str(tmp_path / "out.wav"),
        **FAST,
    )
    audio, own_rate = read(result["output_audio"])
    assert own_rate == (32000 if instrument == "vst_32k" else 16000)
    assert len(audio) == resampled_length(n_samples, rate, own_rate)
    assert np.abs(audio).max() > 0.01


@pytest.mark.parametrize("instrument", ["vst", "vst_32k"])
@pytest.mark.parametrize("semitones", [0.0, 7.0, -4.5])
def test_that_the_pitch_moves_by_the_semitones_asked_for(instrument, semitones, request, tmp_path):
    tone = sum(recordings.tone(1.5, hz=k * 330, level=0.3 / k) for k in (1, 2, 3))
    recording = recordings.write(tmp_path / "a.wav", tone)
    result = rendered(
        model_path=str(request.getfixturevalue(instrument)),
        input_path=str(recording),
        output_path=str(tmp_path / "out.wav"),
        pitch_shift=semitones,
        **FAST,
    )
    assert 12 * np.log2(median_f0(*read(result["output_audio"])) / 330) == pytest.approx(semitones, abs=0.15)


def test_that_loudness_is_shifted_before_the_model_hears_it_and_silence_is_left_alone(solo, tmp_path):
    level = np.array([[-80.0] * 10 + [-75.0] * 10 + [-40.0] * 30])
    louder = np.array([[-80.0] * 10 + [-69.0] * 10 + [-34.0] * 30])
    softer = np.array([[-80.0] * 20 + [-60.0] * 30])
    answers = {}
    cases = {"up": (level, 6), "louder": (louder, 0), "down": (level, -20), "softer": (softer, 0)}
    for name, (loudness_db, shift) in cases.items():
        features = write_features(tmp_path / f"{name}.npz", loudness_db=loudness_db)
        controls = str(tmp_path / f"{name} controls.npz")
        rendered(model_path=str(solo), features_path=features, controls_path=controls, loudness_shift=shift)
        answers[name] = np.load(controls)["amps"]
    np.testing.assert_allclose(answers["up"], answers["louder"], atol=1e-6)
    np.testing.assert_allclose(answers["down"], answers["softer"], atol=1e-6)
    assert np.abs(answers["up"] - answers["down"]).max() > 1e-3


def test_that_the_room_is_heard_only_when_it_is_wanted(solo, tmp_path):
    features = write_features(tmp_path / "f.npz", n_frames=300)
    sounds = []
    for reverb in (True, False):
        output = str(tmp_path / f"{reverb}.wav")
        rendered(model_path=str(solo), features_path=features, output_path=output, reverb=reverb)
        sounds.append(read(output)[0])
    wet, dry = sounds
    echo = np.pad(dry, (ECHO_SAMPLES, 0))[: len(dry)]
    np.testing.assert_allclose(wet, dry + ECHO * echo, atol=1e-4 * np.abs(wet).max())


def test_that_nothing_is_clipped_and_what_is_too_loud_is_said(solo, tmp_path):
    loud = write_instrument(tmp_path / "loud", "models/solo_instrument.gin", amps=10)
    features = write_features(tmp_path / "f.npz")
    peaks, notes = [], []
    for model in (loud, solo):
        output = str(tmp_path / f"{model.name}.wav")
        events = events_of(RenderSpec(model_path=str(model), features_path=features, output_path=output))
        peaks.append(np.abs(read(output)[0]).max())
        notes.append([event.title for event in events if isinstance(event, Noted)])
    assert peaks[0] > 1 > peaks[1]
    assert f"{20 * np.log10(peaks[0]):+.1f} dB" in notes[0][0]
    assert notes[1] == []


@pytest.mark.parametrize(
    ("bits", "rate", "subtype"), [("16", 44100, "PCM_16"), ("24", 16000, "PCM_24"), ("float", 48000, "FLOAT")]
)
def test_that_output_and_parts_have_the_form_that_was_asked_for(bits, rate, subtype, solo, tmp_path):
    features = write_features(tmp_path / "f.npz", n_frames=500)
    output = tmp_path / "out" / "a.wav"
    result = rendered(
        model_path=str(solo),
        features_path=features,
        output_path=str(output),
        parts=True,
        sample_rate=rate,
        bits=bits,
        level=-23.0,
    )
    parts = {output, output.with_name("a harmonic.wav"), output.with_name("a noise.wav")}
    assert set(output.parent.iterdir()) == parts
    assert result["output_audio"] == str(output)
    for path in parts:
        info = soundfile.info(path)
        assert (info.samplerate, info.subtype, info.frames) == (rate, subtype, 2 * rate)
    meter = LoudnessMeter(rate)
    meter.add(read(output)[0])
    assert meter.lufs() == pytest.approx(-23, abs=0.05)


def test_that_what_whole_numbers_cannot_hold_is_turned_down_and_told(tmp_path):
    loud = write_instrument(tmp_path / "loud", "models/solo_instrument.gin", amps=10)
    output = tmp_path / "a.wav"
    spec = RenderSpec(
        model_path=str(loud), features_path=write_features(tmp_path / "f.npz"), output_path=str(output), bits="16"
    )
    titles = [event.title for event in events_of(spec) if isinstance(event, Noted)]
    assert len(titles) == 1
    assert "turned down" in titles[0]
    assert 0.99 < np.abs(read(output)[0]).max() < 1


def test_that_a_stop_while_the_form_is_changed_leaves_what_was_there(solo, tmp_path):
    (tmp_path / "out.wav").write_text("before")
    features = write_features(tmp_path / "f.npz", n_frames=2500)
    spec = RenderSpec(
        model_path=str(solo), features_path=features, output_path=str(tmp_path / "out.wav"), sample_rate=96000
    )
    events = events_of(spec, lambda event: isinstance(event, Progressed) and event.stage == "Writing")
    assert isinstance(events[-1], Stopped)
    assert (tmp_path / "out.wav").read_text() == "before"
    assert {path.name for path in tmp_path.iterdir()} == {"out.wav", "f.npz"}


BAD_RECORDINGS = {
    "one sample": (np.ones(1) * 0.5, "1 sample long"),
    "silent": (np.zeros(16000), "silent"),
    "NaN": (np.where(np.arange(16000) == 8000, np.nan, 0.5), "not a number"),
    "empty": (np.zeros(0), "contains no samples"),
}


@pytest.mark.parametrize("kind", BAD_RECORDINGS)
def test_that_a_recording_that_holds_nothing_is_refused_with_a_sentence(kind, solo, tmp_path):
    audio, words = BAD_RECORDINGS[kind]
    recording = recordings.write(tmp_path / "in" / "a.wav", audio, 16000, "FLOAT")
    assert words in failure(solo, recording, tmp_path / "out" / "b.wav").title


def test_that_what_is_no_recording_is_refused_with_a_sentence(solo, tmp_path):
    (tmp_path / "text.wav").write_text("no sound")
    (tmp_path / "empty.wav").touch()
    for name, words in (
        ("text.wav", "cannot be read as audio"),
        ("empty.wav", "0 bytes"),
        ("none.wav", "not exist"),
        (".", "not a file"),
    ):
        assert words in failure(solo, tmp_path / name, tmp_path / "out" / "b.wav").title


def failure(model, recording, output):
    spec = RenderSpec(model_path=str(model), input_path=str(recording), output_path=str(output), **FAST)
    last = events_of(spec)[-1]
    assert isinstance(last, Failed)
    assert not last.traceback
    assert last.hint
    assert not output.exists()
    return last


def test_that_any_name_will_do(vst, tmp_path):
    folder = tmp_path / 'take "two"\n 🎺'
    recording = recordings.write(folder / "läuft\n🎻.wav", recordings.melody(1))
    result = rendered(
        model_path=str(vst),
        input_path=str(recording),
        output_path=str(folder / "out\n🎷.wav"),
        listening_dir=str(folder / "heard ☎"),
        **FAST,
    )
    assert len(read(result["output_audio"])[0]) == 16000
    assert {path.name for path in folder.iterdir()} == {"läuft\n🎻.wav", "out\n🎷.wav", "heard ☎"}


def test_that_a_recording_is_not_written_over(vst, tmp_path):
    recording = recordings.write(tmp_path / "a.wav", recordings.melody(1))
    spec = RenderSpec(model_path=str(vst), input_path=str(recording), output_path=str(tmp_path / "." / "a.wav"))
    last = events_of(spec)[-1]
    assert isinstance(last, Failed)
    assert "overwrite" in last.title
    assert len(read(recording)[0]) == 16000


@pytest.mark.parametrize(
    "stage", ["Loading the model", "Finding the pitch", "Finding the loudness", "Finding the timbre", "Playing"]
)
def test_that_a_stop_is_acknowledged_and_leaves_no_half_file(stage, ae, vst, tmp_path):
    recording = recordings.write(tmp_path / "a.wav", recordings.melody(30))
    spec = RenderSpec(
        model_path=str(ae if stage == "Finding the timbre" else vst),
        input_path=str(recording),
        output_path=str(tmp_path / "out.wav"),
        controls_path=str(tmp_path / "controls.npz"),
        listening_dir=str(tmp_path / "heard"),
        **FAST,
    )
    events = events_of(spec, lambda event: isinstance(event, Progressed) and event.stage == stage)
    assert isinstance(events[-1], Stopped)
    assert isinstance(events[-2], StopAcknowledged)
    left = [path.name for path in tmp_path.rglob("*") if path.is_file()]
    assert left == ["a.wav"]


def test_that_what_stood_there_before_stays_when_a_render_is_stopped(vst, tmp_path):
    (tmp_path / "out.wav").write_text("before")
    recording = recordings.write(tmp_path / "a.wav", recordings.melody(20))
    spec = RenderSpec(model_path=str(vst), input_path=str(recording), output_path=str(tmp_path / "out.wav"), **FAST)
    events = events_of(spec, lambda event: isinstance(event, Progressed) and event.stage == "Playing")
    assert isinstance(events[-1], Stopped)
    assert (tmp_path / "out.wav").read_text() == "before"


def test_that_the_listening_page_gets_both_sounds_and_both_pictures(vst, tmp_path):
    audio = recordings.melody(2, 44100)
    recording = recordings.write(tmp_path / "a.wav", audio, 44100)
    result = rendered(
        model_path=str(vst),
        input_path=str(recording),
        output_path=str(tmp_path / "out.wav"),
        listening_dir=str(tmp_path / "heard"),
        **FAST,
    )
    heard, rate = read(result["input_audio"])
    assert (rate, len(heard)) == (16000, 32000)
    assert recordings.main_frequency(heard, 16000) == pytest.approx(recordings.main_frequency(audio, 44100), rel=0.01)
    pictures = [np.load(result[key]) for key in ("input_spectrogram", "output_spectrogram")]
    assert pictures[0].shape == pictures[1].shape == (128, 126)
    assert all(picture.dtype == np.uint8 and picture.max() > 100 for picture in pictures)


def test_that_what_was_heard_is_kept_for_the_next_time_and_its_pitch_for_the_next_process(vst, tmp_path):
    recording = recordings.write(tmp_path / "a.wav", recordings.melody(2))
    stages = []
    for semitones in (0, 1, 2):
        if semitones == 2:
            load_player(vst).model_inputs.clear()
        spec = RenderSpec(
            model_path=str(vst),
            input_path=str(recording),
            output_path=str(tmp_path / f"{semitones}.wav"),
            pitch_shift=semitones,
            cache_dir=str(tmp_path / "kept"),
            **FAST,
        )
        events = events_of(spec)
        assert isinstance(events[-1], Finished)
        stages.append({event.stage for event in events if isinstance(event, Progressed)})
    assert stages[0] - stages[1] == {"Finding the pitch", "Finding the loudness"}
    assert stages[0] - stages[2] == {"Finding the pitch"}


def test_that_memory_does_not_grow_with_the_recording(vst, tmp_path):
    """Eighty seconds more are 5 MB of samples at 16 kHz; hardly any of them are in memory at one time."""
    phrase = recordings.melody(10)
    peaks = []
    for n_phrases in (4, 12):
        path = recordings.write(tmp_path / f"{n_phrases}.wav", np.tile(phrase, n_phrases))
        tracemalloc.start()
        try:
            result = rendered(
                model_path=str(vst),
                input_path=str(path),
                output_path=str(tmp_path / "out.wav"),
                listening_dir=str(tmp_path / "heard"),
                **FAST,
            )
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
        assert soundfile.info(result["output_audio"]).frames == len(phrase) * n_phrases
    assert peaks[1] - peaks[0] < 1e6


def test_that_a_wav_is_the_only_output_offered(vst, tmp_path):
    features = write_features(tmp_path / "f.npz", power_db=np.full((1, 50), -20.0))
    spec = RenderSpec(model_path=str(vst), features_path=features, output_path=str(tmp_path / "out.mp3"))
    last = events_of(spec)[-1]
    assert isinstance(last, Failed)
    assert "out.mp3" in last.title
    with pytest.raises(ConfigError):
        RenderSpec(model_path=str(vst), features_path=features)


def test_that_harmonic_and_noise_part_make_up_the_dry_output(vst, tmp_path):
    recording = recordings.write(tmp_path / "a.wav", recordings.melody(5.3))
    result = rendered(
        model_path=str(vst),
        input_path=str(recording),
        output_path=str(tmp_path / "out.wav"),
        reverb=False,
        parts=True,
        **FAST,
    )
    output, harmonic, noise = (read(result[f"{part}_audio"])[0] for part in ("output", "harmonic", "noise"))
    assert result["harmonic_audio"] == str(tmp_path / "out harmonic.wav")
    assert len(output) == len(harmonic) == len(noise)
    np.testing.assert_allclose(harmonic + noise, output, atol=1e-5)
    assert np.abs(harmonic).max() > 0.01
    assert result["step"] == "1"


def write_statistics(folder, **fields):
    statistics = {"lowest_midi": 55, "highest_midi": 65, "voiced_power_db": list(np.linspace(-40, -20, 101)), **fields}
    settings = {"tracker": "swift-f0", "crepe_capacity": "tiny"}
    (folder / RUN_STATISTICS).write_text(json.dumps({"settings": settings, "statistics": statistics}))


def test_that_a_recording_is_fitted_to_what_the_model_has_learned(tmp_path):
    model = write_instrument(tmp_path / "vst", "models/vst/vst.gin")
    tone = sum(recordings.tone(2, hz=k * 880, level=0.3 / k) for k in (1, 2, 3))
    recording = recordings.write(tmp_path / "a.wav", tone)
    settings = {"model_path": str(model), "input_path": str(recording), "output_path": str(tmp_path / "out.wav")}
    (refused,) = [event for event in events_of(RenderSpec(**settings, fit=True)) if isinstance(event, Failed)]
    assert "unknown" in refused.title
    assert not refused.traceback
    write_statistics(model)  # which also says how the pitch of its recordings was found
    fitted = rendered(**settings, fit=True)
    assert fitted["octaves"] == "-2"
    assert 12 * np.log2(median_f0(*read(fitted["output_audio"])) / 220) == pytest.approx(0, abs=0.15)
    higher = rendered(**settings, fit=True, octave_shift=1)
    assert 12 * np.log2(median_f0(*read(higher["output_audio"])) / 440) == pytest.approx(0, abs=0.15)


def test_that_nothing_but_noise_is_played_as_it_is_and_this_is_said(tmp_path):
    model = write_instrument(tmp_path / "vst", "models/vst/vst.gin")
    write_statistics(model)
    noise = 0.1 * np.random.default_rng(0).standard_normal(32000)
    recording = recordings.write(tmp_path / "a.wav", noise)
    spec = RenderSpec(
        model_path=str(model), input_path=str(recording), output_path=str(tmp_path / "out.wav"), fit=True, **FAST
    )
    events = events_of(spec)
    assert isinstance(events[-1], Finished)
    assert "octaves" not in events[-1].result
    assert any("No notes" in event.title for event in events if isinstance(event, Noted))


def test_that_the_beginning_of_a_long_recording_can_be_heard_before_the_rest_is_listened_to(vst, tmp_path):
    recording = recordings.write(tmp_path / "a.wav", recordings.melody(14, 44100), 44100)
    spec = RenderSpec(
        model_path=str(vst),
        input_path=str(recording),
        output_path=str(tmp_path / "out.wav"),
        listening_dir=str(tmp_path / "heard"),
        **FAST,
    )
    lengths, stages = {}, []
    for event in run(spec, CancelToken()):
        if isinstance(event, ArtifactWritten) and event.kind.startswith(BEGINNING) and event.path.endswith(".wav"):
            lengths[event.kind] = soundfile.info(event.path).duration
        if isinstance(event, Progressed):
            stages.append((event.stage, bool(lengths)))
    assert lengths == {"beginning_output_audio": 8, "beginning_input_audio": 8}
    assert ("Finding the pitch", True) in stages
    assert ("Finding the pitch", False) not in stages


def test_that_a_rest_at_the_beginning_is_waited_for(vst, tmp_path):
    audio = np.concatenate([np.zeros(16000 * 9), recordings.melody(5)])
    recording = recordings.write(tmp_path / "a.wav", audio)
    events = events_of(
        RenderSpec(
            model_path=str(vst),
            input_path=str(recording),
            output_path=str(tmp_path / "out.wav"),
            listening_dir=str(tmp_path / "heard"),
            **FAST,
        )
    )
    assert isinstance(events[-1], Finished)
    assert not [event for event in events if isinstance(event, ArtifactWritten) and event.kind.startswith(BEGINNING)]
