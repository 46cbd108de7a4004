"""Where gin files and base models lie: in the checkout beside the packages, in a wheel inside one of them."""

from pathlib import Path


def gin_folder() -> Path:
    """The folder of the gin files that ship with the program."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "gin_files"
    return installed if installed.is_dir() else package.parent / "gin"


def base_models_folder() -> Path:
    """The folder of the models that ship with the program, for new ones to start from."""
    package = Path(__file__).resolve().parent.parent
    places = (
        package / "base_models",  # on a host, which has the backend alone
        package.parent / "app" / "resources" / "base_models",
        package.parent / "resources" / "base_models",
    )
    return next((place for place in places if place.is_dir()), places[-1])
