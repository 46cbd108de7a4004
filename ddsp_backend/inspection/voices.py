"""More than one voice: strong partials that are no multiples of the pitch that was found."""

# F = frames, N = samples at 16 kHz, K = bins

import numpy as np

from ddsp_backend.arrays import Array
from ddsp_backend.inspection.frames import HOP
from ddsp_backend.pitch.tracker import SAMPLE_RATE

EVERY = 4  # frames: a look every 64 ms is enough
_WINDOW = 2048
_LOWEST_HZ, _HIGHEST_HZ = 60.0, 4000.0  # where partials are strong and stand apart
_WIDTH_HZ, _WIDTH = 25.0, 0.03  # of a partial on each side: the window's own, and half a semitone of vibrato
_WIDEST = 0.34  # of the distance between two: something must remain in between
_LOWEST_F0_HZ = 75.0  # below, the window does not tell the multiples apart: all counts as explained
_EXPLAINED_DB = -99.0
_VOICE_DB = -10.0  # unexplained energy against all: of one clean voice less, but at the joints of notes
_PEAK_DB = 11.0  # of the strongest unexplained bin above their mean: noise reaches 8, a partial 15 and more


class VoiceMeter:
    """Counts looks, and those in which something else sounds too."""

    def __init__(self) -> None:
        self._unexplained: list[Array] = []
        self._frames: list[np.ndarray] = []

    def add(self, audio_N: Array, start: int, first_frame: int, f0_hz_F: Array) -> None:
        """Frames with NaN are not looked at; frame i is centred at audio_N[start + i * HOP]."""
        frames = np.flatnonzero(np.isfinite(f0_hz_F))
        frames = frames[(frames + first_frame) % EVERY == 0]
        if len(frames):
            self._frames.append(frames + first_frame)
            self._unexplained.append(_unexplained(audio_N, start + frames * HOP, f0_hz_F[frames]))

    def looks(self) -> tuple[np.ndarray, Array]:
        """Numbers of the frames that were looked at; [2, F]: unexplained energy, and its peak, both in dB."""
        if not self._frames:
            return np.zeros(0, np.int64), np.zeros((2, 0), np.float32)
        return np.concatenate(self._frames), np.concatenate(self._unexplained, axis=1)

    def share(self, counted_F: np.ndarray) -> float:
        """Of the looks at frames that count, the share with another voice, 0 to 1."""
        frames, (energy_db, peak_db) = self.looks()
        counts = counted_F[frames]
        return float(np.mean((energy_db > _VOICE_DB)[counts] & (peak_db > _PEAK_DB)[counts])) if counts.any() else 0.0

    def noise_db(self, counted_F: np.ndarray) -> float:
        """How far noise lies below the notes that it sounds with: the median of what is unexplained without peaks."""
        frames, (energy_db, peak_db) = self.looks()
        noisy = counted_F[frames] & (peak_db <= _PEAK_DB)
        return float(-np.median(energy_db[noisy])) if noisy.sum() > 0.5 * counted_F[frames].sum() else np.inf


def _unexplained(audio_N: Array, centers_F: np.ndarray, f0_hz_F: Array) -> Array:
    padded_N = np.pad(audio_N, _WINDOW // 2)
    frames_FN = np.lib.stride_tricks.sliding_window_view(padded_N, _WINDOW)[np.clip(centers_F, 0, len(audio_N))]
    hz_K = np.fft.rfftfreq(_WINDOW, 1 / SAMPLE_RATE).astype(np.float32)
    band = (hz_K > _LOWEST_HZ) & (hz_K < _HIGHEST_HZ)
    hz_K = hz_K[band]
    power_FK = np.square(np.abs(np.fft.rfft(frames_FN * np.blackman(_WINDOW).astype(np.float32), axis=1)[:, band]))
    f0_hz_F1 = f0_hz_F[:, None]
    nearest_FK = np.maximum(np.rint(hz_K / f0_hz_F1), 1) * f0_hz_F1
    width_FK = np.minimum(np.maximum(_WIDTH_HZ, _WIDTH * hz_K), _WIDEST * f0_hz_F1)
    between_FK = np.abs(hz_K - nearest_FK) > width_FK
    rest_FK = power_FK * between_FK
    energy_F, n_F = rest_FK.sum(axis=1) + 1e-12, np.maximum(between_FK.sum(axis=1), 1)
    share_F = energy_F / (power_FK.sum(axis=1) + 1e-12)
    peak_F = (rest_FK.max(axis=1) + 1e-12) / (energy_F / n_F)
    share_F[f0_hz_F < _LOWEST_F0_HZ] = 10 ** (_EXPLAINED_DB / 10)
    looks_2F: Array = (10 * np.log10(np.stack([share_F, peak_F]))).astype(np.float32)
    return looks_2F
