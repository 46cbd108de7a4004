"""Which notes of a transcription are right. R = reference notes, E = estimated notes.

Source: the measures of MIREX, "Note tracking", with their usual tolerances; Raffel et al., "mir_eval: a transparent
implementation of common MIR metrics", ISMIR 2014.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ddsp_backend.evaluation.notes import Note

ONSET_TOLERANCE = 0.05
"""Seconds between two starts, at most."""
OFFSET_RATIO = 0.2
"""Seconds between two ends, as a share of the reference note's length; never below the tolerance of starts."""
_DECIMALS = 4  # of seconds: 0.05 s apart is near enough, whatever the rounding of single precision


@dataclass
class Counts:
    """True positives, false positives and false negatives, added up over examples."""

    tp: int = 0
    fp: int = 0
    fn: int = 0

    def add(self, tp: int, fp: int, fn: int) -> None:
        self.tp, self.fp, self.fn = self.tp + tp, self.fp + fp, self.fn + fn

    def scores(self) -> dict[str, float]:
        """Precision, recall, and f1, their harmonic mean; 0 where nothing is right, empty where nothing was counted."""
        if not self.tp + self.fp + self.fn:
            return {}
        return {
            "precision": self.tp / max(1, self.tp + self.fp),
            "recall": self.tp / max(1, self.tp + self.fn),
            "f1": 2 * self.tp / (2 * self.tp + self.fp + self.fn),
        }


def count_matches(reference: Sequence[Note], estimated: Sequence[Note], with_offsets: bool) -> int:
    """How many notes can be paired, each at most once, such that pitch and start, and perhaps end, agree."""
    if not reference or not estimated:
        return 0
    starts_RE = _distances([note.start for note in reference], [note.start for note in estimated])
    pitches_RE = _distances([note.pitch for note in reference], [note.pitch for note in estimated])
    fits_RE = (starts_RE <= ONSET_TOLERANCE) & (pitches_RE == 0)
    if with_offsets:
        lengths_R = np.array([note.end - note.start for note in reference])
        tolerance_R = np.maximum(np.round(OFFSET_RATIO * lengths_R, _DECIMALS), ONSET_TOLERANCE)
        ends_RE = _distances([note.end for note in reference], [note.end for note in estimated])
        fits_RE &= ends_RE <= tolerance_R[:, None]
    return _largest_pairing([np.flatnonzero(fits_E).tolist() for fits_E in fits_RE])


def _distances(a_R: Sequence[float], b_E: Sequence[float]) -> npt.NDArray[np.float64]:
    distances_RE: npt.NDArray[np.float64] = np.abs(np.asarray(a_R, np.float64)[:, None] - np.asarray(b_E, np.float64))
    return distances_RE.round(_DECIMALS)


def _largest_pairing(choices: Sequence[Sequence[int]]) -> int:
    """The most that can be served when each takes one of its choices and nothing is taken twice.

    Augmenting paths: who finds all choices taken asks their holders to move on.
    """
    holder: dict[int, int] = {}

    def serve(who: int, asked: set[int]) -> bool:
        for choice in choices[who]:
            if choice not in asked:
                asked.add(choice)
                if choice not in holder or serve(holder[choice], asked):
                    holder[choice] = who
                    return True
        return False

    return sum(serve(who, set()) for who in range(len(choices)))
