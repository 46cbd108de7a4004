"""Loudness of magenta/ddsp 1.x against its formula in numpy, in a model as in a rendering."""

from pathlib import Path

import numpy as np
import tensorflow as tf

from ddsp_backend.config.operative import latest_operative_config
from ddsp_backend.inference.model_player import load_player
from ddsp_backend.jobs.events import Noted
from ddsp_backend.jobs.spec import RenderSpec
from ddsp_backend.models.old_loudness import LegacyF0LoudnessPreprocessor, compute_legacy_loudness
from tests import recordings
from tests.inference.instruments import events_of, rendered, write_instrument

AUDIO = np.concatenate([recordings.melody(0.5), np.zeros(1600, np.float32), recordings.tone(0.2, hz=3000, level=1.0)])


def loudness(audio: np.ndarray, hop: int = 64) -> np.ndarray:
    """dB below white noise, [F]: frames of 2048 samples, weighted in dB, and only then averaged."""
    n_frames = -(-len(audio) // hop)
    padded = np.pad(audio.astype(np.float64), (0, 2048))
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(2048) / 2048)
    spectra = np.abs([np.fft.rfft(padded[i * hop : i * hop + 2048] * hann) for i in range(n_frames)])
    f2 = np.fft.rfftfreq(2048, 1 / 16000) ** 2
    pole = np.sqrt((f2 + 107.7**2) * (f2 + 737.9**2))
    with np.errstate(divide="ignore"):
        a_weighting = 2.0 + 20 * np.log10(12194.0**2 * f2**2 / ((f2 + 20.6**2) * pole * (f2 + 12194.0**2)))
        decibels = 20 * np.log10(np.maximum(spectra, 1e-20)) + np.maximum(a_weighting, -80) - 20.7
    return np.maximum(decibels, -120).mean(-1)


def test_that_it_is_measured_as_it_was():
    found = np.asarray(compute_legacy_loudness(AUDIO))
    assert found.shape == (len(AUDIO) // 64,)
    np.testing.assert_allclose(found, loudness(AUDIO), atol=0.05)
    np.testing.assert_allclose(compute_legacy_loudness(np.zeros((1, 6400), "f4")), np.full((1, 100), -120), atol=1e-4)


def test_that_white_noise_at_full_scale_is_0_db():
    noise = np.random.default_rng(0).uniform(-1, 1, 64000)
    assert abs(np.mean(compute_legacy_loudness(noise)[:900])) < 0.5


def test_that_a_scale_of_120_db_is_what_the_network_sees():
    given = {
        "audio": tf.constant(AUDIO[None]),
        "f0_hz": tf.fill([1, 200], 300.0),
        "loudness_db": tf.fill([1, 200], 0.0),
    }
    found = LegacyF0LoudnessPreprocessor(time_steps=len(AUDIO) // 64)(given)
    np.testing.assert_allclose(found["ld_scaled"][0, :, 0], loudness(AUDIO) / 120 + 1, atol=1e-3)


def test_that_a_model_of_then_is_played_with_it(tmp_path: Path):
    """One that an operative config of version 1 describes, from a recording in pieces and from features."""
    old = write_instrument(tmp_path / "old", "models/solo_instrument.gin")
    config = latest_operative_config(old)
    assert config is not None
    lines = config.read_text().splitlines(True)
    kept = (line for line in lines if not line.startswith("F0LoudnessPreprocessor") or ".time_steps" in line)
    config.write_text("".join(kept))
    recording = recordings.write(tmp_path / "a.wav", AUDIO, subtype="FLOAT")
    controls = str(tmp_path / "c.npz")
    spec = RenderSpec(model_path=str(old), input_path=str(recording), controls_path=controls, tracker="swift-f0")
    (note,) = (event for event in events_of(spec) if isinstance(event, Noted))
    assert "LegacyF0LoudnessPreprocessor" in note.title
    features = str(tmp_path / "f.npz")
    n_frames = len(AUDIO) // 64
    np.savez(features, f0_hz=np.full((1, n_frames), 300.0), audio=AUDIO[None])
    from_features = str(tmp_path / "d.npz")
    rendered(model_path=str(old), features_path=features, controls_path=from_features, loudness_shift=-5.0)
    quieter = np.where(loudness(AUDIO) <= -120, -120, np.maximum(loudness(AUDIO) - 5, -120))
    player = load_player(old)
    tracks = {"f0_hz": np.full(n_frames, 300, np.float32), "loudness_db": quieter.astype(np.float32)}
    (piece,) = player.decode(player.encode(tracks, n_frames))
    np.testing.assert_allclose(np.load(from_features)["amps"], piece["amps"], atol=1e-3)
    assert np.load(controls)["amps"].shape == (1, n_frames, 1)
    assert np.isfinite(np.load(controls)["amps"]).all()
