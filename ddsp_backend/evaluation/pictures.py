"""Pictures of what a model was given and what it made of it. F = frames, N = samples, K = bands, P = MIDI pitches.

Each function returns a picture and, in words, what its colours mean.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ddsp_backend.arrays import FloatArray
from ddsp_backend.evaluation.canvas import (
    BLUE,
    ORANGE,
    RED,
    Color,
    Picture,
    curve_panel,
    image_panel,
    span,
    stacked,
)
from ddsp_backend.evaluation.notes import Note, hz_to_midi, notes_to_pianoroll

Legend = tuple[Picture, str]

_GIVEN, _FOUND, _BOTH = (0, 170, 0), (0, 0, 255), (0, 200, 200)
_PITCHES_AROUND = 5
_QUIETEST = 1e-8  # of what is drawn as a logarithm


def waveform(target_N: FloatArray, output_N: FloatArray, seconds: float) -> Legend:
    """The original above the model's."""
    panels = [curve_panel([(audio_N, color)], seconds) for audio_N, color in ((target_N, BLUE), (output_N, ORANGE))]
    return stacked(panels), "Above the original, below the model's. Seconds from left to right."


def f0(target_hz_F: FloatArray, output_hz_F: FloatArray, seconds: float, notes_F: FloatArray | None = None) -> Legend:
    """Pitches in MIDI notes, and perhaps the notes that were made of them; frames without a pitch are gaps."""
    curves: list[tuple[FloatArray, Color]] = [(_gapped_midi(target_hz_F), BLUE)]
    words = "Pitch in MIDI notes over seconds. Blue: the original's. Orange: the model's."
    if notes_F is not None:
        curves.append((np.where(notes_F > 0, notes_F, np.nan), RED))
        words += " Red: the notes."
    return curve_panel([*curves, (_gapped_midi(output_hz_F), ORANGE)], seconds), words


def curves(target_F: FloatArray, output_F: FloatArray, seconds: float) -> Legend:
    """Two curves of the same thing."""
    return curve_panel([(target_F, BLUE), (output_F, ORANGE)], seconds), "Blue: the original. Orange: the model's."


def midi(f0_hz_F: FloatArray, amplitudes_F: FloatArray, notes: Sequence[Note], frame_rate: float) -> Legend:
    """Amplitudes above pitches, with the notes that were found in them."""
    n_frames = len(f0_hz_F)
    pitch_F, level_F = np.full(n_frames, np.nan), np.full(n_frames, np.nan)
    for note in notes:
        frames = slice(round(note.start * frame_rate), round(note.end * frame_rate))
        pitch_F[frames], level_F[frames] = note.pitch, _db(note.amplitude)
    seconds = n_frames / frame_rate
    panels = [
        curve_panel([(_db(amplitudes_F), BLUE), (level_F, RED)], seconds),
        curve_panel([(_gapped_midi(f0_hz_F), BLUE), (pitch_F, RED)], seconds),
    ]
    return stacked(
        panels
    ), "Above amplitude in dB, below pitch in MIDI notes. Blue: the curves. Red: the notes in them."


def pianoroll(given_FP: npt.NDArray, found: Sequence[Note], frame_rate: float) -> Legend:
    """The notes of the data set and those that were found, between the lowest and the highest of them."""
    given_PF = (np.asarray(given_FP) > 0).T
    found_PF = notes_to_pianoroll(found, given_PF.shape[1], frame_rate).T
    colors = np.full([*given_PF.shape, 3], 255, np.uint8)
    for where, color in ((given_PF, _GIVEN), (found_PF, _FOUND), (given_PF & found_PF, _BOTH)):
        colors[where] = color
    played = np.flatnonzero((given_PF | found_PF).any(axis=1))
    low, high = (played[0], played[-1]) if len(played) else (0, len(colors) - 1)
    low, high = max(0, low - _PITCHES_AROUND), min(len(colors) - 1, high + _PITCHES_AROUND)
    picture = image_panel(colors[low : high + 1], given_PF.shape[1] / frame_rate, float(low), float(high))
    return picture, "MIDI notes over seconds. Green: of the data set. Blue: found. Cyan: both."


def controls(given_FK: FloatArray, output_FK: FloatArray | None, seconds: float) -> Legend:
    """Many values over time as a map: the first branch's, and below them the second branch's and how far it is off."""
    words = "Low bands at the bottom; the brighter, the more."
    if output_FK is None:
        return _map(given_FK, seconds, span([given_FK])), words
    both, off = span([given_FK, output_FK]), output_FK - given_FK
    panels = [_map(given_FK, seconds, both), _map(output_FK, seconds, both), _map(off, seconds, span([off]))]
    return stacked(panels), f"From the controls, from the notes, and the difference. {words}"


def logarithm(values: FloatArray) -> FloatArray:
    """For `controls`: what is near zero told apart."""
    return np.asarray(np.log(np.maximum(values, 0) + _QUIETEST))


def _map(values_FK: FloatArray, seconds: float, limits: tuple[float, float]) -> Picture:
    low, high = limits
    shade_KF = np.clip((values_FK.T - low) / (high - low), 0, 1)
    # From black through purple and orange to pale yellow.
    stops = np.array([[0, 0, 0], [114, 31, 129], [241, 96, 93], [252, 253, 191]], np.float64)
    colors = [np.interp(shade_KF, np.linspace(0, 1, len(stops)), stops[:, channel]) for channel in range(3)]
    return image_panel(np.stack(colors, -1).astype(np.uint8), seconds, 0.0, float(len(shade_KF)))


def _gapped_midi(hz_F: FloatArray) -> FloatArray:
    midi_F = hz_to_midi(hz_F)
    return np.where(midi_F > 0, midi_F, np.nan)


def _db(amplitudes: npt.ArrayLike) -> FloatArray:
    return np.asarray(20 * np.log10(np.maximum(amplitudes, 1e-4)))
