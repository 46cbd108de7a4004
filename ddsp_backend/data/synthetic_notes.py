"""Notes that nobody played: controls of both synthesizers, for models that learn to tell them from audio.

The self-supervision of Engel et al., "Self-supervised Pitch Detection by Inverse Audio Synthesis", ICML 2020 workshop.
F = control frames, K = harmonics, M = noise bands
"""

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from ddsp_backend.arrays import DoubleArray
from ddsp_backend.data.providers import RecordProvider
from ddsp_backend.data.tfrecord_writing import ShardWriter, serialize_example, shard_names
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import ArtifactWritten, Event
from ddsp_backend.jobs.kinds import Unit
from ddsp_backend.jobs.progress import Pace
from ddsp_backend.jobs.spec import GenerateNotesSpec

_SAMPLE_RATE = 16000
_SHORTEST, _LONGEST = 5, 25  # frames of a note
_LOWEST_MIDI, _HIGHEST_MIDI = 24.0, 84.0
_SILENT_SHARE, _VIBRATO_SHARE, _DARK_SHARE = 0.1, 0.5, 0.8
_QUIET = -10.0  # of exp_sigmoid: nothing


class SyntheticNotes(RecordProvider):
    """Reads what `ddsp_generate_synthetic_dataset --num_examples` writes.

    Gives `f0_hz` and `harm_amp` [F, 1], `harm_dist`, `sin_amps` and `sin_freqs` [F, K], `noise_magnitudes` [F, M].
    """

    def __init__(
        self,
        n_timesteps: int,
        n_harmonics: int,
        n_mags: int,
        file_pattern: str | Sequence[str] | None = None,
        sample_rate: int = _SAMPLE_RATE,
    ) -> None:
        """`n_timesteps`, `n_harmonics` and `n_mags` are F, K and M, as the files were made with."""
        super().__init__(file_pattern, sample_rate, frame_rate=250)
        self._shape = {"f0_hz": 1, "harm_amp": 1, "harm_dist": n_harmonics, "sin_amps": n_harmonics}
        self._shape |= {"sin_freqs": n_harmonics, "noise_magnitudes": n_mags}
        self._n_frames = n_timesteps

    @property
    def features_dict(self) -> dict[str, Any]:
        return {key: tf.io.FixedLenFeature([self._n_frames, width], tf.float32) for key, width in self._shape.items()}


def generate_notes(spec: GenerateNotesSpec, cancel: CancelToken) -> Generator[Event, None, dict[str, str]]:
    """Writes the examples to TFRecord files. Equal specs give equal bytes.

    Returns: {"file_pattern", "n_examples"}.
    """
    output = Path(spec.output_path)
    names = shard_names(output.name, spec.n_shards)
    pace = Pace("Inventing notes", spec.n_examples, Unit.EXAMPLES)
    with ShardWriter(output) as writer:
        writer.create(names)
        for number in range(spec.n_examples):
            cancel.raise_if_set()
            controls = invent_notes(
                np.random.default_rng([spec.seed, number]), spec.n_timesteps, spec.n_harmonics, spec.n_mags
            )
            record = serialize_example({key: value.astype(np.float32).ravel() for key, value in controls.items()})
            writer.write(names[number % spec.n_shards], record)
            yield from pace.advance(1)
        writer.commit()
    for name in names:
        yield ArtifactWritten("data set", str(output.with_name(name)))
    return {"file_pattern": f"{output}-*", "n_examples": str(spec.n_examples)}


def invent_notes(rng: np.random.Generator, n_frames: int, n_harmonics: int, n_mags: int) -> dict[str, DoubleArray]:
    """One example, with the keys of `SyntheticNotes`; amplitudes and magnitudes as the synthesizers sound them."""
    loudness_F1, f0_midi_F1 = np.full([n_frames, 1], _QUIET), np.zeros([n_frames, 1])
    spectrum_FK, noise_FM = np.zeros([n_frames, n_harmonics]), np.zeros([n_frames, n_mags])
    start = 0
    while start < n_frames:
        length = min(int(rng.integers(_SHORTEST, _LONGEST + 1)), n_frames - start)
        note = slice(start, start + length)
        if rng.random() > _SILENT_SHARE:
            jitter = rng.uniform(0, 0.1)
            loudness_F1[note, 0] = _glide(rng, length, *rng.uniform(-1, 3, 2)) + jitter * rng.standard_normal(length)
            spectrum_FK[note] = _gliding_curve(rng, length, n_harmonics, rng.uniform(0, 0.5))
            f0_midi_F1[note, 0] = rng.uniform(_LOWEST_MIDI, _HIGHEST_MIDI) + _bend(rng, length)
        noise_FM[note] = _gliding_curve(rng, length, n_mags, rng.uniform(0, 0.2)) - rng.uniform(1, 10)
        start += length
    f0_hz_F1 = np.where(f0_midi_F1 > 0, 440 * 2 ** ((f0_midi_F1 - 69) / 12), 0.0)
    frequencies_FK = f0_hz_F1 * np.arange(1, n_harmonics + 1)
    heard_FK = np.exp(spectrum_FK - spectrum_FK.max(axis=1, keepdims=True)) * (frequencies_FK < _SAMPLE_RATE / 2)
    distribution_FK = heard_FK / np.maximum(heard_FK.sum(axis=1, keepdims=True), 1e-7)
    quieter = rng.uniform(1, rng.uniform(2, 10) if rng.random() < 0.2 else 2)
    amplitude_F1 = _exp_sigmoid(loudness_F1) / quieter
    return {
        "f0_hz": f0_hz_F1,
        "harm_amp": amplitude_F1,
        "harm_dist": distribution_FK,
        "sin_amps": amplitude_F1 * distribution_FK,
        "sin_freqs": frequencies_FK,
        "noise_magnitudes": _exp_sigmoid(noise_FM),
    }


def _glide(rng: np.random.Generator, length: int, begin: float, end: float) -> DoubleArray:
    """From `begin` to `end`, at first slowly or fast."""
    share_F = np.linspace(1, 0, length) ** 2 ** rng.uniform(-2, 2)
    return share_F * begin + (1 - share_F) * end


def _bend(rng: np.random.Generator, length: int) -> DoubleArray:
    """Semitones around a note: a little unsteady, half of the time with a vibrato."""
    bend_F = rng.uniform(0, 0.1) * rng.standard_normal(length)
    if rng.random() < _VIBRATO_SHARE:
        periods = rng.uniform(0, 2 * length / _SHORTEST)
        bend_F += _glide(rng, length, *rng.uniform(0, 1, 2)) * np.sin(np.linspace(0, 2 * np.pi * periods, length))
    return bend_F


def _gliding_curve(rng: np.random.Generator, length: int, width: int, roughness: float) -> DoubleArray:
    """A smooth spectrum that turns into another one."""
    is_dark, spread = rng.random() < _DARK_SHARE, rng.uniform(0, 0.4)
    begin, end = (_curve(rng, width, is_dark, spread) for _ in range(2))
    share_F1 = _glide(rng, length, 1, 0)[:, np.newaxis]
    return share_F1 * begin + (1 - share_F1) * end + roughness * rng.standard_normal([length, width])


def _curve(rng: np.random.Generator, width: int, is_dark: bool, spread: float) -> DoubleArray:
    """A sum of cosines over the spectrum; a dark one falls towards its upper end."""
    curve = np.zeros(width)
    smoothness = rng.uniform(1, 10)
    for _ in range(int(rng.integers(1, 21))):
        turns = rng.random() * width / smoothness
        wave = rng.random() * np.cos(np.linspace(0, 2 * np.pi * turns, width) + rng.uniform(0, 2 * np.pi * spread))
        if is_dark:
            wave *= np.linspace(1, rng.uniform(0, 0.5), width) ** rng.uniform(0.5, 2)
        curve += wave
    return curve


def _exp_sigmoid(x: DoubleArray) -> DoubleArray:
    """Between 1e-7 and 2, as the synthesizers scale what a network says."""
    scaled: DoubleArray = 2 * (1 / (1 + np.exp(-x))) ** np.log(10) + 1e-7
    return scaled
