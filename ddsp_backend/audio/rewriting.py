"""Brings sounds into the form that a DAW wants: depth, rate, loudness. Memory does not grow with their length."""

# N = samples

import math
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ddsp_backend.arrays import Audio
from ddsp_backend.audio.loudness_meter import LoudnessMeter
from ddsp_backend.audio.resampling import resampled_blocks, resampled_length
from ddsp_backend.audio.wav import wav_blocks, wav_size, wav_writer
from ddsp_backend.jobs.sound_form import Depth, SoundForm

_SUBTYPES = {Depth.INT_16: "PCM_16", Depth.INT_24: "PCM_24", Depth.FLOAT_32: "FLOAT"}
_LARGEST = 0.9999  # of full scale: what whole numbers hold


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What became of the sounds."""

    peak: float
    """The largest magnitude in the files, full scale 1."""
    lowered_db: float
    """By how many dB they are softer than they should be, because whole numbers hold nothing beyond full scale."""


def rewrite(files: Sequence[tuple[Path, Path]], form: SoundForm) -> Generator[float, None, Rewritten]:
    """Writes wav files of that form, all of them whole or none. They are mixed to mono.

    Args:
      files: Sources and targets. The first is the whole sound, whose loudness counts; the others are its parts: all get
        the same gain, so that the parts still add up to the whole.

    Yields: What is done, from 0 to 1. Closing the generator stops the work.

    Raises:
      AudioError: A source cannot be read, or a disk takes no more.
      OSError: A target cannot be written.
    """
    sounds = [_Sound(source, form.rate) for source, _ in files]
    measures = form.level is not None or form.depth is not Depth.FLOAT_32
    n_all = sum(sound.n_samples for sound in sounds) * (2 if measures else 1)
    n_done = 0
    gain, lowered_db = 1.0, 0.0
    if measures:
        meter = None if form.level is None else LoudnessMeter(sounds[0].rate)
        peak = 0.0
        for sound in sounds:
            for audio_N in sound.blocks():
                peak = max(peak, float(np.abs(audio_N).max()))
                if meter is not None and sound is sounds[0]:
                    meter.add(audio_N)
                n_done += len(audio_N)
                yield n_done / n_all
        if meter is not None and form.level is not None:
            gain = _gain_to(form.level, meter.lufs())
        if form.depth is not Depth.FLOAT_32 and peak * gain > _LARGEST:
            lowered_db = 20 * math.log10(peak * gain / _LARGEST)
            gain = _LARGEST / peak
    peak = 0.0
    with ExitStack() as stack:
        for sound, (_, target) in zip(sounds, files, strict=True):
            writer = stack.enter_context(wav_writer(target, sound.rate, sound.n_samples, _SUBTYPES[form.depth]))
            for audio_N in sound.blocks():
                audio_N = audio_N * np.float32(gain)
                peak = max(peak, float(np.abs(audio_N).max()))
                writer.write(audio_N)
                n_done += len(audio_N)
                yield n_done / n_all
    return Rewritten(peak, lowered_db)


class _Sound:
    """A source as it is at the target's rate."""

    def __init__(self, path: Path, rate: int) -> None:
        self._path = path
        n_samples, self._own_rate = wav_size(path)
        self.rate = rate or self._own_rate
        self.n_samples = resampled_length(n_samples, self._own_rate, self.rate)

    def blocks(self) -> Iterator[Audio]:
        return resampled_blocks(wav_blocks(self._path), self._own_rate, self.rate)


def _gain_to(level: float, lufs: float) -> float:
    """1 for silence, which has no loudness."""
    return 10 ** ((level - lufs) / 20) if math.isfinite(lufs) else 1.0
