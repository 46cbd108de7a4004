"""Reads the pictures that an inspection leaves beside its words."""

import io
import zipfile
from pathlib import Path

import numpy as np

from app.state.peaks import Floats, Peaks
from app.state.recording_picture import RecordingPicture
from ddsp_backend.errors import AudioError

_AGAIN = "Press Look again to make a new one."


def read_recording_picture(path: Path) -> RecordingPicture:
    """Raises AudioError where the file is gone or damaged."""
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as stored:
            fields = {name: np.asarray(stored[name], np.float32) for name in _FIELDS}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise AudioError(f"The picture of this recording cannot be read: {error}", _AGAIN) from error
    waveform_2X, f0_hz_F, confidence_F, level_db_F = (fields[name] for name in _FIELDS[:4])
    column_seconds, frame_seconds = float(fields["column_seconds"]), float(fields["frame_seconds"])
    if not (
        waveform_2X.ndim == 2
        and waveform_2X.shape[0] == 2
        and waveform_2X.shape[1] > 0
        and f0_hz_F.shape == confidence_F.shape == level_db_F.shape
        and column_seconds > 0
        and frame_seconds > 0
    ):
        raise AudioError("The picture of this recording is damaged", _AGAIN)
    low_X, high_X = np.nan_to_num(waveform_2X)
    seconds = column_seconds * len(low_X)
    peaks = Peaks(low_X, high_X, _rms(level_db_F, frame_seconds, column_seconds, low_X, high_X), seconds)
    return RecordingPicture(peaks, f0_hz_F, np.nan_to_num(confidence_F), frame_seconds)


_FIELDS = ("waveform", "f0_hz", "confidence", "level_db", "column_seconds", "frame_seconds")


def _rms(level_db_F: Floats, frame_seconds: float, column_seconds: float, low_X: Floats, high_X: Floats) -> Floats:
    """[X] The root mean square of each column, from the levels of the frames, and never beyond the peaks."""
    most_X = np.maximum(high_X, -low_X)
    if not len(level_db_F):
        return np.zeros_like(low_X)
    times_X = (np.arange(len(low_X)) + 0.5) * column_seconds
    times_F = (np.arange(len(level_db_F)) + 0.5) * frame_seconds
    rms_X = np.interp(times_X, times_F, 10 ** (np.nan_to_num(level_db_F, nan=-100.0) / 20))
    limited_X: Floats = np.minimum(rms_X, most_X).astype(np.float32)
    return limited_X
