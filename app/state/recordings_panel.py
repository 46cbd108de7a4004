"""What the left side of the data page shows: the recordings, one a row, the chosen one, and what all of them cover."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.state import formatting
from app.state.coverage import Coverage, blind_spots
from app.state.notices import Tone
from app.state.recording_edits import History
from app.state.recording_rows import TONES, WORDS, RecordingRow, Rows, format_of, name_of, sentences_of
from app.state.recordings import Recording, Standing
from app.state.recordings_summary import Covered, sentence_of, summarize
from app.state.run_state import RunState


@dataclass(frozen=True, slots=True)
class RecordingDetails:
    """The chosen row in full. `picture` is a file with its waveform and pitch; empty where there is none (yet)."""

    path: str
    name: str
    facts: str
    word: str
    tone: Tone
    sentences: tuple[str, ...]
    seconds: float
    picture: str
    can_be_played: bool
    can_be_located: bool


@dataclass(frozen=True, slots=True)
class RecordingsState:
    """`headline` says what all ticked recordings are worth, `note` what else the user should know of the list.

    `seconds` and the numbers count what is ticked.
    """

    rows: tuple[RecordingRow, ...] = ()
    headline: str = ""
    note: str = ""
    is_looking: bool = False
    details: RecordingDetails | None = None
    seconds: float = 0.0
    n_ticked: int = 0
    n_against_advice: int = 0
    n_missing: int = 0
    coverage: Coverage = field(default_factory=Coverage)
    blind_spots: str = ""
    undo: str = ""  # what can be undone, "Undo remove"; empty: nothing
    redo: str = ""

    @property
    def is_empty(self) -> bool:
        return not self.rows and not self.is_looking


class Shown:
    """What was worked out for the last showing of a list, for the next one to go on from."""

    def __init__(self) -> None:
        self.rows = Rows()
        self.covered = Covered()


def recordings_state(
    recordings: Sequence[Recording],
    intake: RunState | None,
    history: History,
    selected: str = "",
    shown: Shown | None = None,
) -> RecordingsState:
    """Args: selected: The path of the chosen row. shown: Of the same list; None: it is shown for the first time."""
    shown = shown or Shown()
    is_looking = intake is not None and intake.is_looking
    summary = summarize(recordings, shown.covered)
    chosen = next((each for each in recordings if each.file.path == selected), None)
    return RecordingsState(
        rows=shown.rows.of(recordings),
        headline=_headline(recordings, sentence_of(summary), is_looking),
        note="" if is_looking else _note(recordings),
        is_looking=is_looking,
        details=details_of(chosen) if chosen is not None else None,
        seconds=summary.seconds,
        n_ticked=summary.n_ticked,
        n_missing=sum(each.standing is Standing.MISSING for each in recordings),
        n_against_advice=sum(each.is_ticked_against_advice for each in recordings),
        coverage=summary.coverage,
        blind_spots=blind_spots(summary.coverage),
        undo=f"Undo {history.past[-1].edit.value}" if history.past else "",
        redo=f"Redo {history.future[-1].edit.value}" if history.future else "",
    )


def _headline(recordings: Sequence[Recording], sentence: str, is_looking: bool) -> str:
    if is_looking:
        return f"Looking at the recordings: {len(recordings):,} so far"
    return sentence if recordings else ""


def _note(recordings: Sequence[Recording]) -> str:
    counts = Counter(each.standing for each in recordings)
    n_unusable = counts[Standing.UNUSABLE] + counts[Standing.UNREADABLE]
    n_against = sum(each.is_ticked_against_advice for each in recordings)
    n_unticked = sum(not each.is_ticked and each.standing.can_be_learned_from for each in recordings)
    n_listening = counts[Standing.LISTENING]
    parts = (
        n_listening
        and ("still listening" if n_listening == len(recordings) else f"still listening to {n_listening:,} of them"),
        n_unticked and f"{n_unticked:,} not ticked",
        n_unusable and f"{n_unusable:,} cannot be used",
        counts[Standing.COPY] and f"{counts[Standing.COPY]:,} there twice",
        counts[Standing.MISSING] and f"{counts[Standing.MISSING]:,} missing",
        n_against and f"{n_against:,} ticked against advice",
    )
    return ", ".join([formatting.count(len(recordings), "recording"), *(part for part in parts if part)])


def details_of(recording: Recording) -> RecordingDetails:
    file, heard = recording.file, recording.heard
    is_there = recording.standing not in (Standing.MISSING, Standing.UNREADABLE)
    length = formatting.clock(file.duration) if file.sample_rate > 0 else ""
    peak = f"peak {formatting.decibels(file.peak)}" if file.sample_rate > 0 and file.peak > 0 else ""
    return RecordingDetails(
        path=file.path,
        name=name_of(file.path),
        facts=", ".join(part for part in (length, format_of(recording), peak) if part),
        word=WORDS[recording.standing],
        tone=TONES[recording.standing],
        sentences=sentences_of(recording),
        seconds=file.duration,
        picture=heard.picture if heard is not None and is_there else "",
        can_be_played=is_there and file.duration > 0,
        can_be_located=recording.standing is Standing.MISSING,
    )
