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

from ddsp_backend.data.crc32c import masked_crc32c
from ddsp_backend.errors import DataError
from ddsp_backend.files import flush, naming_errors
from ddsp_backend.jobs.claim import Claim

_MARK = ".half-replaced"

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

    Use as a context manager: whatever was not committed is removed. Entering it raises DataError where another process
    is writing the same set.
    """

    def __init__(self, output_path: Path) -> None:
        self._output = output_path
        self.folder = output_path.with_name(f".{output_path.name}.partial-{os.getpid()}")
        self._files: dict[str, IO[bytes]] = {}
        self._claim = Claim(output_path.with_name(f".{output_path.name}.in-use"))

    def __enter__(self) -> "ShardWriter":
        if other := self._claim.take():
            raise DataError(
                f"Another program is writing this data set already: {self._output} (process {other.pid})",
                "Wait until it has finished, or stop it. Or choose another folder for this data set.",
            )
        try:
            for folder in _abandoned(self._output):
                shutil.rmtree(folder)
            self.folder.mkdir()
        except OSError:
            self._claim.give_up()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files.values():
            with contextlib.suppress(OSError):  # a full disk is reported where it happened, not again while tidying up
                file.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        self._claim.give_up()

    def create(self, names: list[str]) -> None:
        for name in names:
            self._files[name] = (self.folder / name).open("wb")

    def write(self, name: str, record: bytes) -> None:
        with naming_errors(self._output.with_name(name)):
            write_record(self._files[name], record)

    def commit(self, written: Sequence[str] = ()) -> None:
        """Flushes every file to disk, removes the older set and puts the new one in place, as one act.

        A mark lies beside the set meanwhile. Where it stays, the process or the machine died in between, and nobody can
        tell which files are of which set: what was held out of the one may be learned from in the other. Whoever reads
        files beside such a mark refuses them (`require_whole`), and the next commit takes it away.

        Args:
          written: Names of files that others have written into `folder`, and flushed. They take their places in order.
        """
        for name, file in self._files.items():
            with naming_errors(self._output.with_name(name)):
                file.flush()
                os.fsync(file.fileno())
                file.close()
        names = [*self._files, *written]
        mark = _mark_of(self._output)
        mark.touch()
        flush(mark.parent)
        for old in _shards_beside(self._output):
            if old.name not in names:
                old.unlink()
        for name in names:
            (self.folder / name).replace(self._output.with_name(name))
        flush(mark.parent)
        mark.unlink()


def require_whole(shard: Path) -> None:
    """Raises DataError if the set that a file belongs to was being replaced when the process that did so died."""
    for mark in shard.parent.glob(f".*{_MARK}"):
        output = mark.name.removeprefix(".").removesuffix(_MARK)
        if shard.name.startswith(f"{output}-"):
            raise DataError(
                f"{shard.with_name(output)}: the program ended while it was replacing the data set",
                "Prepare the recordings again: their analysis is kept.",
            )


def _mark_of(output: Path) -> Path:
    return output.with_name(f".{output.name}{_MARK}")


def _shards_beside(output_path: Path) -> Iterator[Path]:
    """Every shard of any earlier set with this output path."""
    shape = re.compile(re.escape(output_path.name) + r"(-train|-eval)?-\d{5}-of-\d{5}")
    for path in sorted(output_path.parent.iterdir()):
        if shape.fullmatch(path.name):
            yield path


def _abandoned(output_path: Path) -> Iterator[Path]:
    """Folders of processes that were killed while they wrote: one that lives would hold the claim."""
    start = f".{output_path.name}.partial-"
    for path in sorted(output_path.parent.iterdir()):
        if path.name.startswith(start):
            yield path
