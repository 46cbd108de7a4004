"""The first stage of a preparation: which recordings there are, and which of them can be used."""

from collections.abc import Generator
from pathlib import Path

from ddsp_backend.audio.intake import nothing_usable, reason_of
from ddsp_backend.audio.search import search
from ddsp_backend.audio.survey import survey
from ddsp_backend.data.analysis import Source
from ddsp_backend.data.feature_cache import FeatureCache, hash_content
from ddsp_backend.errors import AudioError
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import Event, Noted
from ddsp_backend.jobs.progress import Pace, run_through


def find_sources(
    inputs: tuple[str, ...], cache: FeatureCache, cancel: CancelToken
) -> Generator[Event, None, list[Source]]:
    """Every usable recording once, in order; the others are noted with the reason.

    Raises DataError if none is left.
    """
    found = search(inputs)
    for name, problem in found.problems.items():
        yield Noted(f"{Path(name).name or name}: {problem}", name)
    sources: dict[str, Source] = {}
    reasons = list(found.problems.values())
    pace = Pace("Reading the recordings", len(found.files), "files")
    for path in found.files:
        yield from pace.advance(0, path.name)
        source, reason = _read(path, cache, cancel)
        if source is None:
            reasons.append(f"{path.name}: {reason}")
            yield Noted(f"{path.name} is left out. {reason}", str(path))
        elif source.content in sources:
            twin = sources[source.content].path
            yield Noted(f"{path.name} is left out: it is the same recording as {twin.name}", str(path))
        else:
            sources[source.content] = source
            for warning in source.survey.warnings():
                yield Noted(f"{path.name}: {warning}", str(path))
        yield from pace.advance(1, path.name)
    if not sources:
        raise nothing_usable(len(found.files), reasons)
    return list(sources.values())


def _read(path: Path, cache: FeatureCache, cancel: CancelToken) -> tuple[Source | None, str]:
    """(source, "") or (None, reason)."""
    try:
        content = run_through(hash_content(path), cancel)
        found = cache.read_survey(content)
        is_new = found is None
        if found is None:
            found = run_through(survey(path), cancel)
    except (AudioError, OSError) as error:
        return None, reason_of(error, path)
    if is_new:
        cache.write_survey(content, found)  # outside the `try`: a full disk is not the recording's fault
    reason = found.refusal()
    return (None, reason) if reason else (Source(path, content, found), "")
