"""Files to share, taken apart and put together again otherwise."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import Failed, Finished
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import ImportSpec, JobSpec


def finished(spec: JobSpec) -> dict[str, str]:
    """The result of a job that must succeed."""
    *_, last = run(spec, CancelToken())
    assert isinstance(last, Finished), last
    return last.result


def refused(path: Path, library: Path) -> Failed:
    """What is said of a file that must not be taken in. It leaves nothing in the library."""
    *_, last = run(ImportSpec(file_path=str(path), library=str(library)), CancelToken())
    assert isinstance(last, Failed), last
    assert not last.traceback, last
    assert list(library.iterdir()) == []
    return last


def entries_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def changed(shared: Path, folder: Path, changes: Mapping[str, bytes | None]) -> Path:
    """The file with other contents. Args: changes: By the entries' names; None leaves one out."""
    entries = {name: content for name, content in {**entries_of(shared), **changes}.items() if content is not None}
    path = folder / "changed.timbre"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path
