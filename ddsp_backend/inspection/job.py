"""The job that looks at recordings before any work starts: quickly at all, then at each with a pitch tracker."""

from collections.abc import Generator
from pathlib import Path
from typing import TypeVar

import numpy as np

from ddsp_backend.audio import intake
from ddsp_backend.audio.content import hash_content
from ddsp_backend.errors import AudioError
from ddsp_backend.inspection.findings import find, judge
from ddsp_backend.inspection.frames import SILENT_DB
from ddsp_backend.inspection.inspection_cache import InspectionCache
from ddsp_backend.inspection.listening import Heard, listen
from ddsp_backend.inspection.picture import write_picture
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import Event, FileInspected, Finding, FirstLookDone, Noted, RecordingInspected, Verdict
from ddsp_backend.jobs.kinds import Unit
from ddsp_backend.jobs.progress import Pace
from ddsp_backend.jobs.spec import InspectSpec
from ddsp_backend.jobs.steps import Steps
from ddsp_backend.pitch.tracker import PitchTracker
from ddsp_backend.pitch.trackers import make_tracker

Result = TypeVar("Result")
_TRACKER = "swift-f0"
_LOW, _HIGH = 5, 95  # percentiles between which a recording's notes and levels lie


def inspect(spec: InspectSpec, cancel: CancelToken) -> Generator[Event, None, dict[str, str]]:
    """Yields `FileInspected` for each recording, then `RecordingInspected` for each usable one, in the same order.

    A recording that changed or vanished in between is noted, and told to be left out.
    Returns: what `intake.inspect` returns.
    Raises:
      DataError: not a single recording can be used.
    """
    usable: list[FileInspected] = []
    result = yield from _remembering(intake.inspect(spec, cancel), usable)
    yield FirstLookDone(int(result["n_usable"]), int(result["n_refused"]))
    pace = Pace("Listening to the recordings", sum(row.duration for row in usable), Unit.AUDIO_SECONDS)
    tracker = make_tracker(_TRACKER)
    memory = InspectionCache(spec.cache_dir, tracker.name)
    for row in usable:
        path = Path(row.path)
        yield from pace.advance(0, path.name)
        try:
            yield (yield from _second_look(path, row.duration, tracker, memory, pace, cancel))
        except (AudioError, OSError) as error:
            yield Noted(f"{path.name}: {intake.reason_of(error, path)}", str(path))
            yield _unreadable(row.path)
    return result


def _remembering(look: Generator[Event, None, Result], usable: list[FileInspected]) -> Generator[Event, None, Result]:
    """The first look, whose usable rows are put down."""
    steps = Steps(look)
    for event in steps:
        if isinstance(event, FileInspected) and not event.refusal:
            usable.append(event)
        yield event
    return steps.result


def _second_look(
    path: Path, seconds: float, tracker: PitchTracker, memory: InspectionCache, pace: Pace, cancel: CancelToken
) -> Generator[Event, None, RecordingInspected]:
    content = ""
    if memory.keeps:
        content = yield from _paced(hash_content(path), pace, 0, path.name, cancel)
        known = memory.recall(content, str(path))
        if known is not None:
            yield from pace.advance(seconds, path.name)
            return known
    heard = yield from _paced(listen(path, tracker), pace, 1, path.name, cancel)
    picture = memory.picture_path(content)
    if picture is not None:
        write_picture(picture, heard.outline, heard.frames, heard.sample_rate)
    told = _told(path, heard, picture)
    memory.keep(content, told)
    return told


def _paced(
    work: Generator[float, None, Result], pace: Pace, per_step: float, name: str, cancel: CancelToken
) -> Generator[Event, None, Result]:
    """Works through steps, each of which counts as `per_step` of what it yields. Raises Cancelled."""
    cancel.raise_if_set()
    with Steps(work) as steps:
        for done in steps:
            yield from pace.advance(per_step * done, name)
            cancel.raise_if_set()
    return steps.result


def _told(path: Path, heard: Heard, picture: Path | None) -> RecordingInspected:
    frames = heard.frames
    findings = find(heard)
    notes = np.percentile(frames.notes, (_LOW, _HIGH)) if len(frames.notes) else (0.0, 0.0)
    levels = np.percentile(frames.level_db[frames.voiced], (_LOW, _HIGH)) if len(frames.notes) else (SILENT_DB,) * 2
    return RecordingInspected(
        path=str(path),
        verdict=judge(findings),
        sounding_seconds=round(frames.seconds(frames.sounding), 3),
        voiced_seconds=round(frames.seconds(frames.voiced), 3),
        lowest_note=round(float(notes[0]), 2),
        highest_note=round(float(notes[1]), 2),
        softest_db=round(float(levels[0]), 2),
        loudest_db=round(float(levels[1]), 2),
        noise_floor_db=round(frames.noise_floor_db, 2),
        coverage=frames.coverage(),
        findings={finding.value: size for finding, size in findings.items()},
        picture=str(picture or ""),
    )


def _unreadable(path: str) -> RecordingInspected:
    return RecordingInspected(
        path=path,
        verdict=Verdict.LEAVE_OUT,
        sounding_seconds=0.0,
        voiced_seconds=0.0,
        lowest_note=0.0,
        highest_note=0.0,
        softest_db=SILENT_DB,
        loudest_db=SILENT_DB,
        noise_floor_db=SILENT_DB,
        findings={Finding.UNREADABLE.value: 0.0},
    )
