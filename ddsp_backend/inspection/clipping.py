"""Clipping at whatever level: samples piled up just below the highest, where a sound that was not cut off has few."""

# C = channels, N = samples, B = bins

import numpy as np

from ddsp_backend.audio.decoding import Samples

_STEP = 0.05  # dB of a bin
_N_BINS = 1600  # down to -80 dB
_HEADROOM = 60  # bins: 3 dB, by which an mp3 overshoots here and there what was flat
_BELOW = (40, 120)  # bins: the density from 2 to 6 dB below the pile is what it is measured against
# A steady sine, the most crowded of unclipped sounds, comes to 14 in one bin and to 6 in five.
_SHARP_PILE, _BLURRED_PILE, _BLUR = 25.0, 8.0, 5  # as dense as below; flat tops blur where they go through an mp3
_LEAST_SHARE = 1e-4  # of all samples


class ClippingMeter:
    """Counts magnitudes in fine bins of level, over all channels."""

    def __init__(self) -> None:
        self._counts_B = np.zeros(_N_BINS, np.int64)
        self._n_samples = 0

    def add(self, block_NC: Samples) -> None:
        magnitudes = np.abs(block_NC).ravel()
        loud = np.minimum(magnitudes[magnitudes > 10 ** (-_STEP * (_N_BINS - 1) / 20)], 1)
        bins = (-20 / _STEP * np.log10(loud)).astype(np.int64)
        self._counts_B += np.bincount(bins, minlength=_N_BINS)[:_N_BINS]
        self._n_samples += len(magnitudes)

    @property
    def share(self) -> float:
        """Share of the samples on flat tops, 0 to 1; 0 where the top is as it should be."""
        sharp, sharp_share = self._pile(1)
        blurred, blurred_share = self._pile(_BLUR)
        share = max(sharp_share if sharp > _SHARP_PILE else 0.0, blurred_share if blurred > _BLURRED_PILE else 0.0)
        return share if share > _LEAST_SHARE else 0.0

    def _pile(self, n_bins: int) -> tuple[float, float]:
        """How dense the densest `n_bins` near the top are against what lies below, and the share of samples there."""
        filled = np.flatnonzero(self._counts_B)
        if not len(filled):
            return 0.0, 0.0
        top = int(filled[0])
        amplitude_B = 10 ** (-_STEP * np.arange(_N_BINS) / 20)
        kernel = np.full(n_bins, 1 / n_bins)
        density_B = np.convolve(self._counts_B / amplitude_B, kernel)[n_bins - 1 :]  # bin b: of b to b + n_bins - 1
        pile = top + int(np.argmax(density_B[top : top + _HEADROOM]))
        below = (self._counts_B / amplitude_B)[pile + _BELOW[0] : pile + _BELOW[1]]
        if len(below) < _BELOW[1] - _BELOW[0]:
            return 0.0, 0.0
        share = float(self._counts_B[: pile + _BELOW[0] // 2].sum() / self._n_samples)
        return float(density_B[pile] / (below.mean() + 1 / self._n_samples)), share
