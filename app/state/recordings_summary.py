"""All ticked recordings in one sentence: how much there is, what it covers, and whether that is enough."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from app.state import formatting
from app.state.coverage import Coverage, CoverageSum
from app.state.recordings import Recording, Standing
from ddsp_backend.jobs.events import RecordingInspected

_QUANTILE = 0.02  # of the time; what lies beyond is chance
_NARROW_DB = 9.0
_WIDE_DB = 18.0


class RecordingsAmount(Enum):
    """What can be expected of so much."""

    NOTHING = "nothing"
    TOO_LITTLE = "too little"
    FIRST_TRY = "first try"
    GOOD = "good"
    PLENTY = "plenty"


_AMOUNTS = (
    (600.0, RecordingsAmount.PLENTY),
    (300.0, RecordingsAmount.GOOD),
    (60.0, RecordingsAmount.FIRST_TRY),
)  # seconds from which on


@dataclass(frozen=True, slots=True)
class RecordingsSummary:
    """`seconds` counts what is ticked."""

    n_ticked: int
    n_listening: int
    seconds: float
    has_only_clear_notes: bool
    coverage: Coverage

    @property
    def amount(self) -> RecordingsAmount:
        if self.n_ticked == 0:
            return RecordingsAmount.NOTHING
        return next((amount for seconds, amount in _AMOUNTS if self.seconds >= seconds), RecordingsAmount.TOO_LITTLE)


class Covered:
    """What the recordings of one list cover together. Those that were there the last time are not added up again."""

    def __init__(self) -> None:
        self._parts: dict[str, RecordingInspected] = {}
        self._sum = CoverageSum()

    def by(self, heard: Sequence[RecordingInspected]) -> Coverage:
        parts = {each.path: each for each in heard}
        if any(parts.get(path) is not part for path, part in self._parts.items()):
            self._parts, self._sum = {}, CoverageSum()
        for path, part in parts.items():
            if path not in self._parts:
                self._sum.add(part.coverage)
        self._parts = parts
        return self._sum.coverage()


def summarize(recordings: Sequence[Recording], covered: Covered | None = None) -> RecordingsSummary:
    """Args: covered: What the last summary of the same list was made with; None: it is the first."""
    ticked = [each for each in recordings if each.is_ticked]
    heard = [each.heard for each in ticked if each.heard is not None]
    return RecordingsSummary(
        n_ticked=len(ticked),
        n_listening=sum(each.standing is Standing.LISTENING for each in ticked),
        seconds=sum(each.file.duration for each in ticked),
        has_only_clear_notes=not any(each.is_ticked_against_advice for each in ticked),
        coverage=(covered or Covered()).by(heard),
    )


def sentence_of(summary: RecordingsSummary) -> str:
    """Such as "3:04 of one voice, E2 to B4, soft to loud: enough for a first try; ten minutes would be better"."""
    if summary.n_ticked == 0:
        return "No usable recording is ticked"
    opening = formatting.clock(summary.seconds)
    if summary.n_listening or not summary.coverage.seconds:
        return f"{opening} in {formatting.count(summary.n_ticked, 'recording')}: {_JUDGMENTS[summary.amount]}"
    lowest, highest = _middle(summary.coverage.by_note)
    voice = " of one voice" if summary.has_only_clear_notes else ""
    notes = f"{formatting.note(lowest)} to {formatting.note(highest)}" if lowest != highest else formatting.note(lowest)
    return f"{opening}{voice}, {notes}, {_dynamics(summary.coverage)}: {_JUDGMENTS[summary.amount]}"


_JUDGMENTS = {
    RecordingsAmount.NOTHING: "nothing to learn from",
    RecordingsAmount.TOO_LITTLE: "too little to learn from; three minutes are enough for a first try",
    RecordingsAmount.FIRST_TRY: "enough for a first try; ten minutes would be better",
    RecordingsAmount.GOOD: "enough for a good model; ten minutes would be better still",
    RecordingsAmount.PLENTY: "enough for a very good model",
}


def _dynamics(coverage: Coverage) -> str:
    softest, loudest = _middle(coverage.by_level)
    span = loudest - softest
    if span < _NARROW_DB:
        return "all about equally loud"
    return "soft to loud" if span >= _WIDE_DB else "not very soft and not very loud"


def _middle(seconds: object) -> tuple[int, int]:
    """Between which values all but the rarest lie."""
    assert isinstance(seconds, dict)
    total, done = sum(seconds.values()), 0.0
    inside = []
    for key in sorted(seconds):
        before, done = done, done + seconds[key]
        if done > _QUANTILE * total and before < (1 - _QUANTILE) * total:
            inside.append(key)
    return inside[0], inside[-1]
