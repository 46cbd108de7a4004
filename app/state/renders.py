"""Recordings that were played through a model: what was asked, what came out, and where it lies.

Each is a wav in the instrument's folder `renders/`, with a json of the same name beside it that this module writes.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path

from app.state.instrument import safe_folder_name
from ddsp_backend.files import written_whole
from ddsp_backend.jobs.events import Event, Failed, Finished, Noted, Progressed, Started, Stopped


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """How a recording is played through the model."""

    reverb: bool = True
    pitch_shift: float = 0.0
    """Semitones."""
    loudness_shift: float = 0.0
    """dB."""

    def words(self) -> str:
        """Only what is not as it comes."""
        parts = [] if self.reverb else ["without room"]
        if self.pitch_shift:
            parts.append(f"{self.pitch_shift:+g} semitones")
        if self.loudness_shift:
            parts.append(f"{self.loudness_shift:+g} dB")
        return ", ".join(parts)


class RenderPhase(Enum):
    """Where a render is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Render:
    """One recording through the model. `output_path` names it."""

    input_path: str
    output_path: str
    options: RenderOptions = RenderOptions()
    phase: RenderPhase = RenderPhase.WAITING
    progress: Progressed | None = None
    problem: str = ""
    hint: str = ""
    result: Mapping[str, str] = field(default_factory=dict)


def fold_render(render: Render, event: Event) -> Render:
    """The render after one more event of its job."""
    match event:
        case Started():
            return replace(render, phase=RenderPhase.RUNNING)
        case Progressed():
            return replace(render, progress=event)
        case Noted(title, hint):
            return replace(render, problem=title, hint=hint)
        case Finished(result):
            return replace(render, phase=RenderPhase.DONE, progress=None, result=result)
        case Failed(title, hint):
            return replace(render, phase=RenderPhase.FAILED, progress=None, problem=title, hint=hint)
        case Stopped():
            return replace(render, phase=RenderPhase.STOPPED, progress=None)
        case _:
            return render


def new_render(folder: Path, input_path: str, options: RenderOptions, taken: Iterable[str]) -> Render:
    """A render of its own name in `folder`. Args: taken: Output paths that are promised already."""
    stem = safe_folder_name(Path(input_path).stem)
    known = {Path(path).name for path in taken}
    n = 1
    while (name := f"{stem}.wav" if n == 1 else f"{stem} {n}.wav") in known or (folder / name).exists():
        n += 1
    return Render(input_path, str(folder / name), options)


def save_render(render: Render) -> None:
    """Raises OSError."""
    fields = {
        "format": 1,
        "input_path": render.input_path,
        "reverb": render.options.reverb,
        "pitch_shift": render.options.pitch_shift,
        "loudness_shift": render.options.loudness_shift,
        "result": dict(render.result),
    }
    with written_whole(Path(render.output_path).with_suffix(".json")) as temporary:
        temporary.write_text(json.dumps(fields, indent=1) + "\n", encoding="utf-8")


def load_renders(folder: Path) -> tuple[Render, ...]:
    """Every finished render of an instrument, oldest first. What cannot be read is passed over."""
    try:
        found = sorted((path.stat().st_mtime, path) for path in folder.glob("*.json"))
    except OSError:
        return ()
    return tuple(render for _, path in found if (render := _load(path)) is not None)


def _load(path: Path) -> Render | None:
    output_path = path.with_suffix(".wav")
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        options = RenderOptions(
            reverb=bool(fields["reverb"]),
            pitch_shift=float(fields["pitch_shift"]),
            loudness_shift=float(fields["loudness_shift"]),
        )
        result = {str(key): str(value) for key, value in fields["result"].items()}
        input_path = str(fields["input_path"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    if not output_path.exists():
        return None
    return Render(input_path, str(output_path), options, RenderPhase.DONE, result=result)
