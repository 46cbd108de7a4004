"""Spectra on the mel scale and their cepstra. B = batch, N = samples, F = frames."""

from typing import Any

import tensorflow as tf

from ddsp_backend.dsp.core import safe_log
from ddsp_backend.dsp.spectral import compute_mag
from ddsp_backend.errors import ConfigError


def compute_mel(
    audio: Any,
    lo_hz: float = 0.0,
    hi_hz: float = 8000.0,
    bins: int = 64,
    fft_size: int = 2048,
    overlap: float = 0.75,
    pad_end: bool = True,
    sample_rate: int = 16000,
) -> tf.Tensor:
    """Magnitudes summed in triangular bands that are evenly spaced in mel.

    Args:
      audio: [B, N], [B, N, 1] or [N].
      lo_hz: Lower end of the lowest band.
      hi_hz: Upper end of the highest band.
      bins: Bands.
      fft_size: Samples of a frame.
      overlap: Share of a frame that overlaps the next.
      pad_end: Fill the last frame up with zeros.
      sample_rate: Hz.

    Returns: [B, F, bins].
    Raises:
      ConfigError: The bands do not lie between 0 Hz and Nyquist.
    """
    if not 0.0 <= lo_hz < hi_hz <= sample_rate / 2.0:
        raise ConfigError(
            f"Mel bands from lo_hz={lo_hz} to hi_hz={hi_hz} do not lie between 0 and half of sample_rate={sample_rate}",
            "Set lo_hz below hi_hz, and hi_hz to half the sample rate or less.",
        )
    mag_BFC = compute_mag(audio, fft_size, overlap, pad_end)
    bands = tf.signal.linear_to_mel_weight_matrix(bins, mag_BFC.shape[-1], sample_rate, lo_hz, hi_hz)
    return tf.tensordot(mag_BFC, bands, 1)


def compute_logmel(
    audio: Any,
    lo_hz: float = 80.0,
    hi_hz: float = 7600.0,
    bins: int = 64,
    fft_size: int = 2048,
    overlap: float = 0.75,
    pad_end: bool = True,
    sample_rate: int = 16000,
) -> tf.Tensor:
    """Natural logarithm of `compute_mel`."""
    return safe_log(compute_mel(audio, lo_hz, hi_hz, bins, fft_size, overlap, pad_end, sample_rate))


def compute_mfcc(
    audio: Any,
    lo_hz: float = 20.0,
    hi_hz: float = 8000.0,
    fft_size: int = 1024,
    mel_bins: int = 128,
    mfcc_bins: int = 13,
    overlap: float = 0.75,
    pad_end: bool = True,
    sample_rate: int = 16000,
) -> tf.Tensor:
    """Mel-frequency cepstral coefficients: the cosine transform of `compute_logmel`, [B, F, mfcc_bins].

    Raises:
      ConfigError: There are fewer bands than coefficients.
    """
    if mfcc_bins > mel_bins:
        raise ConfigError(
            f"{mel_bins} mel bands have no more than as many coefficients, but mfcc_bins is {mfcc_bins}",
            "Set mel_bins to mfcc_bins or more.",
        )
    logmel = compute_logmel(audio, lo_hz, hi_hz, mel_bins, fft_size, overlap, pad_end, sample_rate)
    return tf.signal.mfccs_from_log_mel_spectrograms(logmel)[..., :mfcc_bins]
