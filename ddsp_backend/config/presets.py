"""The choices that a musician sees: the comments at the head of gin/presets/*.gin. Loads neither gin nor TensorFlow."""

import re
from dataclasses import dataclass
from pathlib import Path

from ddsp_backend.config.paths import gin_folder
from ddsp_backend.errors import ConfigError

_LINE = re.compile(r"# (\w+): (.+)")


@dataclass(frozen=True, slots=True)
class Preset:
    """A model with its training, and what it wants of a data set."""

    gin_file: str
    """Relative to the gin folder, as --gin_file takes it."""
    title: str
    summary: str
    rank: int
    """Place in the list; the first one is the default."""
    sample_rate: int
    """Hz."""
    frame_rate: int
    """Pitch and loudness values per second; a higher rate follows fast changes better but trains slower."""
    center: bool
    """Frames are centred on their time stamps, which adds one."""
    example_secs: float
    base_model: str = ""
    """The model that ships with the program and that training starts from; empty: from nothing."""


def list_presets(folder: Path | None = None) -> tuple[Preset, ...]:
    """Every preset, the recommended one first. A file without a `# title:` is a part of others and is left out.

    Raises:
      ConfigError: where a preset leaves out a value or has one that cannot be read.
    """
    root = gin_folder() if folder is None else folder
    found = [_read(path, root) for path in sorted((root / "presets").glob("*.gin"))]
    return tuple(sorted((preset for preset in found if preset), key=lambda preset: preset.rank))


def _read(path: Path, root: Path) -> Preset | None:
    lines = path.read_text(encoding="utf-8").splitlines()
    head = {match[1]: match[2] for line in lines if (match := _LINE.match(line))}
    if "title" not in head:
        return None
    try:
        return Preset(
            gin_file=path.relative_to(root).as_posix(),
            title=head["title"],
            summary=head["summary"],
            rank=int(head["rank"]),
            sample_rate=int(head["sample_rate"]),
            frame_rate=int(head["frame_rate"]),
            center={"true": True, "false": False}[head["center"]],
            example_secs=float(head["example_secs"]),
            base_model=head.get("base_model", ""),
        )
    except (KeyError, ValueError) as error:
        raise ConfigError(
            f"The head of {path} lacks a value or has one that cannot be read: {error}",
            "It begins with comments such as '# sample_rate: 16000', as those of the other presets.",
        ) from error
