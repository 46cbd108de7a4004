"""What the listening page shows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

import numpy as np
import numpy.typing as npt

from app.state import formatting
from app.state.kept_models import SAMPLE, Playing, is_phrase
from app.state.notices import Activity, Notice, Tone
from app.state.peaks import Peaks
from app.state.plugin_file import PluginLine
from app.state.renders import Render, RenderOptions, RenderPhase
from app.state.run_state import RunState
from app.state.shared_file import ShareLine
from app.state.variant_words import (
    description_of,
    fraction_of,
    making_of,
    problem_of,
    short_of,
    stage_of,
    unchanged_words,
    upper_first,
)
from ddsp_backend.jobs.events import ClipRendered
from ddsp_backend.jobs.sound_form import SoundForm
from ddsp_backend.sharing.card import EXAMPLE


class SoundPart(Enum):
    """What can be heard of one piece of music."""

    ORIGINAL = 0
    RESYNTHESIZED = 1
    HARMONIC = 2
    NOISE = 3

    @property
    def title(self) -> str:
        return ("Original", "Resynthesized", "Harmonic part", "Noise part")[self.value]


@dataclass(frozen=True, slots=True)
class SoundFiles:
    """Where the parts and pictures of one piece of music lie. An empty path: there is none."""

    piece: str
    """The same for one phrase at all steps."""
    audio: tuple[str, str, str, str]
    """In the order of `SoundPart`."""
    original_spectrogram: str = ""
    output_spectrogram: str = ""
    is_passing: bool = False
    """They are gone when the rest is there, which is then heard instead."""


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """What is seen of one piece of music; compared by identity."""

    seconds: float
    highest_hz: float
    full_scale: float
    peaks: tuple[Peaks | None, Peaks | None, Peaks | None, Peaks | None]
    original_spectrogram: npt.NDArray[np.uint8] | None
    output_spectrogram: npt.NDArray[np.uint8] | None


@dataclass(frozen=True, slots=True)
class SoundRow:
    """One line of the list. `key` is empty for a heading, and for a recording over its variants.

    `file` is what is dragged out of the list; empty while there is nothing.
    """

    key: str
    title: str
    detail: str = ""
    tone: Tone = Tone.PLAIN
    fraction: float | None = None
    tip: str = ""
    can_stop: bool = False
    is_recording: bool = False
    is_variant: bool = False
    file: str = ""


@dataclass(frozen=True, slots=True)
class PartChoice:
    """One button of the switch. `gain_db` is what makes it as loud as the original."""

    part: SoundPart
    is_available: bool
    gain_db: float | None = None


@dataclass(frozen=True, slots=True)
class ListeningChoice:
    """What the user listens to, and how. `key` is that of a `SoundRow`; `step` None is the newest one."""

    key: str = ""
    step: int | None = None
    part: SoundPart = SoundPart.RESYNTHESIZED
    is_looping: bool = True
    region: tuple[float, float] | None = None
    volume: float = 1.0
    is_level_matched: bool = True


@dataclass(frozen=True, slots=True)
class ListeningPageState:
    """Times in seconds. `steps` are those whose model has played the chosen clip, or can."""

    rows: tuple[SoundRow, ...] = ()
    selected: str = ""
    title: str = ""
    detail: str = ""
    steps: tuple[int, ...] = ()
    step: int | None = None
    best_step: int | None = None
    unplayed: tuple[int, ...] = ()
    """Those of `steps` whose model is kept, but has not played the clip yet."""
    ask: str = ""
    """Text of the button that lets the model of `step` play; empty where it has, or does so now."""
    parts: tuple[PartChoice, ...] = ()
    part: SoundPart = SoundPart.ORIGINAL
    pictures: Pictures | None = None
    is_playing: bool = False
    is_looping: bool = True
    region: tuple[float, float] | None = None
    volume: float = 1.0
    is_level_matched: bool = True
    notice: Notice | None = None
    can_render: bool = False
    options: RenderOptions = field(default_factory=RenderOptions)
    making: Activity | None = None
    """How far the chosen variant is."""
    sound_form: SoundForm = field(default_factory=SoundForm)
    n_played: int = 0
    """Recordings that were played and can be saved."""
    plugin: PluginLine = field(default_factory=PluginLine)
    sharing: ShareLine = field(default_factory=ShareLine)
    empty: str = ""  # what to do while there is nothing to hear


CLIP = "clip:"
RENDER = "render:"
_EMPTY = (
    "While an instrument trains, you can hear here how it plays phrases that it has never heard, next to the original."
)


def listening_page_state(
    run: RunState,
    renders: Sequence[Render],
    choice: ListeningChoice,
    *,
    is_trained: bool,
    kept: Sequence[int] = (),
    playing: Playing | None = None,
) -> ListeningPageState:
    """What can be told without the sound itself: its pictures and parts, and the player's state, are added to it.

    Args:
      kept: Steps of the models that can play.
      playing: What the one of the chosen step does now.
    """
    rows = rows_of(run, renders)
    keys = [row.key for row in rows if row.key]
    selected = choice.key if choice.key in keys else (keys[0] if keys else "")
    row = next((row for row in rows if row.key == selected), None)
    name = selected.removeprefix(CLIP) if selected.startswith(CLIP) else ""
    heard = steps_of(run, name)
    unplayed = unplayed_steps(run, name, kept)
    is_asked_first = choice.step in unplayed
    clip = None if is_asked_first else clip_at(run, name, choice.step)
    render = render_at(renders, selected)
    title = Path(render.input_path).name if render else row.title if row else "Nothing to hear yet"
    if clip is not None:
        detail = f"Played by the model of step {clip.step:,}"
    elif render is not None:
        detail = description_of(render)
    elif is_asked_first:
        detail = "Not played yet"
    else:
        detail = "Drop a recording anywhere on this page to hear it through the model"
    return ListeningPageState(
        rows=rows,
        selected=selected,
        title=title,
        detail=detail,
        steps=tuple(sorted((*heard, *unplayed))),
        step=clip.step if clip else choice.step if is_asked_first else None,
        best_step=run.best_step,
        unplayed=unplayed,
        ask=f"Hear the model of step {choice.step:,}" if is_asked_first and playing is None else "",
        is_looping=choice.is_looping,
        region=choice.region,
        volume=choice.volume,
        is_level_matched=choice.is_level_matched,
        can_render=is_trained,
        n_played=len(played_paths(renders)),
        making=making_of(render) if render else playing.activity() if playing and name else None,
        empty="" if keys or is_trained else _EMPTY,
    )


def files_of(
    run: RunState, renders: Sequence[Render], choice: ListeningChoice, kept: Sequence[int] = ()
) -> SoundFiles | None:
    """What the choice sounds like; None while it is not rendered."""
    if choice.key.startswith(CLIP):
        name = choice.key.removeprefix(CLIP)
        if choice.step in unplayed_steps(run, name, kept):
            return None
        clip = clip_at(run, name, choice.step)
        return clip_files(clip) if clip is not None else None
    render = render_at(renders, choice.key)
    if render is None:
        return None
    if render.phase is RenderPhase.DONE:
        return render_files(render)
    if len(render.beginning) > 1:
        return render_files(render)
    # While a variant is made, the one before it is heard.
    others = [each for each in renders if each.input_path == render.input_path and each.phase is RenderPhase.DONE]
    return render_files(others[-1]) if others and render.phase.is_active else None


def played_paths(renders: Sequence[Render]) -> tuple[str, ...]:
    """The files of all that were played."""
    return tuple(render.output_path for render in renders if render.phase is RenderPhase.DONE)


def render_at(renders: Sequence[Render], key: str) -> Render | None:
    return next((each for each in renders if RENDER + each.output_path == key), None)


def rows_of(run: RunState, renders: Sequence[Render]) -> tuple[SoundRow, ...]:
    """The list: held-out clips, then recordings of the user's own, the newest first."""
    names = sorted({name for clips in run.clips.values() for name in clips}, key=formatting.by_number)
    followed = [name for name in names if is_phrase(name)]
    sampled = [name for name in names if name.startswith(SAMPLE)]
    shared = [name for name in names if name == EXAMPLE]
    rows = []
    for heading, group in (
        ("Came with the model", shared),
        ("Unheard phrases", followed),
        ("All unheard excerpts", sampled),
    ):
        if group:
            rows.append(SoundRow("", heading))
            rows.extend(_clip_row(run, name) for name in group)
    if renders:
        rows.append(SoundRow("", "Your recordings"))
    for input_path in dict.fromkeys(render.input_path for render in reversed(renders)):
        rows.append(SoundRow("", Path(input_path).name, tip=input_path, is_recording=True))
        variants = [render for render in reversed(renders) if render.input_path == input_path]
        rows.extend(_render_row(render) for render in variants)
    return tuple(rows)


def _clip_row(run: RunState, name: str) -> SoundRow:
    newest = clip_at(run, name, None)
    file = newest.output_audio if newest is not None else ""
    title = formatting.phrase(name, run.clip_title(name))
    return SoundRow(CLIP + name, title, _played_at(run, name), tip=title, file=file)


def clip_files(clip: ClipRendered) -> SoundFiles:
    return SoundFiles(
        f"{CLIP}{clip.name} {clip.target_audio}",
        (clip.target_audio, clip.output_audio, clip.harmonic_audio, clip.noise_audio),
        clip.target_spectrogram,
        clip.output_spectrogram,
    )


def render_files(render: Render) -> SoundFiles:
    """Of the whole; of its beginning while that is all there is."""
    result = render.result or render.beginning
    return SoundFiles(
        RENDER + render.input_path,
        (
            result.get("input_audio", render.input_path),
            result.get("output_audio", render.output_path),
            result.get("harmonic_audio", ""),
            result.get("noise_audio", ""),
        ),
        result.get("input_spectrogram", ""),
        result.get("output_spectrogram", ""),
        is_passing=not render.result and bool(render.beginning),
    )


def clip_at(run: RunState, name: str, step: int | None) -> ClipRendered | None:
    """The clip as the model of `step` plays it; as the newest one does where that is None or has no such clip."""
    steps = steps_of(run, name)
    if not steps:
        return None
    return run.clips[step if step in steps else steps[-1]][name]


def steps_of(run: RunState, name: str) -> tuple[int, ...]:
    return tuple(sorted(step for step, clips in run.clips.items() if name in clips))


def unplayed_steps(run: RunState, name: str, kept: Sequence[int]) -> tuple[int, ...]:
    """Of the kept models that have not played a phrase yet. Excerpts are played once, at the end, by one model."""
    if not name or not is_phrase(name):
        return ()
    heard = steps_of(run, name)
    return tuple(step for step in kept if step not in heard)


def _played_at(run: RunState, name: str) -> str:
    steps = steps_of(run, name)
    if len(steps) == 1:
        return f"Played at step {steps[0]:,}"
    return f"Played {len(steps)} times, last at step {steps[-1]:,}"


def _render_row(render: Render) -> SoundRow:
    """A variant: what is different about it, and below that how far it is or what played it."""
    title = upper_first(render.options.words() or unchanged_words(render))
    tip, tone, fraction, file = title, Tone.PLAIN, None, ""
    match render.phase:
        case RenderPhase.WAITING:
            detail = "Waiting"
        case RenderPhase.RUNNING:
            detail, fraction = stage_of(render), fraction_of(render)
        case RenderPhase.DONE:
            detail, tone, file = short_of(render), Tone.GOOD, render.output_path
        case RenderPhase.STOPPED:
            detail = "Stopped"
        case RenderPhase.FAILED:
            detail, tone, tip = problem_of(render), Tone.BAD, description_of(render)
    key = RENDER + render.output_path
    return SoundRow(
        key, title, detail, tone, fraction, tip, can_stop=render.phase.is_active, is_variant=True, file=file
    )
