"""The job that copies a folder between a bucket and this machine, every file verified by its CRC32C."""

import base64
import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from ddsp_backend.cloud.client import TIMEOUT, connected, naming_cloud_errors, retry
from ddsp_backend.errors import Cancelled, DataError, StorageError
from ddsp_backend.files import written_whole
from ddsp_backend.jobs.bucket_specs import CopyFolderSpec
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import Event, Progressed
from ddsp_backend.jobs.kinds import Unit
from ddsp_backend.jobs.progress import Pace
from ddsp_backend.storage import BucketPath, is_bucket_path

_AT_ONCE = 4
_PIECE = 4 << 20  # bytes; a multiple of 256 KB, as Cloud Storage wants it
_POLL = 0.1
_MEGABYTE = 1e6


@dataclass(frozen=True)
class _File:
    path: Path
    blob: Any
    size: int


def copy(spec: CopyFolderSpec, cancel: CancelToken) -> Generator[Event, None, dict[str, str]]:
    """Files that are equal on both sides are passed over, so that a copy that was stopped goes on.

    Returns: "target", and "n_files" that are there now.

    Raises:
      StorageError: a request is refused or not answered, or a file comes damaged.
      DataError: there is nothing to copy, or a name that cannot be a file's here.
    """
    yield Progressed(f"Looking into {spec.source}", 0, 1, Unit.FOLDERS)
    with connected() as client:
        if is_bucket_path(spec.source):
            move, files = _fetch, _there(client, BucketPath.parse(spec.source), Path(spec.target).expanduser())
        else:
            move, files = _send, _here(client, Path(spec.source).expanduser(), BucketPath.parse(spec.target))
        if not files:
            raise DataError(f"There is nothing in {spec.source}", "Choose the folder that holds the files.")
        yield from _together(move, files, f"Copying to {spec.target}", cancel)
    return {"target": spec.target, "n_files": str(len(files))}


class _ByteMeter:
    """Counts the bytes of several threads; a stop ends them at their next piece."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._n_bytes = 0
        self._is_stopped = False

    def add(self, n_bytes: int) -> None:
        if self._is_stopped:
            raise Cancelled
        with self._lock:
            self._n_bytes += n_bytes

    def taken(self) -> int:
        """What was counted since the last call."""
        with self._lock:
            n_bytes, self._n_bytes = self._n_bytes, 0
        return n_bytes

    def stop(self) -> None:
        self._is_stopped = True


class _Metered:
    """A file whose reading and writing is counted."""

    def __init__(self, file: IO[bytes], meter: _ByteMeter) -> None:
        self._file, self._meter = file, meter

    def read(self, n_bytes: int = -1) -> bytes:
        content = self._file.read(n_bytes)
        self._meter.add(len(content))
        return content

    def write(self, content: bytes) -> int:
        self._meter.add(len(content))
        return self._file.write(content)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def _together(
    move: Callable[[_File, _ByteMeter], None], files: Sequence[_File], stage: str, cancel: CancelToken
) -> Generator[Event, None, None]:
    pace = Pace(stage, sum(file.size for file in files) / _MEGABYTE, Unit.MEGABYTES)
    meter = _ByteMeter()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        left = {pool.submit(move, file, meter) for file in files}
        try:
            while left:
                done, left = wait(left, _POLL)
                for future in done:
                    future.result()
                yield from pace.advance(meter.taken() / _MEGABYTE)
                cancel.raise_if_set()
        finally:
            meter.stop()
            for future in left:
                future.cancel()


def _there(client: Any, source: BucketPath, target: Path) -> list[_File]:
    """The objects below a folder of a bucket, and where they go."""
    prefix = "".join(f"{part}/" for part in source.parts)
    with naming_cloud_errors(str(source)):
        blobs = list(client.list_blobs(source.bucket, prefix=prefix, timeout=TIMEOUT, retry=retry()))
    return [
        _File(target / _safe(blob.name.removeprefix(prefix)), blob, int(blob.size or 0))
        for blob in blobs
        if not blob.name.endswith("/")  # what other programs leave for an empty folder
    ]


def _here(client: Any, source: Path, target: BucketPath) -> list[_File]:
    """The files below a folder, without hidden ones, and the objects that they become."""
    with naming_cloud_errors(str(target)):
        bucket = client.bucket(target.bucket)
    paths = [path.relative_to(source) for path in sorted(source.rglob("*")) if path.is_file()]
    shown = [path for path in paths if not any(part.startswith(".") for part in path.parts)]
    return [
        _File(source / path, bucket.blob("/".join((*target.parts, *path.parts))), (source / path).stat().st_size)
        for path in shown
    ]


def _fetch(file: _File, meter: _ByteMeter) -> None:
    if file.path.is_file() and file.path.stat().st_size == file.size and _crc32c(file.path) == file.blob.crc32c:
        meter.add(file.size)
        return
    file.path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(file.path) as temporary:
        with temporary.open("wb") as stream, naming_cloud_errors(_address(file.blob)):
            file.blob.download_to_file(_Metered(stream, meter), checksum=None, timeout=TIMEOUT, retry=retry())
        _require_equal(temporary, file.blob)


def _send(file: _File, meter: _ByteMeter) -> None:
    with naming_cloud_errors(_address(file.blob)):
        there = file.blob.bucket.get_blob(file.blob.name, timeout=TIMEOUT, retry=retry())
        if there is not None and there.size == file.size and there.crc32c == _crc32c(file.path):
            meter.add(file.size)
            return
        file.blob.chunk_size = _PIECE
        with file.path.open("rb") as stream:
            metered = _Metered(stream, meter)
            file.blob.upload_from_file(metered, size=file.size, checksum="crc32c", timeout=TIMEOUT, retry=retry())
    _require_equal(file.path, file.blob)


def _require_equal(path: Path, blob: Any) -> None:
    if blob.crc32c != _crc32c(path):
        raise StorageError(
            f"{_address(blob)} arrived damaged: its checksum is wrong",
            "Copy again: files that arrived intact are not sent again.",
        )


def _crc32c(path: Path) -> str:
    """As Cloud Storage writes it."""
    import google_crc32c

    checksum = google_crc32c.Checksum()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            checksum.update(piece)
    return base64.b64encode(checksum.digest()).decode()


def _address(blob: Any) -> str:
    return f"gs://{blob.bucket.name}/{blob.name}"


def _safe(name: str) -> PurePosixPath:
    """An object's name as a path below a folder. Objects in a bucket can have any name."""
    path = PurePosixPath(name)
    if path.is_absolute() or not path.parts or ".." in path.parts or "\0" in name or "\\" in name or ":" in name:
        raise DataError(f"The object {name!r} cannot be a file here", "Rename it in the bucket, or leave it out.")
    return path
