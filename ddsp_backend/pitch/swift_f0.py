"""swift-f0 as a tracker: many times faster than CREPE, from 47 to 2094 Hz, and with `octaves` beyond both.

Its confidence is a voicing score, calibrated so that 0.5 is the border between voiced and unvoiced; CREPE's is the
height of the activation's peak. Both call a frame sure above 0.5, but their distributions differ.
"""

# F = frames, N = samples at 16 kHz

from collections.abc import Generator

import numpy as np
import swift_f0

from ddsp_backend.arrays import Array
from ddsp_backend.pitch.octaves import moved_to_the_spectrum
from ddsp_backend.pitch.tracker import FRAME_SIZE, SAMPLE_RATE, SILENCE_RMS, Pitch, Unfinished, cut

_HOP = round(swift_f0.FRAME_PERIOD * SAMPLE_RATE)
_RECEPTIVE_FIELD = 2815  # samples each way, as the package says
_BLOCK = 1024 * _HOP  # 16 s at a time
_LEAST_CONFIDENCE = 0.2  # below, there is no pitch whose octave could be wrong
_VERSION = 3
_OCTAVES_VERSION = 1


class SwiftF0Tracker:
    """swift-f0, its frames of 16 ms interpolated to the grid asked for. Frames below -80 dB count as unvoiced.

    With `octaves`, what the network reads an octave too high or too low is corrected by the spectrum.
    """

    context = 2 * -(-_RECEPTIVE_FIELD // _HOP) * _HOP  # whole frames: chunks stay on the grid of the detector's frames

    def __init__(self, octaves: bool = True) -> None:
        self.name = _name(octaves)
        self._octaves = octaves
        # One thread: the last digits of its answers depend on their number.
        self._detector = swift_f0.SwiftF0(threads=1, spin=False)

    def steps(
        self, audio_N: Array, start: int, hop: int, n_frames: int, unfinished: Unfinished | None = None
    ) -> Generator[int, None, Pitch]:
        """See `PitchTracker.steps`."""
        centers_F = start + FRAME_SIZE // 2 + hop * np.arange(n_frames)
        f0_hz_F = np.full(n_frames, np.nan, np.float32)
        confidence_F = np.zeros(n_frames, np.float32)
        per_block = max(1, _BLOCK // hop)
        for first in range(0, n_frames, per_block):
            frames = slice(first, min(first + per_block, n_frames))
            f0_hz_F[frames], confidence_F[frames] = self._analyse(audio_N, centers_F[frames])
            yield frames.stop
        return Pitch(f0_hz_F, confidence_F)

    def _analyse(self, audio_N: Array, centers_F: np.ndarray) -> tuple[Array, Array]:
        # The block begins on the grid of the detector's own frames, so that the answer does not depend on the block.
        begin = (int(centers_F[0]) - _RECEPTIVE_FIELD) // _HOP * _HOP
        stretch_N = cut(audio_N, begin, int(centers_F[-1]) + _RECEPTIVE_FIELD + _HOP)
        found = self._detector.detect(stretch_N, SAMPLE_RATE)
        positions = begin + found.timestamps * SAMPLE_RATE
        octaves_F = np.interp(centers_F, positions, np.log2(self._pitch_hz(found, stretch_N)))
        confidence_F = np.interp(centers_F, positions, found.confidence)
        energy = np.concatenate([[0.0], np.cumsum(np.square(stretch_N, dtype=np.float64))])
        first_F = np.clip(centers_F - FRAME_SIZE // 2 - begin, 0, len(stretch_N))
        last_F = np.clip(first_F + FRAME_SIZE, 0, len(stretch_N))
        loud_F = np.maximum(energy[last_F] - energy[first_F], 0) >= FRAME_SIZE * SILENCE_RMS**2
        f0_hz_F = np.where(loud_F, np.exp2(octaves_F), np.nan).astype(np.float32)
        return f0_hz_F, np.where(loud_F, confidence_F, 0).astype(np.float32)

    def _pitch_hz(self, found: swift_f0.PitchResult, stretch_N: Array) -> Array:
        pitch_hz_F: Array = np.asarray(found.pitch_hz, np.float32)
        sure = np.flatnonzero(found.confidence >= _LEAST_CONFIDENCE)
        if self._octaves and len(sure):
            centers_F = np.rint(found.timestamps[sure] * SAMPLE_RATE).astype(np.int64)
            pitch_hz_F = pitch_hz_F.copy()
            pitch_hz_F[sure] = moved_to_the_spectrum(pitch_hz_F[sure], stretch_N, centers_F)
        return pitch_hz_F


def make(capacity: str, viterbi: bool, n_threads: int) -> SwiftF0Tracker:
    """See `trackers.TrackerModule`: it has one size, one way to read its answers, and one thread."""
    return SwiftF0Tracker()


def name_of(capacity: str, viterbi: bool) -> str:
    """See `trackers.TrackerModule`."""
    return _name(octaves=True)


def _name(octaves: bool) -> str:
    """Names everything that changes the tracker's numbers."""
    return f"swift-f0-{_VERSION}" + (f"-octaves-{_OCTAVES_VERSION}" if octaves else "")
