"""Spectra and features against scipy and closed forms."""

import numpy as np
import pytest
import scipy.fft
import scipy.signal
import tensorflow as tf

from ddsp_backend.dsp.mel import compute_logmel, compute_mel, compute_mfcc
from ddsp_backend.dsp.parity import pad_or_trim_to_expected_length
from ddsp_backend.dsp.spectral import (
    compute_logmag,
    compute_loudness,
    compute_mag,
    compute_power,
    compute_rms_energy,
    get_framed_lengths,
    pad,
    stft,
)
from ddsp_backend.errors import ConfigError

RATE = 16000
RANDOM = np.random.default_rng(0)
AUDIO = RANDOM.normal(size=(2, 2000)).astype("f4")


def sine(hz, amplitude=1.0, n=8000):
    return (amplitude * np.sin(2 * np.pi * hz * np.arange(n) / RATE)).astype("f4")


def test_that_the_stft_is_the_transform_of_windowed_frames():
    frames = np.lib.stride_tricks.sliding_window_view(AUDIO.astype("f8"), 256, 1)[:, ::64]
    expected = np.fft.rfft(frames * scipy.signal.get_window("hann", 256))
    assert np.abs(stft(AUDIO, 256, pad_end=False) - expected).max() < 1e-4
    assert stft(AUDIO, 256).shape == (2, 32, 129)
    assert np.array_equal(stft(AUDIO[..., None], 256), stft(AUDIO, 256))


def mel_bands(n_bands, n_bins, lo_hz, hi_hz):
    """Triangles, straight in mel, between neighbours at even distances."""
    mel = 1127 * np.log1p(np.linspace(0, RATE / 2, n_bins) / 700)
    edges = np.linspace(*(1127 * np.log1p(np.array([lo_hz, hi_hz]) / 700)), n_bands + 2)
    up = (mel[:, None] - edges[:-2]) / np.diff(edges[:-1])
    down = (edges[2:] - mel[:, None]) / np.diff(edges[1:])
    bands = np.maximum(0, np.minimum(up, down))
    bands[0] = 0  # the mean is in no band
    return bands


def test_that_mel_bands_are_triangles_in_mel():
    expected = compute_mag(AUDIO, 512).numpy().astype("f8") @ mel_bands(20, 257, 50, 7000)
    assert np.allclose(compute_mel(AUDIO, 50.0, 7000.0, 20, 512), expected, rtol=1e-3, atol=1e-3)
    logmel = compute_logmel(AUDIO, 50.0, 7000.0, 20, 512)
    assert np.allclose(logmel, np.log(np.where(expected <= 0, 1e-5, expected)), atol=2e-3)


def test_that_cepstra_are_the_cosine_transform():
    logmel = compute_logmel(AUDIO, 20.0, 8000.0, 40, 512).numpy()
    # the factor of HTK and TensorFlow, 1 / sqrt(2 bands) for the unscaled transform
    expected = scipy.fft.dct(logmel.astype("f8"), type=2) / np.sqrt(2 * 40)
    mfcc = compute_mfcc(AUDIO, 20.0, 8000.0, 512, mel_bins=40, mfcc_bins=13)
    assert mfcc.shape == (2, 16, 13)
    assert np.abs(mfcc - expected[..., :13]).max() < 1e-3


def test_that_bands_that_cannot_be_are_named():
    with pytest.raises(ConfigError, match=r"hi_hz=9000.0 do not lie .* sample_rate=16000"):
        compute_mel(AUDIO, hi_hz=9000.0)
    with pytest.raises(ConfigError, match=r"lo_hz=100.0 to hi_hz=50.0"):
        compute_logmel(AUDIO, 100.0, 50.0)
    with pytest.raises(ConfigError, match=r"10 mel bands .* mfcc_bins is 13"):
        compute_mfcc(AUDIO, mel_bins=10)


@pytest.mark.parametrize(("padding", "n_frames"), [("center", 32), ("same", 32), ("valid", 24)])
def test_that_frames_are_as_many_as_announced(padding, n_frames):
    assert get_framed_lengths(2000, 512, 64, padding)[0] == n_frames
    for feature in (compute_power, compute_loudness, compute_rms_energy):
        assert feature(AUDIO, padding=padding).shape == (2, n_frames)


def test_that_power_and_loudness_of_a_sine_are_their_closed_forms():
    half = sine(1000, 0.5)[None]
    middle = slice(40, 80)
    assert np.allclose(compute_rms_energy(half)[:, middle], 0.5 / np.sqrt(2), rtol=1e-3)
    assert np.allclose(compute_power(half)[:, middle], 20 * np.log10(0.5 / np.sqrt(2)), atol=0.01)
    at_1k, at_100 = (compute_loudness(sine(hz)[None], n_fft=2048)[0, middle].numpy().mean() for hz in (1000, 100))
    assert at_100 - at_1k == pytest.approx(-19.1, abs=0.4)  # IEC 61672-1, table of the A-weighting at 100 Hz
    assert compute_loudness(np.zeros((1, 2000), "f4")).numpy().max() == -80.0
    assert compute_power(np.zeros(2000, "f4")).numpy().max() == -80.0


@pytest.mark.parametrize("mode", ["CONSTANT", "REFLECT"])
def test_that_any_axis_can_be_padded_as_numpy_pads(mode):
    x = RANDOM.normal(size=(2, 30, 3)).astype("f4")
    options = {"constant_values": 7} if mode == "CONSTANT" else {}
    width = [(0, 0), (4, 4), (0, 0)]
    assert np.array_equal(pad(x, 8, 2, "center", 1, mode, **options), np.pad(x, width, mode.lower(), **options))
    assert pad(x[..., 0], 8, 3, "same").shape == (2, 9 * 3 + 8)
    assert pad(x, 8, 2, "valid", 1).shape == x.shape
    with pytest.raises(ConfigError, match="Frames of 8 samples leave gaps at a hop of 9"):
        pad(x, 8, 9, "center", 1)


def test_that_features_get_the_length_they_should_have():
    vector = np.arange(5.0)
    assert pad_or_trim_to_expected_length(vector, 3).numpy().tolist() == [0, 1, 2]
    assert pad_or_trim_to_expected_length(vector, 7, pad_value=-1).numpy().tolist() == [0, 1, 2, 3, 4, -1, -1]
    assert pad_or_trim_to_expected_length(vector[None], 6).shape == (1, 6)
    with pytest.raises(ConfigError, match="Features of 5 frames cannot be made 26 by 20"):
        pad_or_trim_to_expected_length(vector, 26)


@pytest.mark.parametrize(
    "feature", [compute_logmag, compute_mel, compute_logmel, compute_mfcc, compute_loudness, compute_power]
)
def test_that_gradients_are_finite_even_for_silence(feature):
    audio = tf.concat([tf.zeros([1, 4000]), AUDIO[:1]], 1)
    with tf.GradientTape() as tape:
        tape.watch(audio)
        total = tf.reduce_sum(feature(audio))
    assert np.isfinite(tape.gradient(total, audio)).all()
