"""The first stage of a preparation: which recordings there are, and which of them can be used."""

from collections.abc import Generator
from pathlib import Path

from ddsp_backend.audio.search import search
from ddsp_backend.audio.survey import survey
from ddsp_backend.data.analysis import Source
from ddsp_backend.data.feature_cache import FeatureCache, hash_content
from ddsp_backend.errors import AudioError, DataError
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import Event, Noted
from ddsp_backend.jobs.progress import Pace, run_through

_WHAT_IS_READ = "Recordings can be wav, aiff, flac, ogg, opus, mp3, m4a, or videos with sound."


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
            reasons.append(reason)
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
        why = f"The first reason: {reasons[0]} " if reasons else ""
        raise DataError(f"None of the {len(found.files)} recordings found can be used", f"{why}{_WHAT_IS_READ}")
    return list(sources.values())


def _read(path: Path, cache: FeatureCache, cancel: CancelToken) -> tuple[Source | None, str]:
    """(source, "") or (None, reason)."""
    try:
        content = run_through(hash_content(path), cancel)
        found = cache.read_survey(content)
        if found is None:
            found = run_through(survey(path), cancel)
            cache.write_survey(content, found)
    except AudioError as error:
        return None, f"{error.title.removeprefix(f'{path.name}: ')}. {error.hint}"
    except OSError as error:
        return None, f"The file cannot be read: {error.strerror}."
    reason = found.refusal()
    return (None, reason) if reason else (Source(path, content, found), "")
