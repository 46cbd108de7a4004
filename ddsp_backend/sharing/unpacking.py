"""The job that makes an instrument of a model that was shared as a file."""

import shutil
from collections.abc import Generator
from pathlib import Path

from ddsp_backend.errors import Cause, DataError
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import ArtifactWritten, Event, Noted, Progressed
from ddsp_backend.jobs.interruptible import Interruptible
from ddsp_backend.jobs.kinds import Unit
from ddsp_backend.jobs.spec import ImportSpec
from ddsp_backend.sharing.instrument_folder import write_instrument
from ddsp_backend.sharing.shared_model import read_shared

_N_STAGES = 2
_TIMES_ITS_SIZE = 2  # what the instrument takes of the disk, and some room to spare


def take_in(spec: ImportSpec, cancel: CancelToken) -> Generator[Event, None, dict[str, str]]:
    """Checks everything in the file, then writes the instrument's folder, whole or not at all.

    Returns: "instrument": its folder, "name": that of the instrument.

    Raises:
      DataError, ConfigError: the file cannot be used; see `read_shared`.
    """
    source, library = Path(spec.file_path).expanduser(), Path(spec.library).expanduser()
    library.mkdir(parents=True, exist_ok=True)
    _require_file(source)
    _require_space(source, library)
    with Interruptible(cancel) as watch:
        yield Progressed("Checking the file", 0, _N_STAGES, Unit.NOTHING)
        shared, model = yield from watch.run(lambda: read_shared(source))
        yield from (Noted(note) for note in shared.config.notes)
        yield from watch.raise_if_stopped()
        yield Progressed("Writing the instrument", 1, _N_STAGES, Unit.NOTHING)
        folder, name = yield from watch.run(lambda: write_instrument(library, spec, shared, model))
        yield Progressed("Writing the instrument", _N_STAGES, _N_STAGES, Unit.NOTHING)
    yield ArtifactWritten("instrument", str(folder))
    return {"instrument": str(folder), "name": name}


def _require_file(source: Path) -> None:
    """A pipe or a device might never end."""
    if not source.is_file():
        what = "is a folder" if source.is_dir() else "is no file" if source.exists() else "does not exist"
        raise DataError(f"{source.name}: the file {what}", f"Looked for {source}.")


def _require_space(source: Path, library: Path) -> None:
    needed, free = _TIMES_ITS_SIZE * source.stat().st_size, shutil.disk_usage(library).free
    if free < needed:
        raise DataError(
            f"The disk of {library} has {free / 1e6:.0f} MB left, and {source.name} needs {needed / 1e6:.0f} MB",
            "Free some space on it, or choose another library.",
            Cause.DISK,
        )
