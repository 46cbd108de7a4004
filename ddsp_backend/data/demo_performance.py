"""What the demo instrument plays: a melody in phrases, as pitch, loudness and breath over time.

Everything follows from a random generator, so that the same seed gives the same performance.
"""

# F = control frames, K = harmonics, M = bands of the noise filter

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ddsp_backend.arrays import DoubleArray

CONTROL_RATE = 250
N_HARMONICS = 60
N_BANDS = 65


_SCALE = np.array([0, 2, 3, 5, 7, 9, 10])  # dorian
_TONIC_MIDI = 62
_DEGREES = (0, 15)  # D4 to E6
_DYNAMICS = np.array([0.25, 0.5, 0.75, 1.0])  # pp, mp, mf, ff
_FULL_LEVEL = 0.6  # amplitude of the sum of all harmonics at ff


@dataclass(frozen=True, slots=True)
class Performance:
    """Curves [F], 250 frames a second."""

    f0_hz: DoubleArray  # held in rests
    dynamic: DoubleArray  # 0 in silence, 1 at ff
    breath: DoubleArray  # bursts of air at the attacks
    voiced: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Note:
    start: float
    stop: float
    midi: float
    dynamic: float
    first: bool  # of its phrase: it is attacked, the others are slurred
    last: bool


def perform(seconds: float, rng: np.random.Generator) -> Performance:
    """A performance of `seconds`, which begins and ends in silence."""
    time_F = np.arange(round(seconds * CONTROL_RATE)) / CONTROL_RATE
    midi_F = np.full(len(time_F), np.nan)
    dynamic_F, breath_F = np.zeros(len(time_F)), np.zeros(len(time_F))
    for note in _compose(seconds, rng):
        inside = (time_F >= note.start) & (time_F < note.stop)
        local = time_F[inside] - note.start
        midi_F[inside] = note.midi + _vibrato(local, note, rng)
        dynamic_F[inside] = note.dynamic * _envelope(local, note, rng)
        if note.first:
            breath_F += 0.8 * note.dynamic * np.exp(-0.5 * np.square((time_F - note.start - 0.02) / 0.015))
    known = np.isfinite(midi_F)
    frames = np.arange(len(time_F))
    midi_F = _slurred(np.interp(frames, frames[known], midi_F[known]))
    # A player is never quite steady: slow, small wandering of pitch and pressure.
    midi_F = midi_F + 0.04 * _wander(len(time_F), 1.5, rng)
    dynamic_F = np.clip(dynamic_F * (1 + 0.05 * _wander(len(time_F), 4.0, rng)), 0, 1)
    return Performance(440 * 2 ** ((midi_F - 69) / 12), dynamic_F, breath_F, dynamic_F > 0.02)


def harmonic_amplitudes(performance: Performance, sample_rate: int) -> DoubleArray:
    """amplitudes_FK: brighter when louder, with two formants and weak even harmonics; nothing near Nyquist."""
    number_K = np.arange(1, N_HARMONICS + 1)
    frequency_FK = performance.f0_hz[:, None] * number_K
    dynamic_F1 = performance.dynamic[:, None]
    tilt_F1 = 3.2 - 1.9 * dynamic_F1
    formants_FK = 0.35 + _bump(frequency_FK, 1000, 0.5) + 0.6 * _bump(frequency_FK, 2800, 0.35)
    weights_FK = number_K**-tilt_F1 * np.where(number_K % 2 == 0, 0.5, 1.0) * formants_FK
    weights_FK *= np.clip((0.47 * sample_rate - frequency_FK) / (0.02 * sample_rate), 0, 1)
    level_F1 = _FULL_LEVEL * dynamic_F1**1.5
    total_F1 = weights_FK.sum(axis=1, keepdims=True)
    amplitudes_FK: DoubleArray = level_F1 * weights_FK / np.maximum(total_F1, 1e-9)
    return amplitudes_FK


def noise_magnitudes(performance: Performance, sample_rate: int) -> DoubleArray:
    """magnitudes_FM of the filter that white noise passes: breath that rises with the pressure, most around 2 kHz."""
    band_hz_M = np.linspace(0, sample_rate / 2, N_BANDS)
    color_M = 0.15 + _bump(np.maximum(band_hz_M, 1.0), 2000, 1.2)
    level_F = 0.012 * performance.dynamic**1.2 + 0.05 * performance.breath
    return level_F[:, None] * color_M


def room_response(sample_rate: int, rng: np.random.Generator) -> DoubleArray:
    """The impulse response of a light room: the direct sound, then half a second of decaying noise."""
    time = np.arange(round(0.5 * sample_rate)) / sample_rate
    decay = rng.standard_normal(len(time)) * 10 ** (-3 * time / 0.45)
    decay *= np.clip((time - 0.004) / 0.004, 0, 1)  # the first reflections take a few milliseconds
    decay *= 0.2 / np.sqrt(np.square(decay).sum())
    decay[0] = 1.0
    return decay


def _compose(seconds: float, rng: np.random.Generator) -> list[_Note]:
    notes: list[_Note] = []
    now = 0.25
    degree = int(rng.integers(3, 9))
    dynamics = rng.permutation(_DYNAMICS)
    phrase = 0
    while True:
        lengths = rng.choice([0.3, 0.45, 0.6, 0.9, 1.4], size=int(rng.integers(3, 7)), p=[0.2, 0.25, 0.25, 0.2, 0.1])
        lengths[-1] = max(lengths[-1], 0.9)
        room = seconds - 0.3 - now
        lengths = lengths[np.cumsum(lengths) <= room]
        if not len(lengths):
            if notes or room < 0.3:
                return notes
            lengths = np.array([room])
        dynamic = float(dynamics[phrase % len(dynamics)])
        for index, length in enumerate(lengths):
            degree = int(np.clip(degree + rng.choice([-3, -2, -1, 1, 2, 4]), *_DEGREES))
            midi = _TONIC_MIDI + 12 * (degree // len(_SCALE)) + _SCALE[degree % len(_SCALE)]
            swell = 1 - 0.15 * abs(2 * index / max(1, len(lengths) - 1) - 1)
            last = index == len(lengths) - 1
            notes.append(_Note(now, now + length, float(midi), dynamic * swell, index == 0, last))
            now += length
        now += float(rng.uniform(0.25, 0.6))
        phrase += 1


def _vibrato(local: DoubleArray, note: _Note, rng: np.random.Generator) -> DoubleArray:
    """Semitones: it sets in after a third of a second, and only in notes long enough."""
    depth = rng.uniform(0.12, 0.3) * np.clip((local - 0.3) / 0.4, 0, 1)
    return depth * np.sin(2 * np.pi * rng.uniform(4.8, 6.0) * local + rng.uniform(0, 2 * np.pi))


def _envelope(local: DoubleArray, note: _Note, rng: np.random.Generator) -> DoubleArray:
    attack, release = rng.uniform(0.04, 0.09), rng.uniform(0.08, 0.16)
    length = note.stop - note.start
    envelope = 0.85 + 0.15 * np.sin(np.pi * np.clip(local / length, 0, 1))
    if note.first:
        envelope = envelope * np.clip(local / attack, 0, 1)
    else:
        envelope = envelope * (1 - 0.3 * np.exp(-local / 0.02))  # the tongue touches lightly
    if note.last:
        envelope = envelope * np.clip((length - local) / release, 0, 1) ** 1.5
    return envelope


def _slurred(midi_F: DoubleArray) -> DoubleArray:
    """Fingers need about 20 ms from one note to the next."""
    window = np.hanning(9)[1:-1]
    padded = np.pad(midi_F, len(window) // 2, mode="edge")
    return np.convolve(padded, window / window.sum(), mode="valid")


def _wander(n_frames: int, rate_hz: float, rng: np.random.Generator) -> DoubleArray:
    """Smooth random curve of about unit size."""
    n_points = max(2, int(n_frames / CONTROL_RATE * rate_hz) + 2)
    positions = np.linspace(0, n_points - 1, n_frames)
    points = rng.standard_normal(n_points)
    blend = 0.5 - 0.5 * np.cos(np.pi * (positions % 1))
    left = positions.astype(int).clip(0, n_points - 2)
    blend[positions >= n_points - 1] = 1.0
    curve: DoubleArray = points[left] * (1 - blend) + points[left + 1] * blend
    return curve


def _bump(frequency_hz: DoubleArray, center_hz: float, octaves: float) -> DoubleArray:
    bump: DoubleArray = np.exp(-0.5 * np.square(np.log2(frequency_hz / center_hz) / octaves))
    return bump
