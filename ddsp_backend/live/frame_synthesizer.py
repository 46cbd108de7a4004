"""Sound from control frames at the device's own sample rate, in stretches of any length.

A hop leads from the frame before to the newest one, as a rendering connects them. So a new frame is heard from its
first sample on, and a hop can be left early for a newer frame. Sound is the same whatever the stretches are.

K = harmonics, M = noise bands, N = audio samples, T = taps of the noise's filter.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ddsp_backend.arrays import DoubleArray
from ddsp_backend.live.frame_predictor import Frame

White = Callable[[int], DoubleArray]
"""The next so many samples of white noise, evenly spread from -1 to 1."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a model's synthesizers are like."""

    n_harmonics: int
    n_noise: int
    sample_rate: int
    """Hz, of the model: nothing sounds above half of it."""
    frame_rate: int
    fades_linearly: bool
    """How amplitudes go from frame to frame: along a line, or along half a Hann window."""
    noise_window: int
    """Samples of the noise filter's window, at the model's rate; 0 for all."""


class FrameSynthesizer:
    """Args: sample_rate: Of the sound, Hz. white: Where the noise comes from."""

    def __init__(self, shape: Shape, sample_rate: int, white: White) -> None:
        self._shape, self._rate, self._white = shape, sample_rate, white
        self._numbers_K = np.arange(1, shape.n_harmonics + 1, dtype=np.float64)
        self._hop = sample_rate / shape.frame_rate
        self._ideal_end = 0.0  # of the hop that sounds, in samples from the start; need not be whole
        self._position = self._end = 0
        self._begin = self._target = Frame(0.0, np.zeros(shape.n_harmonics), np.zeros(shape.n_noise))
        self._n_hop = 1
        self._in_hop = 0
        self._cycles = 0.0  # of the fundamental, where the hop begins
        self._filters_MT, self._noise_lead = _noise_filters(shape, sample_rate)
        self._taps_T = np.zeros(self._filters_MT.shape[1])
        wait = max(0, round(self._hop) - self._noise_lead)  # a rendering centres the filters on the noise
        self._coming_N = np.zeros(wait)  # noise that is made but not yet heard

    @property
    def left(self) -> int:
        """Samples until the newest frame is reached."""
        return self._end - self._position

    @property
    def seconds_in_hop(self) -> float:
        return self._in_hop / self._rate

    def now(self) -> Frame:
        """What sounds between the two frames, where the next sample is."""
        if not self.left:
            return self._target
        way, fade = self._in_hop / self._n_hop, float(self._fade(np.array([self._in_hop]))[0])
        begin, target = self._begin, self._target
        return Frame(
            begin.f0_hz + (target.f0_hz - begin.f0_hz) * way,
            begin.harmonics + (target.harmonics - begin.harmonics) * fade,
            target.noise,
        )

    def begin(self, frame: Frame) -> None:
        """Leads from what sounds now to `frame`, within one hop."""
        self._begin = self.now()
        if not self._begin.f0_hz or not self._begin.harmonics.any():
            # Nothing glides from a pitch that was not heard.
            self._begin = Frame(frame.f0_hz, self._begin.harmonics, self._begin.noise)
        self._cycles = self._cycles_at(np.array([self._in_hop - 1.0]))[0] if self._in_hop else self._cycles
        self._ideal_end = (self._position if self.left else self._ideal_end) + self._hop
        self._end = round(self._ideal_end)
        self._n_hop, self._in_hop = self._end - self._position, 0
        self._target = frame
        self._taps_T = frame.noise @ self._filters_MT

    def take(self, n: int) -> DoubleArray:
        """The next n samples, at most those that are left."""
        places_N = np.arange(self._in_hop, self._in_hop + n, dtype=np.float64)
        audio_N = self._harmonics(places_N) + self._noise(n)
        self._in_hop += n
        self._position += n
        if not self.left:  # the phase stays exact, however long one plays
            self._cycles = math.fmod(float(self._cycles_at(np.array([self._in_hop - 1.0]))[0]), 1.0)
            self._in_hop = 0
        return audio_N

    def _harmonics(self, places_N: DoubleArray) -> DoubleArray:
        begin, target = self._begin, self._target
        if not begin.harmonics.any() and not target.harmonics.any():
            return np.zeros(len(places_N))
        turns_KN = np.outer(self._numbers_K, self._cycles_at(places_N))
        turns_KN -= np.rint(turns_KN)
        sines_KN = np.sin((2 * np.pi * turns_KN).astype(np.float32))
        f0_hz_N = begin.f0_hz + (target.f0_hz - begin.f0_hz) * places_N / self._n_hop
        sines_KN *= self._numbers_K[:, None] * f0_hz_N < self._shape.sample_rate / 2
        fade_N = self._fade(places_N)
        before_N = begin.harmonics.astype(np.float32) @ sines_KN
        after_N = target.harmonics.astype(np.float32) @ sines_KN
        mixed_N: DoubleArray = before_N + (after_N - before_N) * fade_N
        return mixed_N

    def _cycles_at(self, places_N: DoubleArray) -> DoubleArray:
        """The fundamental's phase in cycles at places of the hop: the sum of a linear ramp of frequency."""
        begin_hz, rise_hz = self._begin.f0_hz, self._target.f0_hz - self._begin.f0_hz
        steps_N = places_N + 1
        cycles_N: DoubleArray = (
            self._cycles + (begin_hz * steps_N + rise_hz * places_N * steps_N / (2 * self._n_hop)) / self._rate
        )
        return cycles_N

    def _fade(self, places_N: DoubleArray) -> DoubleArray:
        way_N = places_N / self._n_hop
        return way_N if self._shape.fades_linearly else 0.5 - 0.5 * np.cos(np.pi * way_N)

    def _noise(self, n: int) -> DoubleArray:
        if not self._taps_T.any():
            ringing_N = np.zeros(0)
        else:
            ringing_N = _convolve(self._white(n), self._taps_T)
        wait = max(0, round(self._hop) - self._noise_lead)
        length = max(wait + len(ringing_N), len(self._coming_N), wait + n)
        coming_N = np.zeros(length)
        coming_N[: len(self._coming_N)] = self._coming_N
        coming_N[wait : wait + len(ringing_N)] += ringing_N
        self._coming_N = coming_N[n:]
        return coming_N[:n]


def _noise_filters(shape: Shape, sample_rate: int) -> tuple[DoubleArray, int]:
    """From magnitudes to a filter at `sample_rate`, [M, T], and by how many samples a rendering has it earlier.

    The filter of a rendering is the window method's; it is read between its taps, where those of the other rate are.
    Noise of as many times the samples spreads its power over as many times the band: hence the root.
    """
    full = 2 * (shape.n_noise - 1)
    size = shape.noise_window if 0 < shape.noise_window < full else full
    ratio = sample_rate / shape.sample_rate
    n_after = math.ceil((size - size // 2) * ratio) - 1
    n_before = math.floor(size // 2 * ratio)
    time_T = np.arange(-n_before, n_after + 1) / ratio
    bands_M = np.arange(shape.n_noise)
    weights_M = np.where((bands_M == 0) | (bands_M == shape.n_noise - 1), 1.0, 2.0) / full
    window_T = 0.5 + 0.5 * np.cos(2 * np.pi * time_T / (size - size % 2))
    filters_MT = weights_M[:, None] * np.cos(2 * np.pi * np.outer(bands_M, time_T) / full) * window_T
    lead = max(0, (size - 1) // 2 - 1) + n_before / ratio - size // 2
    return filters_MT / math.sqrt(ratio), round(lead * ratio)


def _convolve(signal_N: DoubleArray, taps_T: DoubleArray) -> DoubleArray:
    n = len(signal_N) + len(taps_T) - 1
    size = 1 << (n - 1).bit_length()
    whole: DoubleArray = np.fft.irfft(np.fft.rfft(signal_N, size) * np.fft.rfft(taps_T, size), size)[:n]
    return whole
