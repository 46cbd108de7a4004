"""Somebody who sings or plays into a microphone: what the model is asked for, from the sound of the last moment.

W = samples of the window.
"""

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ddsp_backend.arrays import Array
from ddsp_backend.inference.adjusting import octaves_into
from ddsp_backend.live.streaming_pitch import Heard, StreamingPitch
from ddsp_backend.live.wishes import Wish

if TYPE_CHECKING:
    from ddsp_backend.live.live_instrument import LiveInstrument

_CLEAR = 0.8  # from here on there is a pitch
_STILL_CLEAR = 0.6  # and so far one that sounds already goes on
_GATE_SPAN_DB = 4.0  # a sound ends that much below the gate, so that it does not flutter
_HOLD_SECONDS = 0.06  # a pitch is held so long through a consonant
_REMEMBERED = 1500  # frames: what the range of the player is told from
_ENOUGH = 40
_NARROWEST_DB = 12.0


@dataclass(frozen=True, slots=True)
class InputSettings:
    """Of what comes in: gain and gate in dB, and whether it is moved to where the instrument plays."""

    gain_db: float = 0.0
    gate_db: float = -50.0
    fits: bool = True


class Listener:
    """Hears blocks in one thread, and is asked in another. Args: sample_rate: Of what comes in, Hz."""

    def __init__(self, sample_rate: int) -> None:
        self.settings = InputSettings()
        self._pitch = StreamingPitch(sample_rate)
        self._recent_W = np.zeros(self._pitch.n_window, np.float32)
        self._peak = 0.0
        self._midi = deque[float](maxlen=_REMEMBERED)
        self._levels_db = deque[float](maxlen=_REMEMBERED)
        self._octaves = 0
        self._is_sounding = False
        self._held = 0.0  # seconds since the pitch was clear
        self._last: Heard | None = None

    # --- from the input's thread --------------------------------------------------------------------------------------
    def hear(self, block_N: Array) -> None:
        """Takes the newest samples; what is no number counts as silence."""
        block_N = np.nan_to_num(block_N, posinf=0.0, neginf=0.0) * np.float32(10 ** (self.settings.gain_db / 20))
        self._peak = max(self._peak, float(np.abs(block_N).max(initial=0.0)))
        # One assignment: who reads meanwhile has the window before or the one after.
        self._recent_W = np.concatenate([self._recent_W, block_N])[-self._pitch.n_window :]

    # --- from the output's thread -------------------------------------------------------------------------------------
    def take_peak(self) -> float:
        """The highest sample since this was asked."""
        peak, self._peak = self._peak, 0.0
        return peak

    @property
    def midi(self) -> float:
        """The note that is heard; 0 for none."""
        return _midi(self._last.f0_hz) if self._is_sounding and self._last is not None else 0.0

    def is_urgent(self) -> bool:
        """Whether a note has just begun."""
        if self._is_sounding or self._quick_level_db() < self.settings.gate_db:
            return False
        return self._is_note(self._pitch.hear(self._recent_W))

    def wish(self, seconds: float, instrument: "LiveInstrument") -> Wish | None:
        """What the instrument is to play now; None for silence. Args: seconds: Since the last wish."""
        heard = self._pitch.hear(self._recent_W)
        if self._is_note(heard):
            if not self._is_sounding:
                self._octaves = self._octaves_to(instrument) if self.settings.fits else 0
            self._is_sounding, self._held, self._last = True, 0.0, heard
            self._midi.append(_midi(heard.f0_hz))
            self._levels_db.append(heard.level_db)
        else:
            self._held += seconds
            is_over = self._held > _HOLD_SECONDS or heard.level_db < self.settings.gate_db - _GATE_SPAN_DB
            self._is_sounding = self._is_sounding and not is_over
        if not self._is_sounding or self._last is None:
            return None
        level_db = self._fitted(heard.level_db, instrument) if self.settings.fits else heard.level_db
        return Wish(self._last.f0_hz * 2.0**self._octaves, level_db)

    def _is_note(self, heard: Heard) -> bool:
        if self._is_sounding:
            return heard.clarity >= _STILL_CLEAR and heard.level_db >= self.settings.gate_db - _GATE_SPAN_DB
        return heard.clarity >= _CLEAR and heard.level_db >= self.settings.gate_db

    def _quick_level_db(self) -> float:
        """Of the newest eighth of the window."""
        newest = self._recent_W[-len(self._recent_W) // 8 :]
        return float(10 * np.log10(np.mean(np.square(newest)) + 1e-12))

    def _octaves_to(self, instrument: "LiveInstrument") -> int:
        """Chosen where a note begins, so that none jumps."""
        if len(self._midi) < _ENOUGH:
            return self._octaves
        return octaves_into(np.array(self._midi), instrument.lowest_midi, instrument.highest_midi)

    def _fitted(self, level_db: float, instrument: "LiveInstrument") -> float:
        """Soft for soft and loud for loud; what lies below the softest note is as much softer."""
        if len(self._levels_db) < _ENOUGH:
            low_db, high_db = self.settings.gate_db, max(self.settings.gate_db + 2 * _NARROWEST_DB, -12.0)
        else:
            low_db, high_db = np.quantile(np.array(self._levels_db), [0.05, 0.95])
            middle, half = (low_db + high_db) / 2, max(high_db - low_db, _NARROWEST_DB) / 2
            low_db, high_db = middle - half, middle + half
        share = (level_db - low_db) / (high_db - low_db)
        return instrument.level_of(min(1.0, max(0.0, share))) + min(0.0, level_db - low_db)


def _midi(f0_hz: float) -> float:
    return float(69 + 12 * np.log2(max(f0_hz, 1.0) / 440))
