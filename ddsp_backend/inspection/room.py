"""How long a room resounds: the partials of a note that has ended, while the next one sounds already or nothing does.

An instrument that is blown or bowed is silent a tenth of a second after its note has ended. In a room its partials go
on, and after every note as slowly. A plucked or struck note dies away slowly by itself, but does so while it is played:
only ends of notes that were held at one level count.
"""

# F = frames, K = bins, N = samples at 16 kHz

from dataclasses import dataclass

import numpy as np

from ddsp_backend.arrays import Array
from ddsp_backend.inspection.frames import FRAME_SECONDS, HOP, Mask
from ddsp_backend.pitch.tracker import SAMPLE_RATE

_WINDOW = 2048
_BEFORE = (13, 8, 3)  # frames before the end of a note: what it was
_EARLY, _LATE = (14, 17, 20), (42, 45, 48)  # frames after it: 0.3 s, 0.7 s
_SHORTEST = 15  # frames of a note
_JUMP = 0.7  # semitones from one frame to the next: another note
_LOWEST_F0_HZ = 110.0  # below, partials lie too near to those of the next note, and strings and long tubes ring on
_HIGHEST_HZ, _MOST_PARTIALS = 5000.0, 12
_REACH = 2  # bins on each side of a partial
_APART_HZ, _APART = 45.0, 0.04  # from the partials of what sounds by then
_SAME_SEMITONES = 1.0
_RISE_DB = 8.0  # of the same pitch: played again
_LOOKED_BACK = 30  # frames, or half of a short note
_FALL_DB = 2.0  # below their mean: not held any more

_HELD_DB = 3.0  # that a note may have fallen in its last sixth of a second
_HELD_SHARE = 0.9  # of how much it falls in as much time afterwards: a string that was plucked falls alike
_EARLY_DB = (-25.0, -3.0)  # against the note, 0.3 s after its end: instruments alone are softer, other notes as loud
_SECONDS = (1.2, 8.0)  # that a room resounds; less does no harm
_LEAST_ENDS = 5
_ALIKE = 1.5  # times as long or short as the median: one room
_SHARE = 0.6  # of all ends, that must resound alike


@dataclass(frozen=True, slots=True)
class _End:
    """What was heard around the end of one note, dB: how far it had fallen before, and was below itself after."""

    fallen: float
    early: float
    late: float

    @property
    def seconds(self) -> float:
        """Until it has died away by 60 dB, at this rate."""
        return 60 * (_LATE[0] - _EARLY[0]) * FRAME_SECONDS / max(self.early - self.late, 0.1)

    @property
    def is_in_a_room(self) -> bool:
        alike = (self.early - self.late) * (_BEFORE[0] - _BEFORE[-1]) / (_LATE[0] - _EARLY[0])
        return (
            _EARLY_DB[0] < self.early < _EARLY_DB[1]
            and _SECONDS[0] < self.seconds < _SECONDS[1]
            and self.fallen < _HELD_SHARE * alike
        )


class RoomMeter:
    """Hears a recording stretch by stretch, and keeps of the last one what the next one needs."""

    def __init__(self) -> None:
        self._audio_N = np.zeros(_WINDOW // 2, np.float32)  # silence before the first frame
        self._f0_hz_F = np.zeros(0, np.float32)
        self._level_db_F = np.zeros(0, np.float32)
        self._ends: list[_End] = []

    def add(self, audio_N: Array, f0_hz_F: Array, level_db_F: Array) -> None:
        """The next stretch: HOP samples a frame, from the middle of its first frame on; NaN where no pitch is sure."""
        self._audio_N = np.concatenate([self._audio_N, audio_N])
        self._f0_hz_F = np.concatenate([self._f0_hz_F, f0_hz_F])
        self._level_db_F = np.concatenate([self._level_db_F, level_db_F])
        n_looked_at = len(self._f0_hz_F) - _LATE[-1] - _WINDOW // HOP
        if n_looked_at <= _SHORTEST:
            return
        self._ends += [
            end
            for last in _last_frames(self._f0_hz_F, self._level_db_F)
            if _SHORTEST <= last < n_looked_at and (end := self._end_at(last)) is not None
        ]
        n_past = n_looked_at - _SHORTEST
        self._audio_N, self._f0_hz_F = self._audio_N[n_past * HOP :], self._f0_hz_F[n_past:]
        self._level_db_F = self._level_db_F[n_past:]

    def resounding_seconds(self) -> float | None:
        """Until a note has died away by 60 dB; None where no room is heard, or too few notes end clearly."""
        held = [end for end in self._ends if end.fallen < _HELD_DB]
        seconds = np.array([end.seconds for end in held if end.is_in_a_room])
        if len(held) < _LEAST_ENDS or not len(seconds):
            return None
        middle = float(np.median(seconds))
        alike = (seconds > middle / _ALIKE) & (seconds < middle * _ALIKE)
        return middle if alike.sum() >= _SHARE * len(held) else None

    def _end_at(self, last: int) -> _End | None:
        """What is heard around the end of the note whose last frame this is; None where it cannot be told."""
        f0_hz = float(np.median(self._f0_hz_F[last - 9 : last - 1]))
        if f0_hz < _LOWEST_F0_HZ:
            return None
        after_hz_F = self._f0_hz_F[last + 1 : last + _LATE[-1] + 1]
        level_db_F = self._level_db_F[last + 1 : last + _LATE[-1] + 1]
        away_F = np.abs(12 * np.log2(after_hz_F / f0_hz))
        again = (away_F < _SAME_SEMITONES) & (level_db_F > np.minimum.accumulate(level_db_F) + _RISE_DB)
        hz_K = f0_hz * np.arange(1, 1 + min(_MOST_PARTIALS, int(_HIGHEST_HZ / f0_hz)))
        hz_K = hz_K[_is_apart(hz_K, after_hz_F[away_F >= _SAME_SEMITONES])]
        if again.any() or not len(hz_K):
            return None
        before = [self._power(last - each) for each in _BEFORE]
        note = _at(np.mean(before, axis=0), hz_K)
        early, late = (
            _at(np.mean([self._power(last + each) for each in frames], axis=0), hz_K) for frames in (_EARLY, _LATE)
        )
        return _End(_decibels(before[0].sum() / before[-1].sum()), _decibels(early / note), _decibels(late / note))

    def _power(self, frame: int) -> Array:
        """The spectrum around the middle of a frame, power in each bin."""
        audio_N = self._audio_N[frame * HOP : frame * HOP + _WINDOW]
        power_K: Array = (np.square(np.abs(np.fft.rfft(audio_N * np.blackman(_WINDOW)))) + 1e-12).astype(np.float32)
        return power_K


def _last_frames(f0_hz_F: Array, level_db_F: Array) -> list[int]:
    """Where notes end that were long enough: where they stop being held. In a room their pitch is heard for longer."""
    note_F = 12 * np.log2(f0_hz_F)
    joined_F = np.abs(np.diff(note_F)) < _JUMP  # never with a frame that is not sure
    starts = np.flatnonzero(np.concatenate([[True], ~joined_F]))
    ends = np.concatenate([starts[1:], [len(note_F)]])
    found = []
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        if end - start < _SHORTEST or end == len(note_F):
            continue
        n_back = min(_LOOKED_BACK, (end - start) // 2)
        before_db = np.lib.stride_tricks.sliding_window_view(level_db_F[start:end], n_back)[:-1].mean(axis=1)
        held = np.flatnonzero(level_db_F[start + n_back : end] > before_db - _FALL_DB)
        if len(held) and held[-1] + n_back >= _SHORTEST - 1:
            found.append(start + n_back + int(held[-1]))
    return found


def _is_apart(hz_K: Array, others_hz_F: Array) -> Mask:
    """Which partials stand apart from those of every other pitch."""
    others_hz_F1 = others_hz_F[:, None]
    nearest_FK = np.maximum(np.rint(hz_K / others_hz_F1), 1) * others_hz_F1
    is_apart_K: Mask = (np.abs(hz_K - nearest_FK) > np.maximum(_APART_HZ, _APART * hz_K)).all(axis=0)
    return is_apart_K


def _at(power_K: Array, hz_K: Array) -> float:
    """The power of some partials."""
    bins = np.rint(hz_K * _WINDOW / SAMPLE_RATE).astype(int)
    return float(sum(power_K[max(0, each - _REACH) : each + _REACH + 1].sum() for each in bins.tolist()))


def _decibels(ratio: float) -> float:
    return float(10 * np.log10(max(ratio, 1e-12)))
