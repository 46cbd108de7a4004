"""Where gin files lie: in the checkout beside the packages, in a wheel inside this one."""

from pathlib import Path


def gin_folder() -> Path:
    """The folder of the gin files that ship with the program."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "gin_files"
    return installed if installed.is_dir() else package.parent / "gin"
