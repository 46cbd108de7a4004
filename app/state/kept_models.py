"""The models that a training has kept on disk, and what they play because the user asks for it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from app.state.notices import Activity
from app.state.run_state import RunState
from ddsp_backend.jobs.events import ClipRendered, Event, Progressed, Started
from ddsp_backend.sharing.card import EXAMPLE

SAMPLE = "sample "  # what the job that samples calls its clips
_INDEX = re.compile(r"ckpt-(\d{1,18})\.index")


@dataclass(frozen=True, slots=True)
class Playing:
    """A training's phrases, being played by the model of one step."""

    step: int
    has_begun: bool = False
    progress: Progressed | None = None

    def after(self, event: Event) -> "Playing":
        if isinstance(event, Started):
            return replace(self, has_begun=True)
        return replace(self, progress=event) if isinstance(event, Progressed) else self

    def activity(self) -> Activity:
        title = f"Playing the phrases with the model of step {self.step:,}"
        if not self.has_begun:
            return Activity(title, None, "Something else is being played first")
        progress = self.progress
        if progress is None or progress.total <= 1:
            return Activity(title, None, progress.stage if progress is not None else "Starting")
        return Activity(title, progress.done / progress.total, f"{progress.done:.0f} of {progress.total:.0f}")


def is_phrase(name: str) -> bool:
    """Whether a clip is one that a training plays again and again."""
    return not name.startswith(SAMPLE) and name != EXAMPLE


def kept_steps(model_path: Path) -> tuple[int, ...]:
    """Of the models that can still play, in order. Asks the disk."""
    try:
        found = [_INDEX.fullmatch(path.name) for path in model_path.iterdir()]
    except OSError:
        return ()
    return tuple(sorted(int(match[1]) for match in found if match))


def phrases_asked_for(model_path: Path, run: RunState) -> tuple[ClipRendered, ...]:
    """What kept models have played for an earlier window: no journal tells of it. Asks the disk."""
    known = {name: clip for _, clips in sorted(run.clips.items()) for name, clip in clips.items()}
    phrases = [clip for name, clip in known.items() if is_phrase(name)]
    steps = [step for step in kept_steps(model_path) if step not in run.clips]
    return tuple(clip for step in steps for clip in _played_at(step, phrases, model_path / f"ckpt-{step}.index"))


def _played_at(step: int, phrases: list[ClipRendered], index: Path) -> Iterator[ClipRendered]:
    """Those that lie there whole, and were not played by an earlier model of the same step."""
    for phrase in phrases:
        parts = (phrase.output_audio, phrase.harmonic_audio, phrase.noise_audio, phrase.output_spectrogram)
        paths = [Path(part).parent.with_name(f"step-{step}") / Path(part).name for part in parts]
        try:
            saved = index.stat().st_mtime
            is_there = all(path.stat().st_mtime >= saved for path in paths)
        except OSError:
            continue
        if is_there:
            output, harmonic, noise, picture = map(str, paths)
            yield replace(
                phrase,
                step=step,
                output_audio=output,
                harmonic_audio=harmonic,
                noise_audio=noise,
                output_spectrogram=picture,
            )
