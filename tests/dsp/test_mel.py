"""Mel bands and cepstra against scipy's transforms and triangles drawn by hand."""

import numpy as np
import pytest
import tensorflow as tf
from scipy.fft import dct
from scipy.signal import get_window

from ddsp_backend.dsp.mel import compute_logmel, compute_mel, compute_mfcc

AUDIO_BN = np.random.default_rng(0).uniform(-0.5, 0.5, [2, 3000])


def magnitudes(audio, size, hop):
    n_frames = -(-audio.shape[-1] // hop)
    padded = np.pad(audio, [(0, 0), (0, size)])
    frames = np.stack([padded[:, i * hop : i * hop + size] for i in range(n_frames)], 1)
    return np.abs(np.fft.rfft(frames * get_window("hann", size)))


def triangles(n_bins, n_bands, sample_rate, lo_hz, hi_hz):
    """Corners evenly spaced in mel, slopes straight in mel."""
    mel = 1127.0 * np.log1p(np.linspace(0, sample_rate / 2, n_bins) / 700.0)
    corners = np.linspace(1127.0 * np.log1p(lo_hz / 700.0), 1127.0 * np.log1p(hi_hz / 700.0), n_bands + 2)
    bands = [np.interp(mel, corners[i : i + 3], [0, 1, 0], left=0, right=0) for i in range(n_bands)]
    weights = np.stack(bands, 1)
    weights[0] = 0.0  # the constant part has no pitch
    return weights


def mel(size, hop, n_bands, lo_hz, hi_hz):
    return magnitudes(AUDIO_BN, size, hop) @ triangles(size // 2 + 1, n_bands, 16000, lo_hz, hi_hz)


def test_that_bands_are_triangles_in_mel():
    found = compute_mel(AUDIO_BN, 20.0, 8000.0, 40, fft_size=512, overlap=0.75)
    np.testing.assert_allclose(found, mel(512, 128, 40, 20.0, 8000.0), atol=1e-3)


def test_that_logarithms_are_natural():
    found = compute_logmel(AUDIO_BN, 100.0, 7000.0, 32, fft_size=512)
    np.testing.assert_allclose(found, np.log(mel(512, 128, 32, 100.0, 7000.0)), atol=1e-3)


@pytest.mark.parametrize(("fft_size", "overlap"), [(1024, 0.5), (256, 0.75)])
def test_that_cepstra_are_a_cosine_transform_of_them(fft_size, overlap):
    found = compute_mfcc(AUDIO_BN, 20.0, 8000.0, fft_size, mel_bins=20, mfcc_bins=12, overlap=overlap)
    logmel = np.log(mel(fft_size, round(fft_size * (1 - overlap)), 20, 20.0, 8000.0))
    np.testing.assert_allclose(found, dct(logmel, type=2)[..., :12] / np.sqrt(2 * 20), atol=5e-3)


def test_that_silence_is_finite():
    assert np.isfinite(compute_mfcc(tf.zeros([1, 2000]))).all()
