"""What every pitch tracker offers, and how one is chosen."""

# F = frames, N = samples at 16 kHz

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ddsp_backend.arrays import Array
from ddsp_backend.errors import ConfigError
from ddsp_backend.jobs.steps import drain

SAMPLE_RATE = 16000
FRAME_SIZE = 1024
# Frames with a root mean square below this are not analysed: -80 dB of full scale is where loudness itself ends.
SILENCE_RMS = 1e-4
SURE_CONFIDENCE = 0.5  # both trackers' border between a pitch and a guess
HELD_WITHOUT_ANY_PITCH = 220.0


@dataclass(frozen=True, slots=True)
class Pitch:
    """f0_hz_F and confidence_F (0 to 1). Frames that were not analysed have f0 NaN and confidence 0."""

    f0_hz: Array
    confidence: Array

    def filled(self) -> "Pitch":
        """Every frame with a plausible f0: gaps are interpolated on the logarithmic scale, ends are held.

        What a gap leans on are sure frames, where there are any: the frames at the very edge of a silence are guesses.
        """
        known_F = np.isfinite(self.f0_hz)
        if known_F.all():
            return self
        if not known_F.any():
            return Pitch(np.full_like(self.f0_hz, HELD_WITHOUT_ANY_PITCH), self.confidence)
        sure_F = known_F & (self.confidence >= SURE_CONFIDENCE)
        leaned_on = np.flatnonzero(sure_F if sure_F.any() else known_F)
        frames_F = np.arange(len(self.f0_hz))
        octaves = np.interp(frames_F, leaned_on, np.log2(self.f0_hz[leaned_on].astype(np.float64)))
        f0_hz_F = np.where(known_F, self.f0_hz, np.exp2(octaves)).astype(np.float32)
        return Pitch(f0_hz_F, self.confidence)


@dataclass(slots=True)
class Unfinished:
    """What a tracker has found of a stretch so far, in its own terms: kept when it is stopped, it can go on there."""

    n_done: int = 0  # frames
    indices: list[npt.NDArray[np.int64]] = field(default_factory=list)
    findings: list[Array] = field(default_factory=list)


class PitchTracker(Protocol):
    """Finds the fundamental frequency of monophonic audio at 16 kHz. Holds no state between calls."""

    name: str
    """Names the tracker and everything that changes its numbers, for caches."""
    context: int
    """Samples beyond a frame's own 1024 that may influence it, on each side."""

    def steps(
        self, audio_N: Array, start: int, hop: int, n_frames: int, unfinished: Unfinished | None = None
    ) -> Generator[int, None, Pitch]:
        """Analyses frames i = 0 .. n_frames - 1, each of audio_N[start + i * hop:][:1024]; beyond the audio is silence.

        Yields the number of frames done so far, often enough to stop between two steps within a second, and returns
        the pitch of all frames. `unfinished` is gone on from, and keeps what is found; fast trackers leave it alone.
        """
        ...


def frame_layout(n_samples: int, frame_rate: int, padding: str) -> tuple[int, int, int]:
    """(start of the first frame, hop, number of frames) at 16 kHz, as the reference frames its audio.

    "center": frames are centred on multiples of the hop, which gives one frame more; "same": they begin there and the
    end is filled up with silence; "valid": likewise, without the frames that would see that silence.
    """
    hop = SAMPLE_RATE // frame_rate
    if padding == "center":
        return -(FRAME_SIZE // 2), hop, n_samples // hop + 1
    if padding == "same":
        return 0, hop, -(-n_samples // hop)
    if padding == "valid":
        return 0, hop, max(0, 1 + (n_samples - FRAME_SIZE) // hop)
    raise ConfigError(f"padding={padding!r} cannot be used", "It must be 'center', 'same' or 'valid'.")


def track(tracker: PitchTracker, audio_N: Array, frame_rate: int, padding: str) -> tuple[Array, Array]:
    """(f0_hz_F, confidence_F) of a whole recording at 16 kHz, every f0 plausible, silence with confidence 0."""
    pitch = drain(tracker.steps(audio_N, *frame_layout(len(audio_N), frame_rate, padding))).filled()
    return pitch.f0_hz, pitch.confidence


def cut(audio_N: Array, start: int, stop: int) -> Array:
    """audio_N[start:stop] where what lies outside the audio is silence."""
    inside = audio_N[max(start, 0) : max(stop, 0)]
    if len(inside) == stop - start:
        return inside
    before = min(max(-start, 0), stop - start)
    return np.pad(inside, (before, stop - start - before - len(inside)))
