"""Pieces joined are the whole."""

import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.dsp.effects import FilteredNoiseReverb, Reverb
from ddsp_backend.dsp.filters import frequency_filter
from ddsp_backend.dsp.processors import Add, Crop, Mix, ProcessorGroup
from ddsp_backend.dsp.streaming import HarmonicStream, NoiseStream, RoomStream, stream
from ddsp_backend.dsp.synths import FilteredNoise, Harmonic
from ddsp_backend.errors import ConfigError

HOP = 64
RANDOM = np.random.default_rng(0)


def features(n_frames):
    return {
        "amps": RANDOM.normal(size=(1, n_frames, 1)).astype("f4"),
        "harmonic_distribution": RANDOM.normal(size=(1, n_frames, 12)).astype("f4"),
        "noise_magnitudes": RANDOM.normal(size=(1, n_frames, 33)).astype("f4"),
        "f0_hz": (200 + 5 * np.cumsum(RANDOM.normal(size=(1, n_frames, 1)), 1)).astype("f4"),
    }


def cut(arrays, *lengths):
    """The features in pieces of these numbers of frames."""
    ends = np.cumsum(lengths)
    assert ends[-1] == arrays["amps"].shape[1]
    return [{k: v[:, e - n : e] for k, v in arrays.items()} for e, n in zip(ends, lengths, strict=True)]


def joined(stream, pieces):
    """What a stream makes of pieces, each a list of inputs, one after the other."""
    state, audio = stream.start, []
    for i, piece in enumerate(pieces):
        audio_N, state = stream.push([tf.constant(values) for values in piece], state, is_last=i == len(pieces) - 1)
        audio.append(audio_N)
    return np.concatenate(audio)


@pytest.mark.parametrize("method", ["linear", "window"])
def test_that_harmonic_pieces_join(method):
    whole = features(80)
    harmonic = Harmonic(n_samples=80 * HOP, amp_resample_method=method)
    keys = ("amps", "harmonic_distribution", "f0_hz")
    audio = joined(HarmonicStream(harmonic, HOP), [[p[k] for k in keys] for p in cut(whole, 30, 1, 49)])
    expected = harmonic(*(whole[key] for key in keys)).numpy()[0]
    assert audio.shape == expected.shape
    assert np.abs(audio - expected).max() < 1e-4 * np.abs(expected).max()


def test_that_noise_pieces_join():
    magnitudes = tf.constant(RANDOM.uniform(0, 1, (1, 60, 33)), tf.float32)
    noise = tf.constant(RANDOM.uniform(-1, 1, (1, 60 * HOP)), tf.float32)
    synth = FilteredNoise(60 * HOP, window_size=0)
    streaming = NoiseStream(synth, HOP, (0, 0))
    filtered, tail = [], []
    for start, end in ((0, 20), (20, 21), (21, 60)):
        piece = noise[:, start * HOP : end * HOP]
        audio_N, tail = streaming.filter(piece, magnitudes[:, start:end], tail, end == 60)
        filtered.append(audio_N)
    expected = frequency_filter(noise, magnitudes).numpy()[0]
    assert np.concatenate(filtered).shape == expected.shape
    assert np.abs(np.concatenate(filtered) - expected).max() < 1e-4 * np.abs(expected).max()


@pytest.mark.parametrize("lengths", [(1000, 1000), (10, 0, 1990), (300, 20, 1680)])
def test_that_room_pieces_join(lengths):
    audio, ir = RANDOM.normal(size=2000).astype("f4"), RANDOM.normal(size=700).astype("f4")
    ir[0] = 0
    pieces = np.split(audio, np.cumsum(lengths)[:-1])
    reverberant = joined(RoomStream(ir, add_dry=True), [[piece] for piece in pieces])
    expected = Reverb()(audio[None], ir[None]).numpy()[0]
    assert np.abs(reverberant - expected).max() < 1e-4 * np.abs(expected).max()


def a_group(*more):
    return ProcessorGroup(
        [
            (Harmonic(n_samples=40 * HOP), ["amps", "harmonic_distribution", "f0_hz"]),
            (FilteredNoise(n_samples=40 * HOP, window_size=0), ["noise_magnitudes"]),
            (Add(), ["filtered_noise/signal", "harmonic/signal"]),
            *more,
        ]
    )


def test_that_a_group_renders_as_many_samples_as_at_once_and_the_same_harmonics():
    tf.random.set_seed(1)
    room = FilteredNoiseReverb(True, 900, n_frames=30, n_filter_banks=16, name="reverb")
    group = a_group((room, ["add/signal"]), (Crop(HOP), ["reverb/signal"]))
    whole = features(40)
    at_once = group(whole)
    for lengths in ((40,), (11, 13, 16), (39, 1), (1, 39)):
        pieces = list(stream(group, cut(whole, *lengths), HOP))
        out = np.concatenate([piece["out"] for piece in pieces])
        harmonic = np.concatenate([piece["harmonic"] for piece in pieces])
        assert out.shape == (39 * HOP,)
        assert np.abs(harmonic - at_once["controls"]["harmonic"]["signal"][0]).max() < 1e-3
        assert 0.5 < np.std(out) / np.std(at_once["signal"]) < 2


def test_that_the_room_can_be_left_out():
    tf.random.set_seed(2)
    group = a_group((Reverb(True, 500), ["add/signal"]))
    pieces = list(stream(group, cut(features(40), 20, 20), HOP, room=False))
    assert all(np.array_equal(piece["out"], piece["add"]) for piece in pieces)


def test_that_a_processor_that_cannot_be_cut_says_so():
    group = a_group((Mix(), ["add/signal", "harmonic/signal", "amps"]))
    with pytest.raises(ConfigError, match="Mix cannot be rendered in pieces"):
        list(stream(group, [features(40)], HOP))
