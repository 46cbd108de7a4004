"""Sets of TFRecord files: `<output>-00000-of-00010`, written together and put in place together."""

import contextlib
import os
import re
import shutil
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt
import psutil

from ddsp_backend.data.crc32c import masked_crc32c
from ddsp_backend.files import naming_errors

# Protocol buffers: field numbers 1 and 2 of "length-delimited" type, which is all that an example of floats needs.
_FIELD_1, _FIELD_2 = b"\x0a", b"\x12"


def serialize_example(features: dict[str, npt.NDArray[np.float32]]) -> bytes:
    """A `tf.train.Example` of float lists. Keys are sorted, so that equal features are equal bytes."""
    entries = []
    for key in sorted(features):
        packed = np.ascontiguousarray(features[key], "<f4").tobytes()
        value = _field(_FIELD_2, _field(_FIELD_1, packed))  # Feature.float_list, FloatList.value
        entries.append(_field(_FIELD_1, _field(_FIELD_1, key.encode()) + _field(_FIELD_2, value)))
    return _field(_FIELD_1, b"".join(entries))


def _field(tag: bytes, content: bytes) -> bytes:
    return tag + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    parts = bytearray()
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    parts.append(number)
    return bytes(parts)


def write_record(file: IO[bytes], record: bytes) -> None:
    """Appends one record in TFRecord's framing: length, its checksum, content, its checksum."""
    length = struct.pack("<Q", len(record))
    file.write(length + struct.pack("<I", masked_crc32c(length)))
    file.write(record)
    file.write(struct.pack("<I", masked_crc32c(record)))


def shard_names(prefix: str, n_shards: int) -> list[str]:
    return [f"{prefix}-{index:05d}-of-{n_shards:05d}" for index in range(n_shards)]


class ShardWriter:
    """Writes files in a hidden folder beside the output; `commit` puts them in place of any older set.

    Use as a context manager: whatever was not committed is removed.
    """

    def __init__(self, output_path: Path) -> None:
        self._output = output_path
        self.folder = output_path.with_name(f".{output_path.name}.partial-{os.getpid()}")
        self._files: dict[str, IO[bytes]] = {}

    def __enter__(self) -> "ShardWriter":
        self._output.parent.mkdir(parents=True, exist_ok=True)
        for folder in _abandoned(self._output):
            shutil.rmtree(folder)
        self.folder.mkdir()
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files.values():
            with contextlib.suppress(OSError):  # a full disk is reported where it happened, not again while tidying up
                file.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def create(self, names: list[str]) -> None:
        for name in names:
            self._files[name] = (self.folder / name).open("wb")

    def write(self, name: str, record: bytes) -> None:
        with naming_errors(self._output.with_name(name)):
            write_record(self._files[name], record)

    def commit(self, written: Sequence[str] = ()) -> None:
        """Flushes every file to disk, removes the older set and puts the new one in place.

        Args:
          written: Names of files that others have written into `folder`, and flushed.
        """
        for name, file in self._files.items():
            with naming_errors(self._output.with_name(name)):
                file.flush()
                os.fsync(file.fileno())
                file.close()
        names = {*self._files, *written}
        for old in _shards_beside(self._output):
            if old.name not in names:
                old.unlink()
        for name in sorted(names):
            (self.folder / name).replace(self._output.with_name(name))


def _shards_beside(output_path: Path) -> Iterator[Path]:
    """Every shard of any earlier set with this output path."""
    shape = re.compile(re.escape(output_path.name) + r"(-train|-eval)?-\d{5}-of-\d{5}")
    for path in sorted(output_path.parent.iterdir()):
        if shape.fullmatch(path.name):
            yield path


def _abandoned(output_path: Path) -> Iterator[Path]:
    """Folders of processes that were killed while they wrote."""
    start = f".{output_path.name}.partial-"
    for path in sorted(output_path.parent.iterdir()):
        owner = path.name.removeprefix(start)
        if path.name.startswith(start) and owner.isdigit() and (int(owner) == os.getpid() or not _is_alive(int(owner))):
            yield path


def _is_alive(process: int) -> bool:
    return bool(psutil.pid_exists(process))
