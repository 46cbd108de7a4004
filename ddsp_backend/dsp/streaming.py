"""Rendering in pieces, for recordings of any length: what each processor must carry from one piece to the next.

The pieces joined are what the processor group makes of the whole at once, but for rounding; memory holds one piece.
B is 1 here; F = control frames of a piece, N = audio samples.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from ddsp_backend.dsp.effects import Reverb
from ddsp_backend.dsp.filters import fft_convolve, frequency_impulse_response
from ddsp_backend.dsp.harmonic import harmonic_chunk
from ddsp_backend.dsp.nested import Tensors
from ddsp_backend.dsp.processors import Add, Crop, Processor, ProcessorGroup
from ddsp_backend.dsp.synths import FilteredNoise, Harmonic
from ddsp_backend.errors import ConfigError

Audio = npt.NDArray[np.float32]


class Stream(Protocol):
    """Pieces of control frames or of signals in, audio out; what it holds back comes with a later piece."""

    def push(self, inputs: list[Any], is_last: bool) -> Audio: ...


def stream(
    group: ProcessorGroup, pieces: Iterable[Tensors], hop: int, noise_seed: tuple[int, int] = (0, 0), room: bool = True
) -> Iterator[dict[str, Audio]]:
    """Renders pieces of features one after the other.

    Args:
      group: Of Harmonic, FilteredNoise, Add, Reverb, FilteredNoiseReverb and Crop.
      pieces: Features as the group takes them, [1, F, ...], any F from 1 up, in order.
      hop: Audio samples of a control frame.
      noise_seed: Chooses the noise.
      room: Play in the learned room; otherwise dry.

    Yields: For each processor by its name, and for the group as "out", the samples that are now complete, [N].
    Raises:
      ConfigError: A processor of the group cannot be rendered in pieces.
    """
    streams = [
        _stream_of(processor, hop, (noise_seed[0], noise_seed[1] + index), room)
        for index, processor in enumerate(group.processors)
    ]
    previous: Tensors | None = None
    for piece in pieces:
        if previous is not None:
            yield _push(group, streams, previous, is_last=False)
        previous = piece
    if previous is not None:
        yield _push(group, streams, previous, is_last=True)


def _push(group: ProcessorGroup, streams: list[Stream], piece: Tensors, is_last: bool) -> dict[str, Audio]:
    signals: dict[str, Audio] = {}
    for (key, input_keys), streaming in zip(group.nodes, streams, strict=True):
        inputs = [signals[name.removesuffix("/signal")] if "/" in name else piece[name] for name in input_keys]
        signals[key] = streaming.push(inputs, is_last)
        signals["out"] = signals[key]
    return signals


def _stream_of(processor: Processor, hop: int, noise_seed: tuple[int, int], room: bool) -> Stream:
    if isinstance(processor, Harmonic):
        return HarmonicStream(processor, hop)
    if isinstance(processor, FilteredNoise):
        return NoiseStream(processor, hop, noise_seed)
    if isinstance(processor, Reverb) and processor.trainable:
        options = {"noise_seed": noise_seed} if processor.is_stochastic else {}
        ir = np.asarray(processor.impulse_response(**options))[0]
        return RoomStream(ir if room else ir[:0], processor.add_dry or not room)
    if isinstance(processor, Add):
        return SumStream()
    if isinstance(processor, Crop) and processor.crop_location == "back":
        return CropStream(2 * (processor.frame_size // 2))
    raise ConfigError(
        f"{type(processor).__name__} cannot be rendered in pieces",
        "Render recordings that are no longer than an example of the training.",
    )


class HarmonicStream:
    """Carries the phase, and holds one frame back: a hop ends at the next frame's values."""

    def __init__(self, harmonic: Harmonic, hop: int) -> None:
        self._harmonic, self._hop = harmonic, hop
        self._held: list[tf.Tensor] = []
        self._cycles_B = tf.zeros([1], tf.float64)
        # As a graph: a frame of 20 ms must not take TensorFlow 4 ms of Python.
        self._play_graph = tf.function(self._play, autograph=False)

    def push(self, inputs: list[Any], is_last: bool) -> Audio:
        inputs = [tf.convert_to_tensor(value) for value in inputs]
        audio_N, self._cycles_B, self._held = self._play_graph(inputs, self._held, self._cycles_B, is_last)
        return np.asarray(audio_N)

    def _play(
        self, inputs: list[tf.Tensor], held: list[tf.Tensor], cycles_B: tf.Tensor, is_last: bool
    ) -> tuple[tf.Tensor, tf.Tensor, list[tf.Tensor]]:
        controls = self._harmonic.get_controls(*inputs)
        frames = [controls["f0_hz"], controls["amplitudes"] * controls["harmonic_distribution"]]
        if held:
            frames = [tf.concat(pair, 1) for pair in zip(held, frames, strict=True)]
        held = [values[:, -1:] for values in frames]
        f0_hz_BF1, harmonics_BFK = frames if not is_last else (_repeat_last(values) for values in frames)
        if f0_hz_BF1.shape[1] < 2:
            return tf.zeros([0]), cycles_B, held
        audio_BN, cycles_B = harmonic_chunk(
            f0_hz_BF1[..., 0],
            harmonics_BFK,
            self._hop,
            self._harmonic.sample_rate,
            self._harmonic.amp_resample_method,
            cycles_B,
        )
        return audio_BN[0], cycles_B, held


class NoiseStream:
    """Carries the filters' tails; holds back the samples that the next filter still rings into."""

    def __init__(self, noise: FilteredNoise, hop: int, noise_seed: tuple[int, int]) -> None:
        self._noise, self._hop, self._seed = noise, hop, noise_seed
        self._n_pieces = 0
        self._tail = np.zeros(0, np.float32)
        self._to_skip: int | None = None
        self._make_graph = tf.function(self._make, autograph=False)
        self._ring_graph = tf.function(self._ring, autograph=False)

    def push(self, inputs: list[Any], is_last: bool) -> Audio:
        self._n_pieces += 1
        seed = tf.constant([self._seed[0] + self._n_pieces, self._seed[1]], tf.int32)
        noise_1N, magnitudes_1FC = self._make_graph(tf.convert_to_tensor(inputs[0]), seed)
        return self.filter(noise_1N, magnitudes_1FC, is_last)

    def _make(self, inputs: tf.Tensor, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        magnitudes = self._noise.get_controls(inputs)["magnitudes"]
        return tf.random.stateless_uniform([1, magnitudes.shape[1] * self._hop], seed, -1.0, 1.0), magnitudes

    def _ring(self, noise_1N: tf.Tensor, magnitudes_1FC: tf.Tensor) -> tf.Tensor:
        ir_1FT = frequency_impulse_response(magnitudes_1FC, self._noise.window_size)
        return fft_convolve(noise_1N, ir_1FT, padding="valid", delay_compensation=0)[0]

    def filter(self, noise_1N: tf.Tensor, magnitudes_1FC: tf.Tensor, is_last: bool) -> Audio:
        """The noise through the filters, aligned as `frequency_filter` aligns it."""
        ringing = np.array(self._ring_graph(noise_1N, magnitudes_1FC))
        n_samples = noise_1N.shape[1]
        n_taps = len(ringing) - n_samples + 1
        ringing[: len(self._tail)] += self._tail
        if self._to_skip is None:
            self._to_skip = max(0, (n_taps - 1) // 2 - 1)
            delay = self._to_skip
        else:
            delay = 0
        if is_last:
            return ringing[delay : n_samples + max(0, (n_taps - 1) // 2 - 1)]
        self._tail = ringing[n_samples:]
        return ringing[delay:n_samples]


class RoomStream:
    """Carries the room's ringing."""

    def __init__(self, ir_R: Audio, add_dry: bool) -> None:
        self._ir, self._add_dry = ir_R, add_dry
        self._tail = np.zeros(0, np.float32)

    def push(self, inputs: list[Any], is_last: bool) -> Audio:
        audio_N = np.asarray(inputs[0], np.float32)
        if not len(audio_N) or not len(self._ir):
            return audio_N if self._add_dry else np.zeros_like(audio_N)
        wet = np.array(fft_convolve(audio_N[None], self._ir[None], padding="valid", delay_compensation=0)[0])
        longer = np.zeros(max(len(wet), len(self._tail)), np.float32)
        longer[: len(wet)] = wet
        longer[: len(self._tail)] += self._tail
        self._tail = longer[len(audio_N) :]
        return longer[: len(audio_N)] + audio_N if self._add_dry else longer[: len(audio_N)]


class SumStream:
    """Holds back the signal that is ahead of the other."""

    def __init__(self) -> None:
        self._waiting = [np.zeros(0, np.float32), np.zeros(0, np.float32)]

    def push(self, inputs: list[Any], is_last: bool) -> Audio:
        one, two = (np.concatenate(pair) for pair in zip(self._waiting, inputs, strict=True))
        n = min(len(one), len(two))
        self._waiting = [one[n:], two[n:]]
        summed: Audio = one[:n] + two[:n]
        return summed


class CropStream:
    """Holds back what may be the end, which is cut."""

    def __init__(self, n_samples: int) -> None:
        self._n = n_samples
        self._held = np.zeros(0, np.float32)

    def push(self, inputs: list[Any], is_last: bool) -> Audio:
        audio: Audio = np.concatenate([self._held, inputs[0]])
        kept = max(0, len(audio) - self._n)
        self._held = audio[kept:]
        return audio[:kept]


def _repeat_last(values_1FC: tf.Tensor) -> tf.Tensor:
    return tf.concat([values_1FC, values_1FC[:, -1:]], 1)
