"""What the window remembers between two runs. A damaged or missing file never blocks the start."""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from ddsp_backend.files import written_whole
from ddsp_backend.json_reading import read_json


@dataclass(frozen=True, slots=True)
class Settings:
    """Every field has a default and is a plain value."""

    geometry: str = ""  # of the window, as Qt writes it, in hexadecimal
    instrument: str = ""  # the folder's path of the one shown last
    library: str = ""  # folder of the library that was chosen in the window; empty: the usual one
    page: int = 0
    last_folder: str = ""  # where recordings were chosen last
    save_folder: str = ""  # where sounds were saved last
    save_depth: str = ""  # bits of their samples, a value of `Depth`
    save_rate: int = 0  # their Hz; 0: that of the model
    save_level: float = 0.0  # LUFS to bring them to; 0: as loud as they are
    share_folder: str = ""  # where files for others were written last
    maker: str = ""  # who made them


def load_settings(path: Path) -> Settings:
    """Each value that is not of its field's type is replaced by the default."""
    try:
        stored = read_json(path)
    except (OSError, ValueError):
        return Settings()
    if not isinstance(stored, dict):
        return Settings()
    defaults = asdict(Settings())
    known = {
        each.name: stored[each.name]
        for each in fields(Settings)
        if each.name in stored and type(stored[each.name]) is type(defaults[each.name])
    }
    return Settings(**known)


def save_settings(settings: Settings, path: Path) -> None:
    """Raises OSError where the file cannot be written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as temporary:
        temporary.write_text(json.dumps(asdict(settings), indent=1) + "\n", encoding="utf-8")
