"""Notes, as pianorolls hold them and as they are compared. F = frames, P = 128 MIDI pitches.

Pitch 0 is a rest, as the models with notes in the middle have it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ddsp_backend.arrays import FloatArray

N_PITCHES = 128


@dataclass(frozen=True)
class Note:
    """A pitch from `start` to `end`, both in seconds."""

    pitch: int
    start: float
    end: float
    amplitude: float = 1.0


def runs(is_on_F: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """(first frame, frame after the last) of every stretch of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], is_on_F, [False]])))
    return [(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]


def pianoroll_to_notes(pianoroll_FP: npt.ArrayLike, frame_rate: float) -> list[Note]:
    """A note for every stretch in which a pitch other than 0 is above 0, by their starts."""
    is_on_FP = np.asarray(pianoroll_FP) > 0
    pitches = (pitch for pitch in np.flatnonzero(is_on_FP.any(axis=0)) if pitch)
    notes = [
        Note(int(pitch), start / frame_rate, stop / frame_rate)
        for pitch in pitches
        for start, stop in runs(is_on_FP[:, pitch])
    ]
    return sorted(notes, key=lambda note: (note.start, note.pitch))


def notes_to_pianoroll(notes: Sequence[Note], n_frames: int, frame_rate: float) -> npt.NDArray[np.bool_]:
    """Which pitches sound, [n_frames, P]."""
    pianoroll_FP = np.zeros([n_frames, N_PITCHES], np.bool_)
    for note in notes:
        pianoroll_FP[round(note.start * frame_rate) : round(note.end * frame_rate), note.pitch] = True
    return pianoroll_FP


def align_notes(notes: Sequence[Note], f0_hz_F: FloatArray, frame_rate: float) -> list[Note]:
    """Moves the ends of notes to where their pitch is heard.

    Scores are annotated by hand or by ear. A note begins with the first frame of its pitch after the note before it,
    and ends with the last one before the next; it stays where it is if there is none.

    Args:
      notes: By their starts.
      f0_hz_F: Of the recording, `frame_rate` a second.
    """
    heard_F = np.round(hz_to_midi(f0_hz_F))
    aligned: list[Note] = []
    for i, note in enumerate(notes):
        earliest = aligned[-1].end if aligned else 0.0
        before = _frames_of(note.pitch, heard_F, earliest * frame_rate, note.end * frame_rate)
        start = before[0] / frame_rate if len(before) else note.start
        latest = notes[i + 1].start * frame_rate if i + 1 < len(notes) else len(heard_F)
        after = _frames_of(note.pitch, heard_F, start * frame_rate, latest)
        end = (after[-1] + 1) / frame_rate if len(after) else note.end
        aligned.append(replace(note, start=start, end=end))
    return aligned


def hz_to_midi(hz: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """MIDI note numbers; that of 0 Hz is 0."""
    hz = np.asarray(hz, np.float64)
    midi: npt.NDArray[np.float64] = np.where(hz > 0, 69 + 12 * np.log2(np.where(hz > 0, hz, 1.0) / 440), 0.0)
    return midi


def _frames_of(pitch: int, heard_F: FloatArray, start: float, stop: float) -> npt.NDArray[np.intp]:
    first = max(0, round(start))
    return first + np.flatnonzero(heard_F[first : max(first, round(stop))] == pitch)
