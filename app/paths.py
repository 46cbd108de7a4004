"""Where the program finds its own files, and where it keeps its user's."""

from pathlib import Path

from PySide6.QtCore import QStandardPaths


def resources_folder() -> Path:
    """Icons and style: inside the package when installed from a wheel, beside it in a checkout."""
    inside = Path(__file__).resolve().parent / "resources"
    return inside if inside.is_dir() else inside.parents[1] / "resources"


def guide_file() -> Path:
    """The guide for musicians: inside the package when installed from a wheel, in docs/ of a checkout."""
    inside = Path(__file__).resolve().parent / "docs" / "guide.md"
    return inside if inside.is_file() else inside.parents[2] / "docs" / "guide.md"


def default_library() -> Path:
    """`Timbre Studio` in the user's documents; in the home folder where there are no documents."""
    return documents_folder() / "Timbre Studio"


def documents_folder() -> Path:
    """The user's documents, wherever the system keeps them; the home folder where there are none."""
    documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    return Path(documents or Path.home())


def settings_file() -> Path:
    config = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericConfigLocation)
    return Path(config or Path.home() / ".config") / "timbre-studio" / "settings.json"


def speeds_beside(other: Path) -> Path:
    """What is known of computers' speed. Args: other: The settings, or another file or folder that lies there."""
    return other.parent / "speeds.json"


def recordings_folder(last: str) -> Path:
    """Where a dialog for recordings opens: the last folder, else the user's music. In one that is not there, the
    dialog would stand with its button dead."""
    music = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.MusicLocation)
    return next((Path(each) for each in (last, music) if each and Path(each).is_dir()), Path.home())
