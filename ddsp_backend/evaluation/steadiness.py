"""How much a held note wobbles: what is left of its level where a straight line has been taken off. F = frames."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.floating]

_LEAST_SECONDS = 0.3
_MOST_CENTS = 50.0  # around the note: with vibrato, without a glide
_MOST_DB = 6.0  # around the loudness of the note: no attack, no swell
_HEARD_DB = 40.0  # below the loudest harmonic of a frame: what is softer is drowned


def steady_stretches(f0_hz_F: Values, level_db_F: Values, is_voiced_F: npt.NDArray[np.bool_], rate: int) -> list[slice]:
    """Frames of a recording in which one note is held at one level.

    Args:
      f0_hz_F: Its pitch.
      level_db_F: Its loudness.
      is_voiced_F: Whether there is a note.
      rate: Frames per second.
    """
    found: list[slice] = []
    begin = 0
    cents_F = 1200 * np.log2(np.maximum(f0_hz_F, 1.0))
    for frame in range(len(f0_hz_F) + 1):
        is_on = frame < len(f0_hz_F) and bool(is_voiced_F[frame])
        if is_on and frame > begin:
            cents, level_db = cents_F[begin : frame + 1], level_db_F[begin : frame + 1]
            is_on = bool(np.ptp(cents) <= 2 * _MOST_CENTS and np.ptp(level_db) <= _MOST_DB)
        if is_on:
            continue
        if frame - begin >= _LEAST_SECONDS * rate:
            found.append(slice(begin, frame))
        begin = frame if frame < len(f0_hz_F) and is_voiced_F[frame] else frame + 1
    return found


def wobble_db(levels_db_FX: Values, stretches: Sequence[slice]) -> list[float]:
    """Root mean square around a straight line, of each stretch and each of X levels, in dB.

    Args:
      levels_db_FX: [F, X]. A level that is not finite anywhere in a stretch says nothing there.
    """
    found: list[float] = []
    for stretch in stretches:
        part_FX = levels_db_FX[stretch]
        part_FX = part_FX[:, np.isfinite(part_FX).all(0)]
        line_F2 = np.stack([np.ones(len(part_FX)), np.arange(len(part_FX))], 1)
        if part_FX.shape[1]:
            rest_FX = part_FX - line_F2 @ np.linalg.lstsq(line_F2, part_FX, rcond=None)[0]
            found += np.sqrt(np.mean(np.square(rest_FX), 0)).tolist()
    return found


def harmonic_levels_db(amplitudes_FK: Values) -> npt.NDArray[np.float64]:
    """Of linear amplitudes, in dB; NaN where the harmonic cannot be heard beside the loudest one of its frame."""
    levels_FK = 20 * np.log10(np.maximum(np.asarray(amplitudes_FK, np.float64), 1e-8))
    is_heard_FK = levels_FK >= levels_FK.max(1, keepdims=True) - _HEARD_DB
    return np.where(is_heard_FK, levels_FK, np.nan)
