"""The job that looks at recordings before any work starts: one row a file, usable or refused and why."""

from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path

from ddsp_backend.audio.content import hash_content, unchanged
from ddsp_backend.audio.files import read_info
from ddsp_backend.audio.formats import NAMED_FORMATS
from ddsp_backend.audio.search import FoundFiles, search
from ddsp_backend.audio.survey import Survey, survey
from ddsp_backend.errors import AudioError, Cause, DataError
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import Event, FileInspected, Noted
from ddsp_backend.jobs.kinds import Unit
from ddsp_backend.jobs.progress import Pace
from ddsp_backend.jobs.spec import InspectSpec
from ddsp_backend.jobs.steps import Steps

_ONLY_ONE = "The only recording cannot be used"
FORMATS = f"Recordings can be {NAMED_FORMATS}, or videos with sound."


def inspect(spec: InspectSpec, cancel: CancelToken) -> Generator[Event, None, dict[str, str]]:
    """Reads every recording to its end and yields `FileInspected` for each, in order.

    Folders that cannot be read, and names that lead nowhere, are noted.
    Returns: {"n_found", "n_usable", "n_refused", "seconds": of the usable ones, copies counted once}.
    Raises:
      DataError: not a single recording can be used; the rows before say why.
    """
    found = search(spec.inputs)
    for problem in found.problems.values() if found.files else ():  # or the error tells of them
        yield Noted(problem.title, problem.cure)
    pace = Pace("Looking at the recordings", len(found.files), Unit.FILES)
    usable: dict[str, FileInspected] = {}  # by content
    refusals: list[str] = []
    n_usable = 0
    for path in found.files:
        row = yield from _inspect_file(path, pace, cancel)
        twin = usable.setdefault(row.content, row) if not row.refusal else row
        yield row if twin is row else replace(row, warnings=(_same_as(twin, path), *row.warnings))
        if row.refusal:
            refusals.append(f"{path.name}: {row.refusal}")
        else:
            n_usable += 1
        yield from pace.advance(1, path.name)
    if not usable:
        raise nothing_usable(spec.inputs, found, refusals)
    return {
        "n_found": str(len(found.files)),
        "n_usable": str(n_usable),
        "n_refused": str(len(refusals)),
        "seconds": f"{sum(row.duration for row in usable.values()):.3f}",
    }


def nothing_usable(inputs: Sequence[str], found: FoundFiles, refusals: Sequence[str]) -> DataError:
    """The error of an intake, or a preparation, that is left with nothing.

    Args:
      refusals: A sentence for each file that was found.
    """
    if refusals:
        n_found = len(found.files)
        title = f"None of the {n_found} recordings can be used" if n_found > 1 else _ONLY_ONE
        return DataError(title, f"{refusals[0]} {FORMATS}")
    problems = list(found.problems.values())
    if len(problems) == 1:
        title, hint = problems[0].title, problems[0].cure
    elif problems:
        title, hint = f"None of these {len(problems)} files and folders can be read", str(problems[0])
    elif len(inputs) == 1:
        title, hint = f"There is no recording in this folder: {inputs[0]}", FORMATS
    else:
        title, hint = f"There is no recording in these folders: {', '.join(inputs)}", FORMATS
    return DataError(title, hint, Cause.NO_RECORDINGS)


def reason_of(error: AudioError | OSError, path: Path) -> str:
    """The error as a sentence about a file whose name is already known."""
    if isinstance(error, AudioError):
        what = error.without_file
        return f"{what[:1].upper()}{what[1:]}. {error.hint}".strip()
    return f"The file cannot be read: {error.strerror}."


def name_beside(other: Path, path: Path) -> str:
    """The name of another file; its whole path where a sentence about this one would not tell the two apart."""
    return other.name if other.name != path.name else str(other)


def _same_as(twin: FileInspected, path: Path) -> str:
    return f"This is the same recording as {name_beside(Path(twin.path), path)}. It is used once."


def _inspect_file(path: Path, pace: Pace, cancel: CancelToken) -> Generator[Event, None, FileInspected]:
    """The row of one file; progress in between, because an hour of audio takes a while."""
    try:
        with Steps(unchanged(path, lambda: _content_and_survey(path))) as steps:
            cancel.raise_if_set()
            for _ in steps:
                yield from pace.advance(0, path.name)
                cancel.raise_if_set()
        content, found = steps.result
    except (AudioError, OSError) as error:
        return _refused(path, reason_of(error, path))
    refusal = found.refusal()
    warnings = () if refusal is not None else found.warnings()
    return FileInspected(
        str(path),
        found.seconds,
        found.sample_rate,
        found.channels,
        found.peak,
        str(refusal or ""),
        tuple(warnings),
        content,
    )


def _content_and_survey(path: Path) -> Generator[float, None, tuple[str, Survey]]:
    content = yield from hash_content(path)
    return content, (yield from survey(path))


def _refused(path: Path, reason: str) -> FileInspected:
    """A row with what the header still tells, although the samples could not be read."""
    try:
        info = read_info(path)
    except (AudioError, OSError):
        return FileInspected(str(path), 0.0, 0, 0, 0.0, reason)
    return FileInspected(str(path), info.seconds, info.sample_rate, info.channels, 0.0, reason)
