"""Whether a drop that made an instrument held a recording at all."""

from pathlib import Path

from app.controllers.session import InstrumentSession
from app.state.run_state import Phase
from ddsp_backend.errors import Cause
from ddsp_backend.jobs.events import Failed


class DropProof:
    """Keeps the instruments made for a drop in which nobody has found a recording yet."""

    def __init__(self) -> None:
        self._unproven: set[Path] = set()

    def expect(self, instrument: Path) -> None:
        """It was made for a drop just now."""
        self._unproven.add(instrument)

    def failure_of(self, session: InstrumentSession) -> Failed | None:
        """Why its drop held no recording, said once; None while that is open, or where it held one."""
        path, intake = session.instrument.path, session.intake
        if path not in self._unproven or intake.phase is Phase.IDLE:
            return None
        if intake.files:
            self._unproven.discard(path)
            return None
        failure = intake.failure
        if failure is None or failure.cause is not Cause.NO_RECORDINGS or session.recordings.is_inspecting:
            return None
        self._unproven.discard(path)
        return failure
