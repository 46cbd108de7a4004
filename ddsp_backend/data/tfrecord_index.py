"""Where every record of a set of TFRecord files lies, and what the records hold."""

import glob
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from ddsp_backend.data.crc32c import masked_crc32c
from ddsp_backend.data.manifest import SUFFIX, Manifest, read_manifest
from ddsp_backend.data.tfrecord_writing import require_whole
from ddsp_backend.errors import DataError
from ddsp_backend.storage import AnyPath, any_path

_HEADER_BYTES, _FOOTER_BYTES = 12, 4
_CHECKED_BYTES = 1 << 31  # sets up to this size are read once to the end before they are used
_DAMAGED_HINT = "Prepare the data set again."


@dataclass(frozen=True, slots=True)
class RecordIndex:
    """Files in order, and for every record its file's number and its offset. `lengths`: values of each feature."""

    files: tuple[str, ...]
    file_of_record: npt.NDArray[np.int32]
    offset_of_record: npt.NDArray[np.int64]
    lengths: dict[str, int]

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(self.lengths)


def index_records(pattern: str | Sequence[str] | None) -> RecordIndex:
    """Scans the records' headers, and checks their contents where the set is not huge.

    Raises DataError: no file fits the pattern, a file is damaged, the set was only half replaced by another one, or
      there is not a single record.
    """
    files = _files_of(pattern)
    file_numbers, offsets, n_bytes = [], [], 0
    for number, file in enumerate(files):
        found = list(_offsets(file))
        offsets += found
        file_numbers += [number] * len(found)
        n_bytes += tf.io.gfile.stat(file).length
    if not offsets:
        raise DataError(f"{pattern}: there is not a single example in the {len(files)} files", _DAMAGED_HINT)
    if n_bytes <= _CHECKED_BYTES:
        for file in files:
            _check_contents(file)
    lengths = _lengths_of_first(files[file_numbers[0]])
    return RecordIndex(files, np.array(file_numbers, np.int32), np.array(offsets, np.int64), lengths)


def manifest_beside(shard: str) -> Manifest | None:
    """The manifest beside a shard; None if there is none."""
    folder = any_path(shard).parent
    manifests: list[AnyPath] = [*folder.glob(f"*{SUFFIX}")] if folder.is_dir() else []
    for path in sorted(manifests, key=str):
        name = path.name.removesuffix(SUFFIX)
        if any_path(shard).name.startswith((f"{name}-", f"{name}.tfrecord-")):
            return read_manifest(path)
    return None


def _files_of(pattern: str | Sequence[str] | None) -> tuple[str, ...]:
    given = [pattern] if isinstance(pattern, str) else list(pattern or ())
    patterns = [str(Path(one).expanduser()) if one.startswith("~") else one for one in given]
    if not patterns:
        raise DataError(
            "No data set is given",
            "Bind TFRecordProvider.file_pattern, e.g. to 'FOLDER/data.tfrecord*', or prepare one.",
        )
    files: set[str] = set()
    for one in patterns:
        matches = tf.io.gfile.glob(one) if "://" in one else glob.glob(one)  # noqa: PTH207 - absolute
        files.update(file for file in matches if not file.endswith(SUFFIX) and not tf.io.gfile.isdir(file))
    if not files:
        raise DataError(
            f"No file fits the pattern {', '.join(patterns)}",
            "Check the folder's name, or prepare the data set first (ddsp_prepare_tfrecord).",
        )
    for file in files:
        if "://" not in file:
            require_whole(Path(file))
    return tuple(sorted(files))


def _offsets(file: str) -> Iterator[int]:
    size = tf.io.gfile.stat(file).length
    with _opened(file) as stream:
        offset = 0
        while offset < size:
            stream.seek(offset)
            header = stream.read(_HEADER_BYTES)
            if len(header) < _HEADER_BYTES:
                raise DataError(f"{file}: the file ends in the middle of an example", _DAMAGED_HINT)
            length, checksum = struct.unpack("<QI", header)
            if checksum != masked_crc32c(header[:8]):
                raise DataError(f"{file}: the file is damaged at byte {offset}, or is no TFRecord file", _DAMAGED_HINT)
            following = offset + _HEADER_BYTES + length + _FOOTER_BYTES
            if following > size:
                raise DataError(f"{file}: the file ends in the middle of an example", _DAMAGED_HINT)
            yield offset
            offset = following


def _opened(file: str) -> IO[bytes]:
    return tf.io.gfile.GFile(file, "rb") if "://" in file else Path(file).open("rb")  # type: ignore[no-any-return]


def _check_contents(file: str) -> None:
    try:
        for _ in tf.data.TFRecordDataset(file, buffer_size=1 << 22).batch(1 << 10):
            pass
    except tf.errors.DataLossError as error:
        raise DataError(f"{file}: the content of an example is damaged", _DAMAGED_HINT) from error


def _lengths_of_first(file: str) -> dict[str, int]:
    record = next(iter(tf.data.TFRecordDataset(file).take(1))).numpy()
    try:
        features = tf.train.Example.FromString(record).features.feature
    except ValueError as error:  # protobuf's DecodeError is one
        raise DataError(f"{file}: the records are no examples", _DAMAGED_HINT) from error
    return {key: len(feature.float_list.value) for key, feature in features.items()}
