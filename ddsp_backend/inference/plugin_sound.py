"""Makes sound of a model's controls in the manner of the DDSP-VST plug-in: what a player will hear there.

It differs from a rendering in four things: what connects one frame with the next, noise that begins anew in each frame,
harmonics that end sharply at half the sample rate, and no room.

F = control frames, H = samples of a hop, K = harmonics, M = noise bands, T = taps of the noise's filter.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from ddsp_backend.dsp.nested import Tensors
from ddsp_backend.inference.model_player import ModelPlayer

Array = npt.NDArray[np.floating]

_OUT = "out"
_FFT_SIZE = 512


class PluginSynthesizer:
    """Plays decoded pieces one after the other, as `dsp.streaming.Streamer` does for a rendering."""

    def __init__(self, player: ModelPlayer, seed: int) -> None:
        """Args: player: Of a model that the plug-in plays, see plugin_playable.py. seed: Chooses the noise."""
        self._player = player
        self._rate, self._hop = player.info.sample_rate, player.hop
        self._random = np.random.default_rng(seed)
        self._phase = 0.0
        self._f0_hz: float | None = None
        self._harmonics_K: Array | None = None

    def play(self, pieces: Iterable[Tensors]) -> Iterator[dict[str, npt.NDArray[np.float32]]]:
        """Args: pieces: As `ModelPlayer.decode` gives them.

        Yields: For the two synthesizers by their names, and for both as "out", the samples of each piece, [F x H].
        """
        for piece in pieces:
            scaled = self._player.scaled(piece)
            f0_hz_F = np.asarray(piece["f0_hz"], np.float64)[0, :, 0]
            amplitudes_F1 = np.asarray(scaled["amplitudes"], np.float64)[0]
            distribution_FK = np.asarray(scaled["harmonic_distribution_scaled"], np.float64)[0]
            harmonic_N = self._harmonic(f0_hz_F, amplitudes_F1, distribution_FK)
            noise_N = self._noise(np.asarray(scaled["noise_magnitudes_scaled"], np.float64)[0])
            parts = {self._player.harmonic_name: harmonic_N, self._player.noise_name: noise_N}
            yield {**{name: _single(part) for name, part in parts.items()}, _OUT: _single(harmonic_N + noise_N)}

    def _harmonic(self, f0_hz_F: Array, amplitudes_F1: Array, distribution_FK: Array) -> Array:
        numbers_K = np.arange(1, distribution_FK.shape[1] + 1)
        audible_FK = distribution_FK * (f0_hz_F[:, None] * numbers_K < self._rate / 2)
        totals_F1 = audible_FK.sum(axis=1, keepdims=True)
        harmonics_FK = amplitudes_F1 * audible_FK / np.where(totals_F1 > 0, totals_F1, 1)
        before_K = np.zeros(len(numbers_K)) if self._harmonics_K is None else self._harmonics_K
        f0_before = f0_hz_F[0] if self._f0_hz is None else self._f0_hz  # the first note does not glide from nowhere
        f0_N = self._connected(np.array([f0_before]), f0_hz_F[:, None])[:, 0]
        phase_N = self._phase + np.cumsum(2 * np.pi * f0_N / self._rate)
        audio_N = np.zeros(len(phase_N))
        envelopes_NK = self._connected(before_K, harmonics_FK)
        for number in numbers_K:  # one at a time: all together would take a hundred times the memory
            audio_N += np.sin(number * phase_N) * envelopes_NK[:, number - 1]
        self._phase = float(phase_N[-1] % (2 * np.pi))
        self._f0_hz, self._harmonics_K = float(f0_hz_F[-1]), harmonics_FK[-1]
        return audio_N

    def _connected(self, before_C: Array, values_FC: Array) -> Array:
        """[F x H, C]: half a hop on the way from the frame before to this one, then this one."""
        half = self._hop // 2
        way_H = np.minimum(np.arange(self._hop) / half, 1.0)
        starts_FC = np.concatenate([before_C[None], values_FC[:-1]])
        ramps_FHC = starts_FC[:, None] + (values_FC - starts_FC)[:, None] * way_H[None, :, None]
        ramped: Array = ramps_FHC.reshape(-1, values_FC.shape[1])
        return ramped

    def _noise(self, magnitudes_FM: Array) -> Array:
        """Each hop has noise of its own through its own filter; none rings into the next."""
        n_taps = 2 * (magnitudes_FM.shape[1] - 1)
        window_T = 0.5 * (1 - np.cos(2 * np.pi * np.arange(n_taps) / n_taps))
        taps_FT = np.roll(np.fft.irfft(magnitudes_FM, n_taps), n_taps // 2, axis=1) * window_T
        white = self._random.uniform(-1, 1, (len(magnitudes_FM), _FFT_SIZE))
        filtered = np.fft.irfft(np.fft.rfft(white) * np.fft.rfft(taps_FT, _FFT_SIZE), _FFT_SIZE)
        delay = (n_taps - 1) // 2 - 1
        kept: Array = filtered[:, delay : delay + self._hop].ravel()
        return kept


def _single(audio_N: Array) -> npt.NDArray[np.float32]:
    return audio_N.astype(np.float32)
