"""What can be played: tracks in memory, at one rate, with the gains that make them equally loud."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import soxr

from app.audio.loudness import loudness_db, matching_gain

# A level-matched track may come this close to full scale; above it all of them are turned down together.
_CEILING = 0.98


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """One sound: mono samples [N], full scale 1."""

    name: str
    samples: npt.NDArray[np.float32]
    gain: float = 1.0
    """Factor that makes it as loud as the others."""

    @property
    def gain_db(self) -> float:
        return float(20 * np.log10(self.gain))


def matched(
    sounds: Sequence[tuple[str, npt.NDArray[np.float32]]], sample_rate: int, leaders: Sequence[int]
) -> tuple[Track, ...]:
    """Gives each sound the gain with which its leader is as loud as the first sound.

    Args:
      sounds: Names and samples; the first is the reference.
      sample_rate: Hz.
      leaders: For each sound, the index of the one whose level counts: its own, or, for a part of another sound, that
        of the whole, so that the part is heard as loud as it lies in the whole.
    """
    levels_db = [loudness_db(samples_N, sample_rate) for _, samples_N in sounds]
    gains = [matching_gain(levels_db[leader], levels_db[0]) for leader in leaders]
    peaks = [float(np.max(np.abs(samples_N), initial=0.0)) for _, samples_N in sounds]
    loudest = max((peak * gain for peak, gain in zip(peaks, gains, strict=True)), default=0.0)
    # Recordings that are themselves louder than the ceiling keep their level: only the match must not clip.
    room = min(1.0, max(_CEILING, peaks[0] if peaks else 0.0) / loudest) if loudest > 0 else 1.0
    return tuple(Track(name, samples_N, gain * room) for (name, samples_N), gain in zip(sounds, gains, strict=True))


def resampled(track: Track, from_rate: int, to_rate: int) -> Track:
    """The track at another rate, in Hz."""
    return Track(track.name, resample(track.samples, from_rate, to_rate), track.gain)


def resample(samples_N: npt.NDArray[np.float32], from_rate: int, to_rate: int) -> npt.NDArray[np.float32]:
    """The samples at another rate, in Hz."""
    if from_rate == to_rate:
        return samples_N
    resampled_N: npt.NDArray[np.float32] = soxr.resample(samples_N, from_rate, to_rate, quality="HQ")
    return resampled_N
