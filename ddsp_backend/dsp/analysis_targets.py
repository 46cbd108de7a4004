"""What a synthesizer should be told, read from the recording: amplitude of each harmonic and of the noise between them.

B = batch, N = samples, F = control frames, W = samples of a window, C = bins, K = harmonics, M = noise bands.
"""

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from ddsp_backend.arrays import Array
from ddsp_backend.dsp.tensors import sum_before

_LONGEST_SECS = 0.128  # Blackman's main lobe is then 47 Hz wide: the harmonics of the lowest tuba just part
_WINDOWS = 3  # each half as long as the one before
_BINS_APART = 8.0  # harmonics are this many bins of the window apart or more, wherever a shorter window is taken
_GAP = 0.15  # of f0: noise is heard so far to both sides of the middle between two harmonics


@dataclass(frozen=True)
class Targets:
    """Linear amplitudes, full scale 1."""

    harmonics: tf.Tensor
    """Of each multiple of f0, [B, F, K]; 0 from half the sample rate on."""
    noise: tf.Tensor
    """Gain of noise between -1 and 1, [B, F, M], at frequencies evenly spaced up to half the sample rate."""

    def harmonic_share(self) -> float:
        """Energy of the harmonics, as a share of that of harmonics and noise; NaN in silence."""
        harmonic = 0.5 * float(tf.reduce_sum(tf.square(self.harmonics)))  # a sine's power is half of its amplitude's
        n_frames = float(tf.reduce_prod(tf.shape(self.noise)[:2]))
        noise = float(tf.reduce_mean(tf.square(self.noise))) * n_frames / 3.0  # uniform noise has a third
        return harmonic / (harmonic + noise) if harmonic + noise > 0.0 else float("nan")


def analysis_targets(
    audio_BN: tf.Tensor,
    f0_hz_BF: tf.Tensor,
    is_voiced_BF: tf.Tensor,
    hop: int,
    sample_rate: int,
    n_harmonics: int,
    n_bands: int,
    first: int | tf.Tensor = 0,
) -> Targets:
    """Measures the energy around each harmonic, less that of the noise between harmonics.

    The window has a length that suits the pitch: long enough to tell harmonics apart, no longer. Energy is summed over
    the whole band of a harmonic, so what vibrato spreads is not lost.

    Args:
      audio_BN: Recordings.
      f0_hz_BF: Their pitch at every `hop` samples, from sample `first` on.
      is_voiced_BF: Whether there is one; where not, all energy is noise.
      hop: Samples of a frame.
      sample_rate: Hz.
      n_harmonics: K.
      n_bands: M.
      first: The sample that the first frame is centred on; may be a tensor.
    """
    size = window_size(sample_rate)
    hz_per_bin = sample_rate / size
    f0_BF1 = tf.where(is_voiced_BF, f0_hz_BF, float(sample_rate))[..., None]
    power_BFC = _power(audio_BN, f0_BF1, hop, sample_rate, first)
    energy = _Energy(power_BFC)

    # Gap k lies between harmonics k and k + 1, gap 0 below the first.
    middles_BFG = f0_BF1 * (tf.range(n_harmonics + 1, dtype=tf.float32) + 0.5) / hz_per_bin
    half_BF1 = tf.maximum(_GAP * f0_BF1 / hz_per_bin, 0.5)
    gaps_BFG = energy.mean(middles_BFG - half_BF1, middles_BFG + half_BF1)
    edges_BFG = energy.below(middles_BFG)
    under_BFK = 0.5 * (gaps_BFG[..., :-1] + gaps_BFG[..., 1:]) * f0_BF1 / hz_per_bin
    tonal_BFK = tf.maximum(edges_BFG[..., 1:] - edges_BFG[..., :-1] - under_BFK, 0.0)
    is_audible_BFK = middles_BFG[..., 1:] < size / 2 + 0.5 * f0_BF1 / hz_per_bin
    harmonics_BFK = tf.where(is_audible_BFK & is_voiced_BF[..., None], 2.0 * tf.sqrt(tonal_BFK), 0.0)

    bands_M = np.linspace(0.0, size / 2, n_bands).astype(np.float32)
    half = size / 4 / (n_bands - 1)
    plain_BFM = energy.mean(bands_M - half, bands_M + half)
    between_BFM = _between_harmonics(energy, bands_M, f0_BF1 / hz_per_bin)
    noise_BFM = tf.where(is_voiced_BF[..., None], tf.minimum(between_BFM, plain_BFM), plain_BFM)
    # Uniform noise has a third of full power, which white noise spreads over `size` bins.
    return Targets(harmonics_BFK, tf.sqrt(3.0 * size * noise_BFM))


def window_size(sample_rate: int) -> int:
    """Samples of the longest window: a power of two."""
    return int(2 ** round(np.log2(_LONGEST_SECS * sample_rate)))


def _power(audio_BN: tf.Tensor, f0_BF1: tf.Tensor, hop: int, sample_rate: int, first: int | tf.Tensor) -> tf.Tensor:
    """Squared magnitudes, of which those of one steady partial add up to a quarter of its amplitude's square."""
    size, n_frames = window_size(sample_rate), f0_BF1.shape[1]
    windows = _windows(size)
    window_BFW = tf.broadcast_to(tf.constant(windows[0]), tf.concat([tf.shape(f0_BF1)[:2], [size]], 0))
    for n, window_W in enumerate(windows[1:], start=1):
        shortest_f0_hz = _BINS_APART * 2**n * sample_rate / size
        window_BFW = tf.where(f0_BF1 >= shortest_f0_hz, tf.constant(window_W), window_BFW)
    # Half a window before sample 0, and as much silence behind the end as the last frame may need.
    padded_BN = tf.pad(audio_BN, [[0, 0], [size // 2, size // 2 + hop]])
    length = (n_frames - 1) * hop + size
    missing = max(0, length - padded_BN.shape[1])
    cut_BN = tf.slice(tf.pad(padded_BN, [[0, 0], [0, missing]]), [0, first], [-1, length])
    frames_BFW = tf.signal.frame(cut_BN, size, hop)
    spectrum_BFC = tf.signal.rfft(frames_BFW * window_BFW)
    return tf.square(tf.math.real(spectrum_BFC)) + tf.square(tf.math.imag(spectrum_BFC))


def _windows(size: int) -> list[Array]:
    """Blackman's, the longest first, centred in `size` samples; the sum of squares of each is 1 / size."""
    found = []
    for n in range(_WINDOWS):
        length = size >> n
        position = 2.0 * np.pi * np.arange(length) / length
        window = 0.42 - 0.5 * np.cos(position) + 0.08 * np.cos(2.0 * position)
        window /= np.sqrt(size * np.sum(np.square(window)))
        found.append(np.pad(window, (size - length) // 2).astype(np.float32))
    return found


class _Energy:
    """Sums of power over stretches of the spectrum, whose ends need not lie between two bins."""

    def __init__(self, power_BFC: tf.Tensor) -> None:
        # Double precision: at the far end stands the sum of all, beside which a quiet partial would be lost.
        n_frames, self._n_bins = power_BFC.shape[1:]
        more_BFC = tf.pad(tf.cast(power_BFC, tf.float64), [[0, 0], [0, 0], [0, 1]])
        sums = sum_before(tf.reshape(more_BFC, [-1, self._n_bins + 1]))
        self._sums_BFC = tf.reshape(sums, [-1, n_frames, self._n_bins + 1])

    def below(self, bins_BFX: tf.Tensor) -> tf.Tensor:
        """Energy below a place, counted in bins, [B, F, X]. Bin c lies from c - 0.5 to c + 0.5."""
        return tf.cast(self._below(bins_BFX), tf.float32)

    def mean(self, from_BFX: tf.Tensor, to_BFX: tf.Tensor) -> tf.Tensor:
        """Mean power of a bin between two places."""
        from_BFX, to_BFX = (tf.clip_by_value(bins, -0.5, self._n_bins - 0.5) for bins in (from_BFX, to_BFX))
        energy_BFX = self._below(to_BFX) - self._below(from_BFX)
        return tf.maximum(tf.cast(energy_BFX, tf.float32), 0.0) / tf.maximum(to_BFX - from_BFX, 1e-3)

    def _below(self, bins_BFX: tf.Tensor) -> tf.Tensor:
        place_BFX = tf.clip_by_value(bins_BFX + 0.5, 0.0, float(self._n_bins) - 1e-3)
        place_BFX = tf.broadcast_to(place_BFX, tf.concat([tf.shape(self._sums_BFC)[:2], tf.shape(place_BFX)[-1:]], 0))
        whole_BFX = tf.floor(place_BFX)
        index_BFX = tf.cast(whole_BFX, tf.int32)
        start_BFX = tf.gather(self._sums_BFC, index_BFX, batch_dims=2)
        end_BFX = tf.gather(self._sums_BFC, index_BFX + 1, batch_dims=2)
        return start_BFX + (end_BFX - start_BFX) * tf.cast(place_BFX - whole_BFX, tf.float64)


def _between_harmonics(energy: _Energy, bands_M: Array, f0_bins_BF1: tf.Tensor) -> tf.Tensor:
    """Mean power of a bin in the gaps on both sides of each band, nearer ones weighing more, [B, F, M]."""
    last_BF1 = tf.maximum(tf.floor(bands_M[-1] / f0_bins_BF1 - 0.5 - _GAP), 0.0)
    gap_BFM = tf.clip_by_value(bands_M / f0_bins_BF1 - 0.5, 0.0, last_BF1)
    below_BFM = tf.floor(gap_BFM)

    def power(gap_BFM: tf.Tensor) -> tf.Tensor:
        middle_BFM, half_BF1 = (gap_BFM + 0.5) * f0_bins_BF1, tf.maximum(_GAP * f0_bins_BF1, 0.5)
        return energy.mean(middle_BFM - half_BF1, middle_BFM + half_BF1)

    start_BFM, end_BFM = power(below_BFM), power(tf.minimum(below_BFM + 1.0, last_BF1))
    return start_BFM + (end_BFM - start_BFM) * (gap_BFM - below_BFM)
