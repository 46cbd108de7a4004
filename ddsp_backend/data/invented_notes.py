"""Notes that nobody played: controls of both synthesizers, for models that learn to tell them from audio.

The self-supervision of Engel et al., "Self-supervised Pitch Detection by Inverse Audio Synthesis", ICML 2020 workshop.
F = control frames, K = harmonics, M = noise bands, J = notes of an example, C = channels, L = curves
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np

from ddsp_backend.arrays import DoubleArray
from ddsp_backend.data.stages import Result
from ddsp_backend.data.tfrecord_writing import serialize_example, write_record
from ddsp_backend.files import naming_errors, written_whole

Notes: TypeAlias = dict[str, DoubleArray]
NoteGenerator: TypeAlias = Callable[[np.random.Generator], Notes]

_SAMPLE_RATE = 16000
_LOWEST_MIDI, _HIGHEST_MIDI = 24.0, 84.0
_MOST_NOTES = 20  # of an example of the first kind
_N_LINES = 10
_DARK_SHARE = 0.8
_QUIET = -10.0  # of exp_sigmoid: nothing


@dataclass(frozen=True, slots=True)
class WriteNotes:
    """Writes one file of a data set: the examples of these numbers, each drawn from (seed, number).

    `target` is where the file goes when all are written; it lies in `folder` until then.
    """

    target: Path
    folder: Path
    numbers: range
    seed: int
    invent: NoteGenerator

    @property
    def detail(self) -> str:
        return ""

    def steps(self, n_threads: int) -> Generator[float, None, Result]:
        hidden = self.folder / self.target.name
        with naming_errors(self.target, hidden), written_whole(hidden) as temporary, temporary.open("wb") as file:
            for number in self.numbers:
                notes = self.invent(np.random.default_rng([self.seed, number]))
                write_record(file, serialize_example({k: v.astype(np.float32).ravel() for k, v in notes.items()}))
                yield 1.0
        return {}


def generate_notes(
    rng: np.random.Generator,
    /,
    n_timesteps: int,
    n_harmonics: int = 100,
    n_mags: int = 65,
    get_controls: bool = True,
) -> Notes:
    """One example of up to twenty notes of one length, whose loudness and timbre are held or fade from note to note.

    Args:
      n_timesteps: Number of control frames in each example; more make longer examples that need more memory.
      n_harmonics: Number of harmonics of each note; more harmonics reach higher frequencies.
      n_mags: Number of noise bands; more bands shape the noise more finely.
      get_controls: Give values as the synthesizers sound them; otherwise as a network would say them.

    Returns: As `generate_notes_v2`.
    """
    n_notes = int(rng.integers(1, _MOST_NOTES + 1))

    def over_time(lowest: float, highest: float, width: int, fades: bool) -> DoubleArray:
        return _over_time(rng.uniform(lowest, highest, [n_notes, width]), n_timesteps, fades)

    loudness_F1 = over_time(-2.0, 2.0, 1, _coin(rng))
    f0_midi_F1 = over_time(_LOWEST_MIDI, _HIGHEST_MIDI, 1, False)
    fades = _coin(rng)
    slopes_L, steepness_L = np.arange(_N_LINES), rng.uniform(1.0, 6.0, _N_LINES)
    falling_LK = -(np.linspace(0.0, slopes_L, n_harmonics, axis=1) ** steepness_L[:, None])
    spectrum_FK = over_time(0.0, 1.0, _N_LINES, fades) @ falling_LK
    noise_FM = over_time(-6.0, rng.uniform(-4.0, 0.0), n_mags, _coin(rng))
    f0_hz_F1 = _hz(f0_midi_F1)
    if not get_controls:
        return _with_sinusoids(f0_hz_F1, loudness_F1, spectrum_FK, noise_FM)
    distribution_FK = _audible(_exp_sigmoid(spectrum_FK), f0_hz_F1)
    return _with_sinusoids(f0_hz_F1, _exp_sigmoid(loudness_F1), distribution_FK, _exp_sigmoid(noise_FM))


def generate_notes_v2(
    rng: np.random.Generator,
    /,
    n_timesteps: int = 125,
    n_harmonics: int = 100,
    n_mags: int = 65,
    min_note_length: int = 5,
    max_note_length: int = 25,
    p_silent: float = 0.1,
    p_vibrato: float = 0.5,
    get_controls: bool = True,
) -> Notes:
    """One example of notes and rests of any length, with swells, vibrato and timbres that turn into others.

    Args:
      n_timesteps: Number of control frames in each example; more make longer examples that need more memory.
      n_harmonics: Number of harmonics of each note; more harmonics reach higher frequencies.
      n_mags: Number of noise bands; more bands shape the noise more finely.
      min_note_length: Frames of the shortest note; the fastest vibrato has two periods in so many.
      max_note_length: Frames of the longest note.
      p_silent: Share of the notes that are rests.
      p_vibrato: Share of the notes that have a vibrato.
      get_controls: Give values as the synthesizers sound them; otherwise as a network would say them.

    Returns: `f0_hz` and `harm_amp` [F, 1], `harm_dist`, `sin_amps` and `sin_freqs` [F, K], `noise_magnitudes` [F, M].
    """
    n_frames = n_timesteps
    loudness_F1, f0_midi_F1 = np.full([n_frames, 1], _QUIET), np.zeros([n_frames, 1])
    spectrum_FK, noise_FM = np.zeros([n_frames, n_harmonics]), np.zeros([n_frames, n_mags])
    start = 0
    while start < n_frames:
        length = min(int(rng.integers(min_note_length, max_note_length + 1)), n_frames - start)
        note = slice(start, start + length)
        if rng.random() > p_silent:
            jitter = rng.uniform(0, 0.1)
            loudness_F1[note, 0] = _glide(rng, length, *rng.uniform(-1, 3, 2)) + jitter * rng.standard_normal(length)
            spectrum_FK[note] = _gliding_curve(rng, length, n_harmonics, rng.uniform(0, 0.5))
            f0_midi_F1[note, 0] = rng.uniform(_LOWEST_MIDI, _HIGHEST_MIDI) + _bend(
                rng, length, p_vibrato, min_note_length
            )
        noise_FM[note] = _gliding_curve(rng, length, n_mags, rng.uniform(0, 0.2)) - rng.uniform(1, 10)
        start += length
    f0_hz_F1 = _hz(f0_midi_F1)
    if not get_controls:
        return _with_sinusoids(f0_hz_F1, loudness_F1, spectrum_FK, noise_FM)
    distribution_FK = _audible(np.exp(spectrum_FK - spectrum_FK.max(axis=1, keepdims=True)), f0_hz_F1)
    quieter = rng.uniform(1, rng.uniform(2, 10) if rng.random() < 0.2 else 2)
    return _with_sinusoids(f0_hz_F1, _exp_sigmoid(loudness_F1) / quieter, distribution_FK, _exp_sigmoid(noise_FM))


def _with_sinusoids(f0_hz_F1: DoubleArray, amp_F1: DoubleArray, dist_FK: DoubleArray, noise_FM: DoubleArray) -> Notes:
    return {
        "f0_hz": f0_hz_F1,
        "harm_amp": amp_F1,
        "harm_dist": dist_FK,
        "sin_amps": amp_F1 * dist_FK,
        "sin_freqs": _harmonics(f0_hz_F1, dist_FK.shape[1]),
        "noise_magnitudes": noise_FM,
    }


def _audible(spectrum_FK: DoubleArray, f0_hz_F1: DoubleArray) -> DoubleArray:
    """Shares of the harmonics below Nyquist."""
    heard_FK = spectrum_FK * (_harmonics(f0_hz_F1, spectrum_FK.shape[1]) < _SAMPLE_RATE / 2)
    shares_FK: DoubleArray = heard_FK / np.maximum(heard_FK.sum(axis=1, keepdims=True), 1e-7)
    return shares_FK


def _harmonics(f0_hz_F1: DoubleArray, n: int) -> DoubleArray:
    frequencies_FK: DoubleArray = f0_hz_F1 * np.arange(1, n + 1)
    return frequencies_FK


def _hz(midi_F1: DoubleArray) -> DoubleArray:
    """0 where there is no note."""
    return np.where(midi_F1 > 0, 440 * 2 ** ((midi_F1 - 69) / 12), 0.0)


def _coin(rng: np.random.Generator) -> bool:
    return bool(rng.random() < 0.5)


def _over_time(values_JC: DoubleArray, n_frames: int, fades: bool) -> DoubleArray:
    """[F, C]: each value in its turn, held, or fading into the next one."""
    position_F = np.arange(n_frames) * len(values_JC) / n_frames
    now_F = position_F.astype(int)
    next_F = np.minimum(now_F + 1, len(values_JC) - 1)
    share_F1 = (position_F - now_F)[:, None] * fades
    over_time_FC: DoubleArray = values_JC[now_F] * (1 - share_F1) + values_JC[next_F] * share_F1
    return over_time_FC


def _glide(rng: np.random.Generator, length: int, begin: float, end: float) -> DoubleArray:
    """From `begin` to `end`, at first slowly or fast."""
    share_F = np.linspace(1, 0, length) ** 2 ** rng.uniform(-2, 2)
    return share_F * begin + (1 - share_F) * end


def _bend(rng: np.random.Generator, length: int, p_vibrato: float, shortest: int) -> DoubleArray:
    """Semitones around a note: a little unsteady, some with a vibrato."""
    bend_F = rng.uniform(0, 0.1) * rng.standard_normal(length)
    if rng.random() < p_vibrato:
        periods = rng.uniform(0, 2 * length / shortest)
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
    scaled: DoubleArray = 2 * np.exp(-np.log(10) * np.logaddexp(0, -x)) + 1e-7
    return scaled
