"""What is drawn of one recording: its waveform, and the pitch that was heard in it."""

from dataclasses import dataclass

import numpy as np

from app.state.peaks import Floats, Peaks

SURE_CONFIDENCE = 0.5  # below, a pitch is a guess


@dataclass(frozen=True, slots=True, eq=False)
class RecordingPicture:
    """`f0_hz` [F] and `confidence` [F] of frames that are `frame_seconds` apart; f0 is NaN where there is no pitch."""

    peaks: Peaks
    f0_hz: Floats
    confidence: Floats
    frame_seconds: float

    @property
    def notes(self) -> Floats:
        """[F] MIDI notes, fractional; NaN without pitch."""
        with np.errstate(invalid="ignore", divide="ignore"):
            notes: Floats = (69 + 12 * np.log2(self.f0_hz / 440)).astype(np.float32)
        return notes

    @property
    def range(self) -> tuple[float, float]:
        """The lowest and highest note that a picture should show: those heard for sure, but for chance; an octave at
        least."""
        notes = self.notes
        sure = notes[(self.confidence >= SURE_CONFIDENCE) & np.isfinite(notes)]
        low, high = (float(edge) for edge in np.percentile(sure, (1, 99))) if len(sure) else (54.0, 66.0)
        widen = max(2.0, (12 - (high - low)) / 2)
        return low - widen, high + widen
