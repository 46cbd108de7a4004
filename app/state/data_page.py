"""What the data page shows."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.state import formatting
from app.state.goal import Goal
from app.state.instrument import Instrument
from app.state.notices import Activity, Choice
from app.state.pitch_choices import PITCH_CHOICES, pitch_choice
from app.state.recordings_panel import RecordingsState
from app.state.shared_file import card_words
from app.state.start_choices import BUILT_IN, StartChoice, chosen_start
from ddsp_backend.config.presets import Preset


@dataclass(frozen=True, slots=True)
class DataPageState:
    """`reason` says why `action` cannot be pressed, or what it will do."""

    recordings: RecordingsState = field(default_factory=RecordingsState)
    presets: tuple[Choice, ...] = ()
    preset: str = ""
    preset_lock: str = ""  # why the preset cannot be changed
    has_settings: bool = False
    settings_note: str = ""  # that some differ from the preset
    pitches: tuple[Choice, ...] = ()
    pitch: str = ""
    goal: Goal = field(default_factory=Goal)
    activity: Activity | None = None
    action: str = "Train"
    starts: tuple[StartChoice, ...] = ()
    start: str = BUILT_IN
    can_act: bool = False
    reason: str = ""
    came: str = ""  # what is known of a model that came as a file


def data_page_state(
    instrument: Instrument | None,
    presets: Sequence[Preset],
    preset: Preset | None,
    recordings: RecordingsState,
    activity: Activity | None,
    *,
    is_trained: bool = False,
    goal: Goal | None = None,
    expected: str = "",
    starts: Sequence[StartChoice] = (),
) -> DataPageState:
    """What the page shows.

    Args:
      expected: How long it will take, in words; empty where nobody can tell.
      starts: What a new model can start from; empty for one that is trained.
    """
    is_ready = bool(recordings.n_ticked) and not recordings.is_looking
    return DataPageState(
        recordings=recordings,
        presets=tuple(Choice(each.gin_file, each.title, each.summary) for each in presets),
        preset=preset.gin_file if preset else "",
        preset_lock="This instrument is trained with this model. For another one, make a new instrument."
        if is_trained
        else "",
        has_settings=instrument is not None and preset is not None,
        settings_note=_settings_note(instrument, preset),
        pitches=_pitches(recordings.seconds, preset),
        pitch=pitch_choice(instrument.pitch if instrument else "").key,
        starts=tuple(starts),
        start=chosen_start(instrument, starts) if instrument and starts else BUILT_IN,
        goal=goal or Goal(),
        activity=activity,
        action="Train again with these recordings" if is_trained else "Train",
        can_act=is_ready and activity is None and preset is not None,
        reason=_reason(recordings, activity, is_trained, expected),
        came=card_words(instrument.card) if instrument is not None and instrument.card is not None else "",
    )


def _settings_note(instrument: Instrument | None, preset: Preset | None) -> str:
    if instrument is None or preset is None or not (n := len(instrument.settings_of(preset.gin_file))):
        return ""
    return f"{formatting.count(n, 'setting')} of your own"


def _pitches(total: float, preset: Preset | None) -> tuple[Choice, ...]:
    frame_rate = preset.frame_rate if preset else 250
    return tuple(
        Choice(
            choice.key,
            choice.title,
            choice.summary,
            formatting.span(choice.seconds_for(total, frame_rate)) if total else "",
        )
        for choice in PITCH_CHOICES
    )


def _reason(recordings: RecordingsState, activity: Activity | None, is_trained: bool, expected: str) -> str:
    if recordings.is_looking or activity is not None:
        return ""
    if not recordings.rows:
        return "Add recordings first"
    if not recordings.n_ticked:
        if recordings.n_missing:
            return "The recordings have been moved: choose one in the table and press Locate"
        can_tick = any(row.can_be_ticked for row in recordings.rows)
        return (
            "Tick the recordings to learn from"
            if can_tick
            else "None of these recordings can be used; the table says why"
        )
    if recordings.n_missing:
        n_missing = formatting.count(recordings.n_missing, "recording")
        return _lines(f"{n_missing} missing: locate them in the table, or train without them", expected)
    if recordings.n_against_advice:
        many = recordings.n_against_advice > 1
        which = f"{recordings.n_against_advice:,} recordings are" if many else "one recording is"
        return _lines(f"Take care: {which} ticked against advice", expected)
    if is_trained:
        return _lines("Prepares new recordings, then continues training", expected)
    return expected


def _lines(*lines: str) -> str:
    return "\n".join(line for line in lines if line)
