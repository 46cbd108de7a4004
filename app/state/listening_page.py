"""What the listening page shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import numpy as np
import numpy.typing as npt

from app.state import wording
from app.state.page_parts import Notice, Tone
from app.state.peaks import Peaks
from app.state.renders import Render, RenderPhase
from app.state.run_state import RunState
from ddsp_backend.jobs.events import ClipRendered


class Part(Enum):
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
    """In the order of `Part`."""
    original_spectrogram: str = ""
    output_spectrogram: str = ""


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
    """One line of the list. `key` is empty for a heading."""

    key: str
    title: str
    detail: str = ""
    tone: Tone = Tone.PLAIN
    fraction: float | None = None
    tip: str = ""
    can_stop: bool = False


@dataclass(frozen=True, slots=True)
class PartChoice:
    """One button of the switch. `gain_db` is what makes it as loud as the original."""

    part: Part
    is_available: bool
    gain_db: float | None = None


@dataclass(frozen=True, slots=True)
class ListeningChoice:
    """What the user listens to, and how. `key` is that of a `SoundRow`; `step` None is the newest one."""

    key: str = ""
    step: int | None = None
    part: Part = Part.RESYNTHESIZED
    is_looping: bool = True
    region: tuple[float, float] | None = None
    volume: float = 1.0
    is_level_matched: bool = True


@dataclass(frozen=True, slots=True)
class ListeningPageState:
    """Times in seconds. `steps` are those at which the chosen clip was rendered."""

    rows: tuple[SoundRow, ...] = ()
    selected: str = ""
    title: str = ""
    detail: str = ""
    steps: tuple[int, ...] = ()
    step: int | None = None
    best_step: int | None = None
    parts: tuple[PartChoice, ...] = ()
    part: Part = Part.ORIGINAL
    pictures: Pictures | None = None
    is_playing: bool = False
    is_looping: bool = True
    region: tuple[float, float] | None = None
    volume: float = 1.0
    is_level_matched: bool = True
    notice: Notice | None = None
    can_render: bool = False
    empty: str = ""  # what to do while there is nothing to hear


CLIP = "clip:"
RENDER = "render:"
SAMPLE = "sample "  # what the job that samples calls its clips
_EMPTY = "While an instrument is trained, phrases that it has never heard can be listened to here, beside the original."


def listening_page_state(
    run: RunState, renders: Sequence[Render], choice: ListeningChoice, *, is_trained: bool
) -> ListeningPageState:
    """What can be told without the sound itself: its pictures and parts, and the player's state, are added to it."""
    rows = rows_of(run, renders)
    keys = [row.key for row in rows if row.key]
    selected = choice.key if choice.key in keys else (keys[0] if keys else "")
    row = next((row for row in rows if row.key == selected), None)
    name = selected.removeprefix(CLIP) if selected.startswith(CLIP) else ""
    clip = clip_at(run, name, choice.step)
    if clip is not None:
        detail = f"Played by the model of step {clip.step:,}"
    elif row is not None:
        # There is room here for what the list can only begin to say.
        said = {Tone.GOOD: f"Played by the model: {row.detail}", Tone.BAD: row.tip}
        detail = said.get(row.tone, row.detail)
    else:
        detail = "Drop a recording on the right to hear it through the model"
    return ListeningPageState(
        rows=rows,
        selected=selected,
        title=row.title if row else "Nothing to hear yet",
        detail=detail,
        steps=steps_of(run, name),
        step=clip.step if clip else None,
        best_step=run.best_step,
        is_looping=choice.is_looping,
        region=choice.region,
        volume=choice.volume,
        is_level_matched=choice.is_level_matched,
        can_render=is_trained,
        empty="" if keys or is_trained else _EMPTY,
    )


def files_of(run: RunState, renders: Sequence[Render], choice: ListeningChoice) -> SoundFiles | None:
    """What the choice sounds like; None while it is not rendered."""
    if choice.key.startswith(CLIP):
        clip = clip_at(run, choice.key.removeprefix(CLIP), choice.step)
        return clip_files(clip) if clip is not None else None
    for render in renders:
        if RENDER + render.output_path == choice.key and render.phase is RenderPhase.DONE:
            return render_files(render)
    return None


def rows_of(run: RunState, renders: Sequence[Render]) -> tuple[SoundRow, ...]:
    """The list: held-out clips, then recordings of the user's own, the newest first."""
    names = sorted({name for clips in run.clips.values() for name in clips}, key=wording.by_number)
    followed = [name for name in names if not name.startswith(SAMPLE)]
    sampled = [name for name in names if name.startswith(SAMPLE)]
    rows = []
    for heading, group in (("Held-out phrases", followed), ("All held-out excerpts", sampled)):
        if group:
            rows.append(SoundRow("", heading))
            rows.extend(SoundRow(CLIP + name, wording.phrase(name), _played_at(run, name), tip=name) for name in group)
    if renders:
        rows.append(SoundRow("", "Your recordings"))
        rows.extend(_render_row(render) for render in reversed(renders))
    return tuple(rows)


def clip_files(clip: ClipRendered) -> SoundFiles:
    return SoundFiles(
        CLIP + clip.name,
        (clip.target_audio, clip.output_audio, clip.harmonic_audio, clip.noise_audio),
        clip.target_spectrogram,
        clip.output_spectrogram,
    )


def render_files(render: Render) -> SoundFiles:
    result = render.result
    return SoundFiles(
        RENDER + render.output_path,
        (
            result.get("input_audio", render.input_path),
            result.get("output_audio", render.output_path),
            result.get("harmonic_audio", ""),
            result.get("noise_audio", ""),
        ),
        result.get("input_spectrogram", ""),
        result.get("output_spectrogram", ""),
    )


def clip_at(run: RunState, name: str, step: int | None) -> ClipRendered | None:
    """The clip as the model of `step` plays it; as the newest one does where that is None or has no such clip."""
    steps = steps_of(run, name)
    if not steps:
        return None
    return run.clips[step if step in steps else steps[-1]][name]


def steps_of(run: RunState, name: str) -> tuple[int, ...]:
    return tuple(sorted(step for step, clips in run.clips.items() if name in clips))


def _played_at(run: RunState, name: str) -> str:
    steps = steps_of(run, name)
    return f"At step {steps[0]:,}" if len(steps) == 1 else f"At {len(steps)} steps, up to {steps[-1]:,}"


def _render_row(render: Render) -> SoundRow:
    title, options = Path(render.input_path).name, render.options.words()
    tip, tone, fraction = render.input_path, Tone.PLAIN, None
    match render.phase:
        case RenderPhase.WAITING:
            detail = "Waiting"
        case RenderPhase.RUNNING:
            progress = render.progress
            detail = progress.stage if progress else "Starting"
            # A stage that is done says nothing of the next one.
            if progress is not None and progress.done < progress.total:
                fraction = progress.done / progress.total
        case RenderPhase.DONE:
            detail, tone = options or "as it was recorded", Tone.GOOD
        case RenderPhase.STOPPED:
            detail = "Stopped"
        case RenderPhase.FAILED:
            problem = render.problem.removeprefix(f"{title}: ")
            problem = problem[:1].upper() + problem[1:]
            detail, tone, tip = problem, Tone.BAD, f"{problem}. {render.hint}".rstrip()
    can_stop = render.phase in (RenderPhase.WAITING, RenderPhase.RUNNING)
    return SoundRow(RENDER + render.output_path, title, detail, tone, fraction, tip, can_stop)
