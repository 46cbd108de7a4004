"""Examples of a data set as the model plays them: what was asked for, what came out, and its two parts apart."""

# B = batch, N = samples

import io
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from ddsp_backend.arrays import Audio, Batch
from ddsp_backend.audio.files import write_wav
from ddsp_backend.dsp.processors import Processor
from ddsp_backend.dsp.synths import FilteredNoise, Harmonic
from ddsp_backend.files import written_whole
from ddsp_backend.jobs.events import ClipRendered
from ddsp_backend.reporting.spectrograms import mel_spectrogram
from ddsp_backend.storage import AnyPath

_NOISE_SEED = (0, 0)  # the same noise at every step: what changes is the model


@dataclass(frozen=True)
class PlayedClip:
    """Audio_N of one example, all of one length, full scale 1 (the model's own may go beyond)."""

    target: Audio
    output: Audio
    harmonic: Audio
    """The harmonics alone, before any room."""
    noise: Audio
    """The noise alone, before any room."""


def harmonics_have_died(clips: Sequence[PlayedClip]) -> bool:
    """Whether noise alone is heard of a model that has harmonics: they lie more than 60 dB below what it plays.

    There an amplitude has almost no gradient, and stays where it is.
    """
    harmonic, output = (
        sum(float(np.square(part).sum(dtype=np.float64)) for part in parts)
        for parts in ([clip.harmonic for clip in clips], [clip.output for clip in clips])
    )
    return 0.0 < harmonic < 1e-6 * output  # a model without harmonics has exact silence in their place


class ClipRenderer:
    """Plays batches of examples."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._function = tf.function(self._play, autograph=False)

    def play(self, batch: Batch) -> list[PlayedClip]:
        """One clip for each example of the batch."""
        return self.play_with_outputs(batch)[0]

    def play_with_outputs(self, batch: Batch) -> tuple[list[PlayedClip], dict[str, Any]]:
        """The clips, and the model's outputs, with `audio_gen` [B, N]."""
        outputs, *parts_BN = self._function(batch)
        arrays_BN = [part_BN.numpy() for part_BN in (batch["audio"], *parts_BN)]
        return [PlayedClip(*parts_N) for parts_N in zip(*arrays_BN, strict=True)], outputs

    def _play(self, batch: Batch) -> tuple[dict[str, Any], tf.Tensor, tf.Tensor, tf.Tensor]:
        outputs = self._model({**batch, "noise_seed": tf.constant(_NOISE_SEED, tf.int32)}, training=False)
        output_BN = self._model.get_audio_from_outputs(outputs)
        harmonic_BN, noise_BN = (self._part(kind, outputs, output_BN) for kind in (Harmonic, FilteredNoise))
        return {**outputs, "audio_gen": output_BN}, output_BN, harmonic_BN, noise_BN

    def _part(self, kind: type[Processor], outputs: dict[str, Any], output_BN: tf.Tensor) -> tf.Tensor:
        """The sum of all synthesizers of one kind; silence where there is none."""
        group = self._model.processor_group
        nodes = zip(group.nodes, group.processors, strict=True)
        signals = [outputs[key]["signal"] for (key, _), processor in nodes if isinstance(processor, kind)]
        # A synthesizer may play a frame more than is kept in the end.
        return tf.add_n([tf.zeros_like(output_BN), *(signal_BN[:, : output_BN.shape[1]] for signal_BN in signals)])


def spread_examples(provider: Any, n: int) -> Iterator[Batch]:
    """Batches of one, evenly spread over a data set: always the same ones. Read as they are asked for."""
    for place in spread_places(provider.n_examples, n):
        yield recorded(provider.get_example(place))


def spread_places(n_examples: int, n: int) -> list[int]:
    """At most `n` of so many places, evenly spread."""
    n = min(n, n_examples)
    return [(2 * i + 1) * n_examples // (2 * n) for i in range(n)]


def recorded(batch: Any) -> Batch:
    """Of zipped data sets the first that holds recordings, else the first: what can be compared with what is played."""
    parts = batch if isinstance(batch, tuple) else (batch,)
    return next((part for part in parts if "audio" in part), parts[0])


def write_fixed_clip(
    run_folder: AnyPath, step: int, number: int, clip: PlayedClip, sample_rate: int, title: str
) -> ClipRendered:
    """One of those that a training plays again and again, where its run's folder has them. `number` from 1."""
    return write_clip(run_folder / "clips", step, f"clip {number}", clip, sample_rate, title)


def write_clip(
    folder: AnyPath, step: int, name: str, clip: PlayedClip, sample_rate: int, title: str = ""
) -> ClipRendered:
    """Writes a clip's audio and spectrograms: the target once for all steps, the rest under step-<step>.

    A target of other audio, as of a data set that was prepared differently before, stays, for what was played of it is
    heard beside it. Then this one, and what is played of it, has a number: "clip 1 (2) target.wav".
    """
    step_folder = folder / f"step-{step}"
    step_folder.mkdir(parents=True, exist_ok=True)
    file_name = _with_target(folder, name, clip.target, sample_rate)
    target_audio, target_spectrogram = folder / f"{file_name} target.wav", folder / f"{file_name} target.npy"
    paths = {part: step_folder / f"{file_name} {part}.wav" for part in ("output", "harmonic", "noise")}
    for part, path in paths.items():
        _write_audio(path, getattr(clip, part), sample_rate)
    output_spectrogram = step_folder / f"{file_name} output.npy"
    _write_spectrogram(output_spectrogram, mel_spectrogram(clip.output, sample_rate))
    return ClipRendered(
        step=step,
        name=name,
        target_audio=str(target_audio),
        output_audio=str(paths["output"]),
        harmonic_audio=str(paths["harmonic"]),
        noise_audio=str(paths["noise"]),
        target_spectrogram=str(target_spectrogram),
        output_spectrogram=str(output_spectrogram),
        title=title,
    )


def _write_audio(path: AnyPath, audio_N: Audio, sample_rate: int) -> None:
    # As numbers that keep what lies beyond full scale: a model that is not trained yet can be loud.
    write_wav(path, audio_N, sample_rate, subtype="FLOAT")


def _with_target(folder: AnyPath, name: str, target_N: Audio, sample_rate: int) -> str:
    """What the files of a clip are called, by its target, which is there then."""
    spectrogram = mel_spectrogram(target_N, sample_rate)
    for number in itertools.count(1):
        file_name = name if number == 1 else f"{name} ({number})"
        stored = _stored(folder / f"{file_name} target.npy")
        if stored is None:
            _write_audio(folder / f"{file_name} target.wav", target_N, sample_rate)
            _write_spectrogram(folder / f"{file_name} target.npy", spectrogram)
        if stored is None or np.array_equal(stored, spectrogram):
            return file_name
    raise AssertionError("there is always another number")


def _stored(spectrogram: AnyPath) -> npt.NDArray[np.uint8] | None:
    """None where it is not there, or damaged."""
    try:
        stored: npt.NDArray[np.uint8] = np.load(io.BytesIO(spectrogram.read_bytes()))
    except (OSError, ValueError, EOFError):
        return None
    return stored


def _write_spectrogram(path: AnyPath, spectrogram: npt.NDArray[np.uint8]) -> None:
    with written_whole(path) as temporary:
        np.save(temporary, spectrogram)
