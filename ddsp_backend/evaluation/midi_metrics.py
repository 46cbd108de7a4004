"""How far the notes that were found are those of the data set. F = frames, P = 128 MIDI pitches."""

from collections.abc import Sequence

import numpy.typing as npt

from ddsp_backend.arrays import FloatArray
from ddsp_backend.evaluation.note_matching import Counts, count_matches
from ddsp_backend.evaluation.notes import Note, align_notes, notes_to_pianoroll, pianoroll_to_notes


class MidiMetrics:
    """Precision, recall and f1, over all notes of all examples together.

    `midi/TAG/onset/...` asks for pitch and start of a note, `midi/TAG/full_note/...` also for its end, and
    `midi/TAG/frame/...` at each frame whether any note sounds.

    Args:
      frames_per_second: Of pianorolls and curves.
      tag: Whose notes these are.
      align_midi_with_f0: Move the ends of the data set's notes to where their pitch is heard.
    """

    def __init__(self, frames_per_second: float, tag: str, align_midi_with_f0: bool = True) -> None:
        self._frame_rate = frames_per_second
        self._tag = tag
        self._aligns = align_midi_with_f0
        self._counts = {"onset": Counts(), "full_note": Counts(), "frame": Counts()}

    def update_state(self, pianoroll_FP: npt.NDArray, found: Sequence[Note], f0_hz_F: FloatArray) -> None:
        """Adds an example: its velocities, the notes that were found, and the pitch of the recording."""
        notes = pianoroll_to_notes(pianoroll_FP, self._frame_rate)
        aligned = align_notes(notes, f0_hz_F, self._frame_rate) if self._aligns else notes
        for name, with_offsets in (("onset", False), ("full_note", True)):
            n_right = count_matches(aligned, found, with_offsets)
            self._counts[name].add(n_right, len(found) - n_right, len(aligned) - n_right)
        n_frames = len(pianoroll_FP)
        sounds_F, found_F = (
            notes_to_pianoroll(played, n_frames, self._frame_rate).any(axis=1) for played in (notes, found)
        )
        self._counts["frame"].add(
            int((sounds_F & found_F).sum()), int((found_F & ~sounds_F).sum()), int((sounds_F & ~found_F).sum())
        )

    def metrics(self) -> dict[str, float]:
        return {
            f"midi/{self._tag}/{name}/{score}": value
            for name, counts in self._counts.items()
            for score, value in counts.scores().items()
        }
