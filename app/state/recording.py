"""What the dialog that records takes shows."""

import math
from dataclasses import dataclass
from enum import Enum

from app.state import formatting
from app.state.notices import Choice
from app.state.take_guide import GuideItem

COUNT_IN_BEATS = 4
_QUIET_DB = -40.0
_GOOD_DB = -6.0


class RecordingPhase(Enum):
    LOOKING = "looking"  # for inputs
    UNAVAILABLE = "unavailable"
    READY = "ready"
    COUNTING = "counting"
    RECORDING = "recording"


@dataclass(frozen=True, slots=True)
class RecordDialogState:
    """`level_db` is dBFS, `beat` the one of the count-in that is heard now."""

    phase: RecordingPhase = RecordingPhase.LOOKING
    inputs: tuple[Choice, ...] = ()
    input: str = ""
    level_db: float = -math.inf
    is_clipping: bool = False
    beat: int = 0
    seconds: float = 0.0
    n_takes: int = 0
    folder: str = ""
    n_lost: int = 0
    problem: str = ""
    cure: str = ""
    guide: tuple[GuideItem, ...] = ()

    @property
    def headline(self) -> str:
        match self.phase:
            case RecordingPhase.LOOKING:
                return "Looking for a microphone"
            case RecordingPhase.UNAVAILABLE:
                return "No sound input"
            case RecordingPhase.COUNTING:
                return f"{self.beat} ..."
            case RecordingPhase.RECORDING:
                return f"Recording {formatting.clock(self.seconds)}"
            case RecordingPhase.READY:
                return "Ready"

    @property
    def button(self) -> str:
        return "Stop" if self.phase in (RecordingPhase.COUNTING, RecordingPhase.RECORDING) else "Record"

    @property
    def can_press(self) -> bool:
        return self.phase in (RecordingPhase.READY, RecordingPhase.COUNTING, RecordingPhase.RECORDING)

    @property
    def advice(self) -> str:
        """One sentence about the level, or what was lost."""
        if self.n_lost:
            return "The computer was too busy: this take has gaps. Close other programs and play it again."
        if self.phase in (RecordingPhase.LOOKING, RecordingPhase.UNAVAILABLE):
            return ""
        if self.is_clipping:
            return "Too loud: it clips. Turn the input down until your loudest note stays in the green."
        if self.level_db < _QUIET_DB:
            return "Very quiet. Turn the input up, or come closer to the microphone."
        if self.level_db > _GOOD_DB:
            return "Loud. A little less leaves room for your loudest note."
        return "Good level."

    @property
    def takes(self) -> str:
        if not self.n_takes:
            return "Each take appears in the list of recordings as soon as you stop."
        return f"{formatting.count(self.n_takes, 'take')} recorded, kept in {self.folder}"
