"""Rendering in pieces, for recordings of any length: what each processor must carry from one piece to the next.

The pieces joined are what the processor group makes of the whole at once, but for rounding; memory holds one piece.
B is 1 here; F = control frames of a piece, N = audio samples.
"""

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeAlias

import numpy as np
import tensorflow as tf

from ddsp_backend.arrays import Audio
from ddsp_backend.dsp.effects import Reverb
from ddsp_backend.dsp.filters import fft_convolve, frequency_impulse_response
from ddsp_backend.dsp.harmonic import harmonic_chunk
from ddsp_backend.dsp.nested import Tensors
from ddsp_backend.dsp.processors import Add, Crop, Processor, ProcessorGroup
from ddsp_backend.dsp.synths import FilteredNoise, Harmonic
from ddsp_backend.errors import ConfigError

State: TypeAlias = list[tf.Tensor]
"""What a stream carries from one piece to the next. A graph's argument and result: its shapes tell what is held."""


class Stream(Protocol):
    """Pieces of control frames or of signals in, audio_N out; what it holds back comes with a later piece."""

    @property
    def start(self) -> State:
        """The state before the first piece."""
        ...

    def push(self, inputs: list[tf.Tensor], state: State, is_last: bool) -> tuple[tf.Tensor, State]: ...


class Streamer:
    """Renders one stream of pieces after the other; each starts again, with the same noise.

    What TensorFlow compiles for the first one serves the others, if their pieces are as long.
    """

    def __init__(
        self, group: ProcessorGroup, hop: int, noise_seed: tuple[int, int] = (0, 0), room: bool = True
    ) -> None:
        """Args as of `stream`. Raises ConfigError."""
        self._nodes = group.nodes
        self._streams = [
            _stream_of(processor, hop, (noise_seed[0], noise_seed[1] + index), room)
            for index, processor in enumerate(group.processors)
        ]
        self._wanted = {name for _, input_keys in group.nodes for name in input_keys if "/" not in name}
        # One graph for all of them: a frame of 20 ms must not take TensorFlow several milliseconds of Python.
        self._graph = tf.function(self._push, autograph=False)

    def play(self, pieces: Iterable[Tensors]) -> Iterator[dict[str, Audio]]:
        """As `stream`."""
        states = [streaming.start for streaming in self._streams]
        previous: Tensors | None = None
        for piece in pieces:
            if previous is not None:
                signals, states = self._graph(previous, states, False)
                yield {key: np.asarray(audio_N) for key, audio_N in signals.items()}
            previous = {key: tf.convert_to_tensor(value) for key, value in piece.items() if key in self._wanted}
        if previous is not None:
            signals, _ = self._graph(previous, states, True)
            yield {key: np.asarray(audio_N) for key, audio_N in signals.items()}

    def _push(self, piece: Tensors, states: list[State], is_last: bool) -> tuple[Tensors, list[State]]:
        signals: Tensors = {}
        after = []
        for (key, input_keys), streaming, state in zip(self._nodes, self._streams, states, strict=True):
            inputs = [signals[name.removesuffix("/signal")] if "/" in name else piece[name] for name in input_keys]
            signals[key], state = streaming.push(inputs, state, is_last)
            after.append(state)
            signals["out"] = signals[key]
        return signals, after


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
    return Streamer(group, hop, noise_seed, room).play(pieces)


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

    @property
    def start(self) -> State:
        return [tf.zeros([1], tf.float64)]

    def push(self, inputs: list[tf.Tensor], state: State, is_last: bool) -> tuple[tf.Tensor, State]:
        cycles_B, *held = state
        controls = self._harmonic.get_controls(*inputs)
        frames = [controls["f0_hz"], controls["amplitudes"] * controls["harmonic_distribution"]]
        if held:
            frames = [tf.concat(pair, 1) for pair in zip(held, frames, strict=True)]
        held = [values[:, -1:] for values in frames]
        f0_hz_BF1, harmonics_BFK = frames if not is_last else (_repeat_last(values) for values in frames)
        if f0_hz_BF1.shape[1] < 2:
            return tf.zeros([0]), [cycles_B, *held]
        audio_BN, cycles_B = harmonic_chunk(
            f0_hz_BF1[..., 0],
            harmonics_BFK,
            self._hop,
            self._harmonic.sample_rate,
            self._harmonic.amp_resample_method,
            cycles_B,
        )
        return audio_BN[0], [cycles_B, *held]


class NoiseStream:
    """Carries the filters' tails; holds back the samples that the next filter still rings into."""

    def __init__(self, noise: FilteredNoise, hop: int, noise_seed: tuple[int, int]) -> None:
        self._noise, self._hop, self._seed = noise, hop, noise_seed

    @property
    def start(self) -> State:
        return [tf.constant(self._seed, tf.int32)]

    def push(self, inputs: list[tf.Tensor], state: State, is_last: bool) -> tuple[tf.Tensor, State]:
        seed, *tail = state
        seed += [1, 0]
        magnitudes = self._noise.get_controls(*inputs)["magnitudes"]
        noise_1N = tf.random.stateless_uniform([1, magnitudes.shape[1] * self._hop], seed, -1.0, 1.0)
        audio_N, tail = self.filter(noise_1N, magnitudes, tail, is_last)
        return audio_N, [seed, *tail]

    def filter(
        self, noise_1N: tf.Tensor, magnitudes_1FC: tf.Tensor, tail: State, is_last: bool
    ) -> tuple[tf.Tensor, State]:
        """The noise through the filters, aligned as `frequency_filter` aligns it, and the next tail; [] at first."""
        ir_1FT = frequency_impulse_response(magnitudes_1FC, self._noise.window_size)
        ringing_N = fft_convolve(noise_1N, ir_1FT, padding="valid", delay_compensation=0)[0]
        n_samples, n_taps = noise_1N.shape[1], ir_1FT.shape[2]
        delay = max(0, (n_taps - 1) // 2 - 1)
        begin = 0 if tail else delay
        for tail_T in tail:
            ringing_N += tf.pad(tail_T, [[0, n_samples]])
        return ringing_N[begin : n_samples + (delay if is_last else 0)], [ringing_N[n_samples:]]


class RoomStream:
    """Carries the room's ringing."""

    def __init__(self, ir_R: Audio, add_dry: bool) -> None:
        self._ir, self._add_dry = ir_R, add_dry

    @property
    def start(self) -> State:
        return [tf.zeros([0])]

    def push(self, inputs: list[tf.Tensor], state: State, is_last: bool) -> tuple[tf.Tensor, State]:
        (audio_N,), (tail_T,) = inputs, state
        n_samples = audio_N.shape[0]
        if not n_samples or not len(self._ir):
            return audio_N if self._add_dry else tf.zeros_like(audio_N), state
        wet = fft_convolve(audio_N[None], self._ir[None], padding="valid", delay_compensation=0)[0]
        length = max(wet.shape[0], tail_T.shape[0])
        longer = tf.add_n([tf.pad(part, [[0, length - part.shape[0]]]) for part in (wet, tail_T)])
        wet_N = longer[:n_samples]
        return wet_N + audio_N if self._add_dry else wet_N, [longer[n_samples:]]


class SumStream:
    """Holds back the signal that is ahead of the other."""

    @property
    def start(self) -> State:
        return [tf.zeros([0]), tf.zeros([0])]

    def push(self, inputs: list[tf.Tensor], state: State, is_last: bool) -> tuple[tf.Tensor, State]:
        one, two = (tf.concat(pair, 0) for pair in zip(state, inputs, strict=True))
        n = min(one.shape[0], two.shape[0])
        return one[:n] + two[:n], [one[n:], two[n:]]


class CropStream:
    """Holds back what may be the end, which is cut."""

    def __init__(self, n_samples: int) -> None:
        self._n = n_samples

    @property
    def start(self) -> State:
        return [tf.zeros([0])]

    def push(self, inputs: list[tf.Tensor], state: State, is_last: bool) -> tuple[tf.Tensor, State]:
        audio_N = tf.concat([*state, *inputs], 0)
        kept = max(0, audio_N.shape[0] - self._n)
        return audio_N[:kept], [audio_N[kept:]]


def _repeat_last(values_1FC: tf.Tensor) -> tf.Tensor:
    return tf.concat([values_1FC, values_1FC[:, -1:]], 1)
