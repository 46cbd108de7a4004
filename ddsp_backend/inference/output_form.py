"""Brings what a model played into the form that was asked for."""

import math
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path

from ddsp_backend.audio.rewriting import rewrite
from ddsp_backend.audio.wav import wav_size
from ddsp_backend.files import staged
from ddsp_backend.inference.playing import PARTS
from ddsp_backend.jobs.events import Event, Noted
from ddsp_backend.jobs.interruptible import Interruptible
from ddsp_backend.jobs.kinds import Unit
from ddsp_backend.jobs.progress import Pace
from ddsp_backend.jobs.sound_form import SoundForm
from ddsp_backend.jobs.steps import Steps

Paths = dict[str, Path]


def played_paths(paths: Paths, form: SoundForm, scratch: ExitStack) -> Paths:
    """Where the model's sounds go first: to their places, or beside them where they are to be rewritten."""
    if form.changes_nothing or "output_audio" not in paths:
        return paths
    folder = scratch.enter_context(staged(paths["output_audio"].parent))
    return {kind: folder / f"{kind}.wav" if kind in PARTS else path for kind, path in paths.items()}


def in_form(
    played: Paths, paths: Paths, peak: float, form: SoundForm, watch: Interruptible
) -> Generator[Event, None, None]:
    """Writes the sounds in their form to their places, if they are not there yet, and says what became too loud.

    Args:
      peak: Of the output as it was played, full scale 1.
    """
    lowered_db = 0.0
    files = [(played[kind], paths[kind]) for kind in PARTS if kind in paths and played[kind] != paths[kind]]
    if files:
        n_samples, rate = wav_size(files[0][0])
        pace = Pace("Writing", n_samples / rate, Unit.AUDIO_SECONDS)
        n_done = 0.0
        with Steps(rewrite(files, form)) as steps:
            for done in steps:
                yield from watch.raise_if_stopped()
                yield from pace.advance((done - n_done) * n_samples / rate)
                n_done = done
        peak, lowered_db = steps.result.peak, steps.result.lowered_db
    if lowered_db:
        yield Noted(f"The output was turned down by {lowered_db:.1f} dB to fit into {form.depth.value} bits")
    elif peak > 1:
        yield Noted(
            f"The output clips: its peak is {20 * math.log10(peak):+.1f} dB",
            "Nothing is lost, because the wav file stores floating-point numbers. Turn it down before you "
            "save it in another format.",
        )
