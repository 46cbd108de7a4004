"""What the data page shows."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from app.state import wording
from app.state.choices import PITCH_CHOICES, pitch_choice
from app.state.instrument import Instrument
from app.state.page_parts import Activity, Choice, Tone
from app.state.run_state import RunState
from ddsp_backend.config.presets import Preset
from ddsp_backend.jobs.events import FileInspected


@dataclass(frozen=True, slots=True)
class FileRow:
    """One recording in the table."""

    name: str
    path: str
    length: str
    format: str
    peak: str
    verdict: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class DataPageState:
    """`reason` says why `action` cannot be pressed, or what it will do."""

    rows: tuple[FileRow, ...] = ()
    totals: str = ""
    looking: str = ""  # not empty while recordings are being looked at
    presets: tuple[Choice, ...] = ()
    preset: str = ""
    preset_lock: str = ""  # why the preset cannot be changed
    has_settings: bool = False
    settings_note: str = ""  # that some differ from the preset
    pitches: tuple[Choice, ...] = ()
    pitch: str = ""
    activity: Activity | None = None
    action: str = "Train"
    can_act: bool = False
    reason: str = ""

    @property
    def is_empty(self) -> bool:
        return not self.rows and not self.looking


def data_page_state(
    instrument: Instrument | None,
    presets: Sequence[Preset],
    preset: Preset | None,
    intake: RunState | None,
    activity: Activity | None,
    *,
    is_trained: bool = False,
) -> DataPageState:
    files = intake.files if intake is not None else ()
    usable = [file for file in files if not file.refusal]
    total = sum(file.duration for file in usable)
    looking = ""
    if intake is not None and intake.phase.is_active:
        looking = f"Looking at the recordings: {wording.count(len(files), 'file')} so far"
    can_act = bool(usable) and activity is None and not looking and preset is not None
    return DataPageState(
        rows=tuple(_row(file, files) for file in files),
        totals=_totals(files, usable, total),
        looking=looking,
        presets=tuple(Choice(each.gin_file, each.title, each.summary) for each in presets),
        preset=preset.gin_file if preset else "",
        preset_lock="This instrument is trained with this model. For another one, make a new instrument."
        if is_trained
        else "",
        has_settings=instrument is not None and preset is not None,
        settings_note=_settings_note(instrument, preset),
        pitches=_pitches(total, preset),
        pitch=pitch_choice(instrument.pitch if instrument else "").key,
        activity=activity,
        action="Train again with these recordings" if is_trained else "Train",
        can_act=can_act,
        reason=_reason(files, usable, looking, activity, is_trained),
    )


def _row(file: FileInspected, files: Sequence[FileInspected]) -> FileRow:
    if file.refusal:
        verdict, tone = file.refusal, Tone.BAD
    elif file.warnings:
        verdict, tone = "; ".join(file.warnings), Tone.WARNING
    else:
        verdict, tone = "Usable", Tone.GOOD
    is_read = file.sample_rate > 0
    return FileRow(
        name=one_line(os.path.basename(file.path)),  # noqa: PTH119 - a path of any system, and only text here
        path=one_line(file.path),
        length=wording.clock(file.duration) if is_read else "-",
        format=f"{wording.kilohertz(file.sample_rate)} {wording.channels(file.channels)}" if is_read else "-",
        peak=wording.decibels(file.peak) if is_read else "-",
        verdict=one_line(verdict),
        tone=tone,
    )


def one_line(text: str) -> str:
    """File names may hold newlines, and bytes that are no text."""
    return " ".join(text.encode(errors="replace").decode().split())


def _totals(files: Sequence[FileInspected], usable: Sequence[FileInspected], total: float) -> str:
    if not files:
        return ""
    n_refused = len(files) - len(usable)
    refused = f", {wording.count(n_refused, 'file')} refused" if n_refused else ""
    return f"{wording.clock(total)} min usable in {wording.count(len(usable), 'file')}{refused}"


def _settings_note(instrument: Instrument | None, preset: Preset | None) -> str:
    if instrument is None or preset is None or not (n := len(instrument.settings_of(preset.gin_file))):
        return ""
    return f"{wording.count(n, 'setting')} of your own"


def _pitches(total: float, preset: Preset | None) -> tuple[Choice, ...]:
    frame_rate = preset.frame_rate if preset else 250
    return tuple(
        Choice(
            choice.key,
            choice.title,
            choice.summary,
            wording.span(choice.seconds_for(total, frame_rate)) if total else "",
        )
        for choice in PITCH_CHOICES
    )


def _reason(
    files: Sequence[FileInspected],
    usable: Sequence[FileInspected],
    looking: str,
    activity: Activity | None,
    is_trained: bool,
) -> str:
    if looking or activity is not None:
        return ""
    if not files:
        return "Add recordings first"
    if not usable:
        return "None of these files can be used; the table says why"
    if is_trained:
        return "Prepares what is new, then goes on from the last checkpoint"
    return "Prepares the recordings, then trains"
