"""The system's bin: a folder is moved there, and taken out again."""

import errno
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QFile, QStandardPaths

from ddsp_backend.files import patiently


def move_to_bin(folder: Path) -> Path | None:
    """Where it lies then; the path itself where the system does not say; None where there is no bin for it."""
    data = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericDataLocation)
    with suppress(OSError):
        # Linux has its bin there, and for a new user Qt does not make it.
        Path(data).mkdir(0o700, parents=True, exist_ok=True)
    file = QFile(str(folder))
    if not file.moveToTrash():
        return None
    return Path(file.fileName())


def take_out_of_bin(in_bin: Path, folder: Path) -> None:
    """Brings it back. Raises OSError where it is not in the bin any more, or something else has its old place."""
    if folder.exists():
        raise FileExistsError(errno.EEXIST, "Something else is in its old place", str(folder))
    patiently(lambda: in_bin.rename(folder))
    # What it was called: Linux keeps that beside the bin's files, Windows as $I... beside $R...
    (in_bin.parents[1] / "info" / f"{in_bin.name}.trashinfo").unlink(missing_ok=True)
    if in_bin.name.startswith("$R"):
        in_bin.with_name(f"$I{in_bin.name[2:]}").unlink(missing_ok=True)
