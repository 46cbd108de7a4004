"""How fast notes begin and end. N = samples, E = frames of the envelope."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.floating]

_HOP_SECS = 0.002
_WINDOW_SECS = 0.008
_SMOOTH_SECS = 0.04  # a period of the lowest notes, so that single waves are no attacks
_FLOOR_DB = -100.0
_NEAR_DB, _FAR_DB = 3.0, 20.0  # below the level of the note
_LEAST_SECONDS = 0.1
_REACH_SECS = 0.5  # the result may be as early or late


@dataclass(frozen=True)
class Edge:
    """Seconds from 20 dB below a note's level to 3 dB below it, or back; NaN where there is no such rise or fall."""

    recorded: float
    output: float


def attacks_and_releases(target_N: Values, output_N: Values, sample_rate: int) -> tuple[list[Edge], list[Edge]]:
    """Of each phrase of notes that the recording parts by 20 dB and more.

    A note's level is that which a tenth of its time exceeds, of recording and result each its own: how loud it is, is
    another question.
    """
    target_E, output_E = (_envelope_db(audio_N, sample_rate) for audio_N in (target_N, output_N))
    reach = round(_REACH_SECS / _HOP_SECS)
    attacks, releases = [], []
    notes = _notes(target_E)
    for i, (begin, end) in enumerate(notes):
        first = max(notes[i - 1][1] if i else 0, begin - reach)
        last = min(notes[i + 1][0] if i + 1 < len(notes) else len(target_E), end + reach)
        pairs = [_rise_and_fall(envelope_E[first:last]) for envelope_E in (target_E, output_E)]
        # A note that is cut by the edge of the phrase has no attack, or no release.
        if begin > 0:
            attacks.append(Edge(pairs[0][0], pairs[1][0]))
        if end < len(target_E):
            releases.append(Edge(pairs[0][1], pairs[1][1]))
    return attacks, releases


def _envelope_db(audio_N: Values, sample_rate: int) -> npt.NDArray[np.float64]:
    """Level_E, the highest within 40 ms around: one wave of a low note is no note of its own."""
    hop, size = (max(1, round(seconds * sample_rate)) for seconds in (_HOP_SECS, _WINDOW_SECS))
    power_N = np.square(np.asarray(audio_N, np.float64))
    sums_N = np.concatenate([[0.0], np.cumsum(np.pad(power_N, (size // 2, size)))])
    power_E = np.maximum(sums_N[size : size + len(audio_N) : hop] - sums_N[: len(audio_N) : hop], 0.0) / size
    smooth = round(_SMOOTH_SECS / _HOP_SECS / 2) * 2 + 1
    smooth_E = np.convolve(np.pad(power_E, smooth // 2, mode="edge"), np.hanning(smooth + 2)[1:-1], "valid")
    level_E: npt.NDArray[np.float64] = 10 * np.log10(
        np.maximum(smooth_E / np.hanning(smooth + 2).sum(), 10 ** (_FLOOR_DB / 10))
    )
    return level_E


def _notes(level_E: npt.NDArray[np.float64]) -> list[tuple[int, int]]:
    """Begin and end of each stretch within 20 dB of the loudest level, long enough for a note."""
    if not len(level_E) or level_E.max() <= _FLOOR_DB + _FAR_DB:
        return []
    is_on_E = level_E >= np.percentile(level_E, 95) - _FAR_DB
    edges = np.flatnonzero(np.diff(np.concatenate([[False], is_on_E, [False]]).astype(np.int8)))
    pairs = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    return [(begin, end) for begin, end in pairs if end - begin >= _LEAST_SECONDS / _HOP_SECS]


def _rise_and_fall(level_E: npt.NDArray[np.float64]) -> tuple[float, float]:
    top_db = np.percentile(level_E, 90)
    loud = np.flatnonzero(level_E >= top_db - _NEAR_DB)
    first, last = int(loud[0]), int(loud[-1])
    before = np.flatnonzero(level_E[:first] < top_db - _FAR_DB)
    after = np.flatnonzero(level_E[last:] < top_db - _FAR_DB)
    rise = (first - int(before[-1])) * _HOP_SECS if len(before) else float("nan")
    fall = int(after[0]) * _HOP_SECS if len(after) else float("nan")
    return rise, fall
