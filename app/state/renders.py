"""Recordings that were played through a model: what was asked, what came out, and where it lies.

Each is a wav in the instrument's folder `renders/`, with a json of the same name beside it that this module writes.
`renders/options.json` says how the next one is to be played.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Any

from ddsp_backend.files import written_whole
from ddsp_backend.folder_names import safe_folder_name
from ddsp_backend.jobs.events import ArtifactWritten, Event, Failed, Finished, Noted, Progressed, Started, Stopped
from ddsp_backend.json_reading import read_json

_BEGINNING = "beginning_"  # how a render's artifacts begin that are there before the whole is
_OPTIONS = "options.json"
_FILES = ("output_audio", "input_audio", "harmonic_audio", "noise_audio", "input_spectrogram", "output_spectrogram")


LIMITS = {
    "pitch_shift": (-36.0, 36.0),
    "loudness_shift": (-24.0, 24.0),
    "threshold": (0.0, 2.0),
    "autotune": (0.0, 1.0),
}
"""Beyond these few would still know the instrument."""


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """How a recording is played through the model."""

    reverb: bool = True
    as_plugin: bool = False
    """As DDSP-VST sounds, which has no room."""
    pitch_shift: float = 0.0
    """Semitones."""
    loudness_shift: float = 0.0
    """dB."""
    fit: bool = False
    """Pitch and loudness are brought to where the instrument was learned."""
    threshold: float = 0.0
    """What is less surely a note is made quiet: 1 is usual, 0 leaves all as it is."""
    autotune: float = 0.0
    """0 to 1: the share of the way to the nearest note."""

    def words(self, fitted: str = "fitted") -> str:
        """Only what is not as it comes: "1 octave up, fitted". Args: fitted: How that is said."""
        parts = [_pitch_words(self.pitch_shift)] if self.pitch_shift else []
        if self.loudness_shift:
            parts.append(f"{self.loudness_shift:+g} dB")
        if self.fit:
            parts.append(fitted)
        if self.threshold:
            parts.append(f"gate {self.threshold:.0%}")
        if self.autotune:
            parts.append(f"autotune {self.autotune:.0%}")
        if self.as_plugin:
            parts.append("as DDSP-VST plays it")
        elif not self.reverb:
            parts.append("no room")
        return ", ".join(parts)


class RenderPhase(Enum):
    """Where a render is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def is_active(self) -> bool:
        return self in (RenderPhase.WAITING, RenderPhase.RUNNING)


@dataclass(frozen=True, slots=True)
class Render:
    """One recording through the model. `output_path` names it.

    Attributes:
      beginning: What there is of it while it is made, by the names that `result` has.
    """

    input_path: str
    output_path: str
    options: RenderOptions = RenderOptions()
    phase: RenderPhase = RenderPhase.WAITING
    progress: Progressed | None = None
    problem: str = ""
    hint: str = ""
    beginning: Mapping[str, str] = field(default_factory=dict)
    result: Mapping[str, str] = field(default_factory=dict)

    @property
    def step(self) -> int | None:
        """Of the model that played it."""
        try:
            return int(self.result.get("step", ""))
        except ValueError:
            return None

    @property
    def octaves(self) -> int:
        """By which fitting has moved the pitch."""
        try:
            return int(self.result.get("octaves", "0"))
        except ValueError:
            return 0

    def files(self) -> tuple[str, ...]:
        """Everything that belongs to it on disk; the copy of the recording belongs to others as well."""
        known = (self.output_path, str(Path(self.output_path).with_suffix(".json")))
        return (*known, *(self.result[kind] for kind in _FILES[1:] if self.result.get(kind)))


def fold_render(render: Render, event: Event) -> Render:
    """The render after one more event of its job."""
    match event:
        case Started():
            return replace(render, phase=RenderPhase.RUNNING)
        case Progressed():
            return replace(render, progress=event)
        case ArtifactWritten(kind, path) if kind.startswith(_BEGINNING):
            return replace(render, beginning={**render.beginning, kind.removeprefix(_BEGINNING): path})
        case Noted(title, hint):
            return replace(render, problem=title, hint=hint)
        case Finished(result):
            return replace(render, phase=RenderPhase.DONE, progress=None, beginning={}, result=result)
        case Failed():
            failed = replace(render, phase=RenderPhase.FAILED, progress=None, beginning={})
            return replace(failed, problem=event.without_file or event.title, hint=event.hint)
        case Stopped():
            return replace(render, phase=RenderPhase.STOPPED, progress=None, beginning={})
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


def same_render(renders: Iterable[Render], input_path: str, options: RenderOptions, step: int | None) -> Render | None:
    """The newest that sounds as a new one would: of the same recording, played so by the model of this step."""
    same = [each for each in renders if (each.input_path, each.options) == (input_path, options)]
    done = [each for each in same if each.phase is RenderPhase.DONE and each.step == step is not None]
    return done[-1] if done else None


def files_of_none_but(render: Render, others: Sequence[Render]) -> tuple[str, ...]:
    """The files that nobody misses when the render is removed."""
    shared = {file for other in others if other is not render for file in other.files()}
    return tuple(file for file in render.files() if file not in shared)


def save_render(render: Render) -> None:
    """Raises OSError."""
    kept = {"format": 2, "input_path": render.input_path, **asdict(render.options), "result": dict(render.result)}
    _write(Path(render.output_path).with_suffix(".json"), kept)


def load_renders(folder: Path) -> tuple[Render, ...]:
    """Every finished render of an instrument, oldest first. What cannot be read is passed over."""
    try:
        found = sorted((path.stat().st_mtime, path) for path in folder.glob("*.json") if path.name != _OPTIONS)
    except OSError:
        return ()
    return tuple(render for _, path in found if (render := _load(path)) is not None)


def save_options(folder: Path, options: RenderOptions) -> None:
    """Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / _OPTIONS, asdict(options))


def load_options(folder: Path) -> RenderOptions:
    """How the instrument's recordings were last to be played; as they come where nobody has said."""
    try:
        return _options(read_json(folder / _OPTIONS))
    except (OSError, ValueError, TypeError, AttributeError):
        return RenderOptions()


def _load(path: Path) -> Render | None:
    output_path = path.with_suffix(".wav")
    try:
        kept = read_json(path)
        options = _options(kept)
        result = {str(key): str(value) for key, value in kept["result"].items()}
        input_path = str(kept["input_path"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    if not output_path.exists():
        return None
    return Render(input_path, str(output_path), options, RenderPhase.DONE, result=result)


def _options(kept: Mapping[str, Any]) -> RenderOptions:
    """What is missing is as it comes: renders of older versions knew less.

    Raises ValueError, TypeError, AttributeError where something else stands there.
    """
    as_it_comes = asdict(RenderOptions())
    options = RenderOptions(**{name: type(value)(kept.get(name, value)) for name, value in as_it_comes.items()})
    for name, (least, most) in LIMITS.items():
        if not least <= getattr(options, name) <= most:
            raise ValueError(f"{name} is {getattr(options, name)}")
    return options


def _write(path: Path, kept: Mapping[str, Any]) -> None:
    with written_whole(path) as temporary:
        temporary.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def _pitch_words(semitones: float) -> str:
    way, size = "up" if semitones > 0 else "down", abs(semitones)
    if size % 12 == 0:
        return f"{size / 12:g} octave{'' if size == 12 else 's'} {way}"
    return f"{size:g} semitone{'' if size == 1 else 's'} {way}"
