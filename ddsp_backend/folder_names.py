"""What an instrument's folder is called: a name that every system takes, and that is free in its library."""

import unicodedata
from pathlib import Path

_LONGEST_FOLDER_NAME = 60  # bytes; leaves room for what is put below it on systems with short paths
# Windows' devices: 1 to 9, and the three small digits that it takes for 1 to 3.
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in "123456789¹²³")}


def safe_folder_name(name: str) -> str:
    """`name` as a folder can be called on any system.

    Letters (of any script), digits, spaces and `-_` stay. Quotes, brackets and stars would be read as patterns by those
    who look for the shards below; slashes, colons and emoji trouble one file system or the other. The name that people
    see is kept in project.json.
    """
    kept = "".join(char if char.isalnum() or char in "-_" else " " for char in unicodedata.normalize("NFC", name))
    short = " ".join(kept.split()).encode()[:_LONGEST_FOLDER_NAME].decode(errors="ignore").strip(" -_")
    if not short:
        return "Instrument"
    return f"{short} instrument" if short.casefold() in _RESERVED else short


def free_names(library: Path, name: str) -> tuple[str, str]:
    """A folder that is not there yet, and the name that people see: both with a number where `name` is taken.

    Raises OSError where the library cannot be read.
    """
    taken = {path.name.casefold() for path in library.iterdir()}
    stem = safe_folder_name(name)
    folder, n = stem, 1
    while folder.casefold() in taken:
        n += 1
        folder = f"{stem} {n}"
    return folder, f"{name.strip() or stem}{f' {n}' if n > 1 else ''}"
