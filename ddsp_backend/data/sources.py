"""The first stage of a preparation: which recordings there are, and which of them can be used."""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from ddsp_backend.audio.intake import name_beside, nothing_usable
from ddsp_backend.audio.search import search
from ddsp_backend.audio.survey import Survey
from ddsp_backend.data.analysis import Source
from ddsp_backend.data.feature_cache import FeatureCache
from ddsp_backend.data.pieces import ReadRecording
from ddsp_backend.data.stages import Runner, Stage
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import Event, Noted
from ddsp_backend.jobs.kinds import Unit


@dataclass(frozen=True, slots=True)
class ReadSource:
    """A usable recording whose audio lies in the working folder, under `number`."""

    source: Source
    number: int


def read_sources(
    inputs: tuple[str, ...],
    rates: tuple[int, ...],
    cache: FeatureCache,
    folder: Path,
    runner: Runner,
    cancel: CancelToken,
) -> Generator[Event, None, list[ReadSource]]:
    """Every usable recording once, in order, decoded into `folder`; the others are noted with the reason.

    Raises DataError if none is left.
    """
    found = search(inputs)
    for problem in found.problems.values() if found.files else ():  # or the error tells of them
        yield Noted(problem.title, problem.cure)
    pieces = [ReadRecording(path, number, folder, rates, cache) for number, path in enumerate(found.files)]
    stage = Stage("Reading the recordings", len(pieces), Unit.FILES, pieces)
    (results,) = (yield from runner.run([stage], cancel)) if pieces else ([],)
    sources: dict[str, ReadSource] = {}
    reasons: list[str] = []
    for number, (path, result) in enumerate(zip(found.files, results, strict=True)):
        if result["reason"]:
            reasons.append(f"{path.name}: {result['reason']}")
            yield Noted(f"{path.name} is left out. {result['reason']}", str(path))
            continue
        content = result["content"]
        if content in sources:
            twin = sources[content].source.path
            yield Noted(f"{path.name} is left out: it is the same recording as {name_beside(twin, path)}", str(path))
            continue
        source = Source(path, content, Survey(**result["survey"]))
        sources[content] = ReadSource(source, number)
        for warning in source.survey.warnings():
            yield Noted(f"{path.name}: {warning}", str(path))
    if not sources:
        raise nothing_usable(inputs, found, reasons)
    return list(sources.values())
