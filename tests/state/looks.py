"""Looks at recordings that nobody made, for tests of what is said about them."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from app.state.instrument import Instrument
from app.state.run_state import Phase, RunState, fold_all
from ddsp_backend.jobs.events import FileInspected, FirstLookDone, RecordingInspected, Verdict
from ddsp_backend.jobs.job_table import JobKind


def instrument(*inputs: str, **changes: object) -> Instrument:
    return Instrument(path=Path("/library/one"), name="one", created_at=0.0, inputs=inputs, **changes)  # type: ignore[arg-type]


def seen(path: str, seconds: float = 60.0, refusal: str = "", **changes: object) -> FileInspected:
    fields: dict[str, object] = {"sample_rate": 44100, "channels": 2, "peak": 0.5, **changes}
    return FileInspected(path, seconds, refusal=refusal, **fields)  # type: ignore[arg-type]


def heard(
    path: str, verdict: Verdict = Verdict.FINE, findings: Mapping[str, float] | None = None, **changes: object
) -> RecordingInspected:
    coverage = {f"{note}:{level}": 1.0 for note in range(40, 65) for level in (-30, -24, -18, -12)}
    fields: dict[str, object] = {"coverage": coverage, "picture": "", **changes}
    return RecordingInspected(
        path, verdict, 55.0, 50.0, 40.2, 63.9, -30.0, -12.0, -60.0, findings=dict(findings or {}), **fields
    )  # type: ignore[arg-type]


def look(*events: FileInspected | RecordingInspected, is_over: bool = True) -> RunState:
    """The state after these, the first looks first."""
    running = RunState(phase=Phase.RUNNING, job=JobKind.INSPECT)
    files = [event for event in events if isinstance(event, FileInspected)]
    others = [event for event in events if not isinstance(event, FileInspected)]
    state = fold_all(running, [*files, FirstLookDone(len(files), 0), *others])
    return replace(state, phase=Phase.FINISHED) if is_over else state
