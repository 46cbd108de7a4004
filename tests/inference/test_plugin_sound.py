"""What is heard "as the plug-in plays it", against the plug-in's rules written out sample by sample."""

import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from ddsp_backend.inference.plugin_sound import PluginSynthesizer
from ddsp_backend.jobs.events import Failed
from ddsp_backend.jobs.spec import RenderSpec
from tests import recordings
from tests.inference.instruments import events_of, rendered, write_instrument
from tests.plugin.instruments import write_model

RATE, HOP, N_HARMONICS, N_BANDS = 16000, 320, 60, 65


def controls(n_frames: int, noise: float = 0.0) -> dict[str, np.ndarray]:
    """Random ones as a decoded piece, whose scaling is left as it is."""
    random = np.random.default_rng(1)
    distribution = random.uniform(0, 1, (1, n_frames, N_HARMONICS))
    return {
        "f0_hz": (220 * 2 ** random.uniform(0, 2, (1, n_frames, 1))).astype(np.float32),
        "amplitudes": random.uniform(0, 1, (1, n_frames, 1)).astype(np.float32),
        "harmonic_distribution_scaled": (distribution / distribution.sum(-1, keepdims=True)).astype(np.float32),
        "noise_magnitudes_scaled": np.full((1, n_frames, N_BANDS), noise, np.float32),
    }


def synthesizer(seed: int = 0) -> PluginSynthesizer:
    info = SimpleNamespace(sample_rate=RATE)
    player = SimpleNamespace(info=info, hop=HOP, scaled=dict, harmonic_name="harmonic", noise_name="noise")
    return PluginSynthesizer(player, seed)


def played(piece: dict[str, np.ndarray], cuts: list[int], seed: int = 0) -> dict[str, np.ndarray]:
    """The whole of it, played in pieces that begin at these frames."""
    ends = [*cuts[1:], piece["f0_hz"].shape[1]]
    pieces = [{key: value[:, begin:end] for key, value in piece.items()} for begin, end in zip(cuts, ends, strict=True)]
    found = list(synthesizer(seed).play(pieces))
    return {key: np.concatenate([part[key] for part in found]) for key in found[0]}


def sample_by_sample(piece: dict[str, np.ndarray]) -> np.ndarray:
    """The harmonics: halfway to each frame's values in a straight line, then held; silent from 8 kHz on."""
    phase, audio = 0.0, []
    before, f0_before = [0.0] * N_HARMONICS, float(piece["f0_hz"][0, 0, 0])
    for frame in range(piece["f0_hz"].shape[1]):
        f0_hz = float(piece["f0_hz"][0, frame, 0])
        shares = piece["harmonic_distribution_scaled"][0, frame]
        audible = [float(share) if f0_hz * (k + 1) < 8000 else 0.0 for k, share in enumerate(shares)]
        now = [float(piece["amplitudes"][0, frame, 0]) * share / sum(audible) for share in audible]
        for n in range(HOP):
            way = min(1.0, n / (HOP / 2))
            phase += 2 * math.pi * (f0_before + way * (f0_hz - f0_before)) / RATE
            pairs = enumerate(zip(before, now, strict=True), start=1)
            audio.append(sum(math.sin(k * phase) * (a + way * (b - a)) for k, (a, b) in pairs))
        before, f0_before = now, f0_hz
    return np.array(audio)


def test_that_harmonics_follow_the_plugins_rule_in_whatever_pieces_they_are_played():
    piece = controls(9)
    expected = sample_by_sample(piece)
    assert np.abs(expected).max() > 0.3
    for cuts in ([0], [0, 1, 5]):
        np.testing.assert_allclose(played(piece, cuts)["harmonic"], expected, atol=1e-5)


def test_that_noise_has_its_magnitudes_begins_anew_in_each_frame_and_rings_into_none():
    piece = controls(400, noise=1.0)
    piece["noise_magnitudes_scaled"][:, :, 20:] = 0.0
    piece["noise_magnitudes_scaled"][:, 100:200] = 0.0
    noise = played(piece, [0])["noise"].reshape(400, HOP)
    assert np.all(noise[100:200] == 0)
    assert np.abs(noise[99]).max() > 0.1
    power = (np.abs(np.fft.rfft(noise[200:] * np.hanning(HOP))) ** 2).mean(axis=0)
    hz = np.fft.rfftfreq(HOP, 1 / RATE)
    passed, stopped = power[(hz > 500) & (hz < 2000)], power[(hz > 3200) & (hz < 7500)]
    assert 10 * np.log10(passed.mean() / stopped.mean()) > 40
    # Uniform noise between -1 and 1 has a third of the power of its peak; a quarter of the bands is left of it.
    assert noise[200:].var() == pytest.approx(1 / 3 * 19.5 / 64, rel=0.05)
    assert abs(np.corrcoef(noise[200], noise[201])[0, 1]) < 0.3


def test_that_the_sum_is_what_is_heard_and_the_same_seed_sounds_the_same():
    piece = controls(5, noise=0.1)
    found, again, other = played(piece, [0]), played(piece, [0]), played(piece, [0], seed=1)
    np.testing.assert_allclose(found["out"], found["harmonic"] + found["noise"], atol=1e-6)
    np.testing.assert_array_equal(found["out"], again["out"])
    assert np.abs(found["noise"] - other["noise"]).max() > 0.01


def test_that_a_recording_is_rendered_as_the_plugin_plays_it(tmp_path: Path):
    model = write_model(tmp_path / "model", "FilteredNoise.initial_bias = -40.0")
    take = recordings.write(tmp_path / "take.wav", recordings.melody(1.0), RATE)
    settings = {"model_path": str(model), "input_path": str(take), "tracker": "swift-f0"}
    found = {}
    for name, how in {"plugin": {"as_plugin": True}, "dry": {"reverb": False}}.items():
        path = tmp_path / f"{name}.wav"
        rendered(**settings, **how, output_path=str(path))
        found[name], rate = soundfile.read(path)
        assert rate == RATE
    assert len(found["plugin"]) == len(found["dry"]) == RATE
    # The same notes, connected otherwise: much the same sound, but not the same samples.
    levels = [20 * np.log10(np.sqrt((audio**2).mean())) for audio in found.values()]
    assert abs(levels[0] - levels[1]) < 1
    difference = found["plugin"] - found["dry"]
    assert np.abs(difference).max() > 1e-3 * np.abs(found["dry"]).max()


def test_that_a_model_that_the_plugin_cannot_play_is_refused(tmp_path: Path):
    model = write_instrument(tmp_path / "model", "models/solo_instrument.gin")
    take = recordings.write(tmp_path / "take.wav", recordings.melody(1.0), RATE)
    spec = RenderSpec(
        model_path=str(model), input_path=str(take), output_path=str(tmp_path / "out.wav"), as_plugin=True
    )
    *_, last = events_of(spec)
    assert isinstance(last, Failed)
    assert "Streaming instrument" in last.hint
    assert not (tmp_path / "out.wav").exists()
