"""The file that a model is shared as: a zip archive of few known entries, each with a limit to its size.

What the archive's directory says is checked before anything of it is unpacked, and entries are unpacked into memory,
never onto the disk: no name in it becomes a path.
"""

import json
import os
import struct
import zipfile
import zlib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import IO

from ddsp_backend.errors import DataError
from ddsp_backend.json_reading import parse_json
from ddsp_backend.sharing.card import SUFFIX

FORMAT, VERSION = "timbre", 1


class Entry(StrEnum):
    """What can be in the file. The values are the names in the archive."""

    FORMAT = "format.json"
    CARD = "card.json"
    SETTINGS = "model.gin"
    LEARNED = "learned.json"
    SHAPES = "weights.json"
    WEIGHTS = "weights.bin"
    EXAMPLE = "example.wav"


_LIMITS = {  # bytes
    Entry.FORMAT: 1 << 12,
    Entry.CARD: 1 << 16,
    Entry.SETTINGS: 1 << 18,
    Entry.LEARNED: 1 << 16,
    Entry.SHAPES: 1 << 20,
    Entry.WEIGHTS: 1 << 29,
    Entry.EXAMPLE: 1 << 23,
}
_NEEDED = frozenset(Entry) - {Entry.EXAMPLE}
_UNPRESSED = (Entry.WEIGHTS, Entry.EXAMPLE)  # numbers that hardly become fewer
_DIRECTORY_END = struct.Struct("<4s4H2LH")
_DIRECTORY_MARK = b"PK\x05\x06"
_LONG_MARK, _LONG_BYTES = b"PK\x06\x07", 20  # of archives beyond 4 GB
_LONGEST_DIRECTORY = 1 << 14
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)
_READ_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_AGAIN = "Copy or download it once more. If that does not help, ask its maker for it again."


def write_archive(entries: Mapping[Entry, bytes], path: Path) -> None:
    """Writes a new file. The same entries give the same bytes.

    Raises:
      DataError: an entry is larger than the format allows.
      OSError: the disk does not take it.
    """
    head = json.dumps({"format": FORMAT, "version": VERSION}).encode()
    with zipfile.ZipFile(path, "x") as archive:
        for entry, content in {Entry.FORMAT: head, **entries}.items():
            if len(content) > _LIMITS[entry]:
                raise DataError(
                    f"The model is too large to be shared: {entry} has {_megabytes(len(content))}, and "
                    f"{_megabytes(_LIMITS[entry])} are allowed",
                    "Train a smaller model.",
                )
            method = zipfile.ZIP_STORED if entry in _UNPRESSED else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(entry, _FIRST_DAY), content, method)


def read_archive(path: Path) -> dict[Entry, bytes]:
    """Every entry of a file that anybody may have written, whole.

    Raises:
      DataError: it is not such a file, or damaged, or of a later version, or holds more than such a file may.
      OSError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            _require_small_directory(file, path.name)
            with zipfile.ZipFile(file) as archive:
                _require_known_version(archive, path.name)
                _require_known_entries(archive, path.name)
                return {Entry(info.filename): _content(archive, info) for info in archive.infolist()}
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError) as error:
        raise DataError(f"{path.name} is damaged: {error}", _AGAIN) from error


def _require_small_directory(file: IO[bytes], name: str) -> None:
    """Looks at the file's end, where its directory's size stands, before anybody reads that directory."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _DIRECTORY_END.size - _LONG_BYTES))
    end = file.read()
    file.seek(0)
    if file.read(2) != b"PK":
        raise DataError(f"{name} is not a model that was shared with Timbre Studio", f"Such files end in {SUFFIX}.")
    mark = end[-_DIRECTORY_END.size :]
    if len(mark) < _DIRECTORY_END.size or not mark.startswith(_DIRECTORY_MARK):
        raise DataError(f"{name} is not whole: its end is missing", _AGAIN)
    *_, n_bytes, _, _ = _DIRECTORY_END.unpack(mark)
    if n_bytes > _LONGEST_DIRECTORY or end.startswith(_LONG_MARK):
        raise _refusal(name, "its list of contents is longer than that of any model")


def _require_known_version(archive: zipfile.ZipFile, name: str) -> None:
    found = [info for info in archive.infolist() if info.filename == Entry.FORMAT]
    if len(found) != 1:
        raise _refusal(name, f"it has {len(found)} entries {Entry.FORMAT} in place of one")
    _require_small(found[0], name)
    head = parse_json(_content(archive, found[0]))
    version = head.get("version") if isinstance(head, dict) and head.get("format") == FORMAT else None
    if not isinstance(version, int) or version < 1:
        raise _refusal(name, f"{Entry.FORMAT} does not say what it is")
    if version > VERSION:
        raise DataError(
            f"{name} was written by a later Timbre Studio: it has format {version}, and this one reads up to {VERSION}",
            "Update Timbre Studio.",
        )


def _require_known_entries(archive: zipfile.ZipFile, name: str) -> None:
    seen: set[str] = set()
    for info in archive.infolist():
        if info.filename not in set(Entry):
            raise _refusal(name, f"it holds {info.filename[:80]!r}, which is no part of a model")
        if info.filename in seen:
            raise _refusal(name, f"it holds {info.filename} twice")
        seen.add(info.filename)
        _require_small(info, name)
    missing = sorted(_NEEDED - seen)
    if missing:
        raise _refusal(name, f"it lacks {', '.join(missing)}")


def _require_small(info: zipfile.ZipInfo, name: str) -> None:
    limit = _LIMITS[Entry(info.filename)]
    if info.file_size > limit:
        raise _refusal(
            name, f"{info.filename} would have {_megabytes(info.file_size)}, and {_megabytes(limit)} are allowed"
        )
    if info.flag_bits & _ENCRYPTED or info.compress_type not in _READ_METHODS:
        raise _refusal(name, f"{info.filename} is packed in a way that such files are not")


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """At most as many bytes as the directory says, whatever the packed bytes would come to."""
    with archive.open(info) as file:
        content = file.read(info.file_size)
        if len(content) != info.file_size or file.read(1):
            raise EOFError(f"{info.filename} has another size than its directory says")
    return content


def _refusal(name: str, reason: str) -> DataError:
    return DataError(f"{name} cannot be opened: {reason}", "Ask its maker for it again, as Timbre Studio wrote it.")


def _megabytes(n_bytes: int) -> str:
    return f"{n_bytes / 1e6:.3g} MB"
