"""The columns of the table of recordings, one object each, from left to right.

A new column is an object here; what it shows is a field of `RecordingRow` (app/state/recording_rows.py).
"""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt

from app.state.recording_rows import RecordingRow

_Text = Callable[[RecordingRow], str]


@dataclass(frozen=True, slots=True)
class Column:
    """What one column shows of a row."""

    title: str
    text: _Text
    tip: _Text
    spoken: _Text
    """For screen readers."""
    second_line: _Text = lambda row: ""
    width: int | None = None
    """Pixels at the usual font size; None: as wide as there is room."""
    alignment: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft
    has_tick: bool = False
    has_tone: bool = False
    """Whether its colour says how good the recording is."""


COLUMNS = (
    Column(
        "Recording",
        text=lambda row: row.name,
        second_line=lambda row: row.detail,
        tip=lambda row: row.path,
        spoken=lambda row: f"{row.name}, {'ticked' if row.is_ticked else 'not ticked'}",
        has_tick=True,
    ),
    Column(
        "Length",
        text=lambda row: row.length,
        tip=lambda row: row.path,
        spoken=lambda row: row.length,
        width=76,
        alignment=Qt.AlignmentFlag.AlignRight,
    ),
    Column(
        "Verdict",
        text=lambda row: row.word,
        second_line=lambda row: row.sentence,
        tip=lambda row: row.sentence,
        spoken=lambda row: f"{row.word}. {row.sentence}",
        has_tone=True,
    ),
)
