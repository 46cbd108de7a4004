"""Jobs about models as files for others: written, and taken in."""

from dataclasses import dataclass

from ddsp_backend.jobs.checks import require_here, require_text


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareSpec:
    """Write a trained model as one file that others can open. No recording goes into it."""

    model_path: str
    """A run's folder (its best checkpoint is taken, else the newest) or one checkpoint's prefix."""
    output_path: str
    """The .timbre file."""
    name: str
    """Of the instrument, for those who open the file."""
    licence: str
    """What others may do with the model, such as "CC BY 4.0"."""
    maker: str = ""
    """Who made it; empty: nobody is named."""
    manifest_path: str = ""
    """What the preparation wrote about the model's data set; empty where nobody knows."""
    preset: str = ""
    """Gin file of the settings that the training started with; empty where nobody knows."""
    settings: tuple[str, ...] = ()
    """Bindings besides the preset's."""
    replace: bool = False
    """Whether a file of this name may be replaced."""

    def __post_init__(self) -> None:
        for name in ("model_path", "output_path", "name", "licence"):
            require_text(name, getattr(self, name))
        require_here("output_path", self.output_path)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSpec:
    """Make a new instrument of a model that was shared as a file."""

    file_path: str
    library: str
    """Folder of the library that gets it."""

    def __post_init__(self) -> None:
        for name in ("file_path", "library"):
            require_text(name, getattr(self, name))
            require_here(name, getattr(self, name))
