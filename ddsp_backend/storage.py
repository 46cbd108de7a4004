"""Paths of Cloud Storage, which begin with gs://, beside those of this machine.

TensorFlow's own file system does the work. It is loaded only when such a path is used: code that merely passes paths on
needs no TensorFlow.
"""

import errno
import fnmatch
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePath
from typing import Any, TypeAlias

from ddsp_backend.errors import ConfigError, StorageError
from ddsp_backend.storage_errors import no_bucket, storage_error

SCHEME = "gs://"

# TensorFlow reads these once, when it is loaded. Its own choices are made for other uses: ten trials, each of which may
# start ten more, and 64 MB fetched for every single example.
_DEFAULTS = {
    "GCS_RETRY_CONFIG_MAX_RETRIES": "4",
    "GCS_REQUEST_CONNECTION_TIMEOUT_SECS": "10",
    "GCS_READ_CACHE_BLOCK_SIZE_MB": "1",
    "GCS_READ_CACHE_MAX_SIZE_MB": "512",
}


@dataclass(frozen=True, order=True)
class BucketPath:
    """An object, or what its name begins with, in a bucket. It has the methods of `pathlib.Path` that are used here.

    There are no folders in a bucket: one is there as long as the name of an object begins with it.

    Raises:
      FileNotFoundError: there is no such object.
      StorageError: the bucket is not there, or the request is refused or not answered.
    """

    bucket: str
    parts: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "BucketPath":
        """Raises ConfigError where no bucket is named."""
        bucket, *parts = text.removeprefix(SCHEME).split("/")
        if not bucket:
            raise ConfigError(f"{text!r} names no bucket", "Write gs://BUCKET/FOLDER.")
        return cls(bucket, tuple(part for part in parts if part))

    def __str__(self) -> str:
        return SCHEME + "/".join((self.bucket, *self.parts))

    def __truediv__(self, name: str) -> "BucketPath":
        return BucketPath(self.bucket, (*self.parts, *(part for part in name.split("/") if part)))

    def joined(self, path: PurePath) -> "BucketPath":
        """This path followed by a relative one of this machine."""
        return BucketPath(self.bucket, (*self.parts, *path.parts))

    @property
    def name(self) -> str:
        return self.parts[-1] if self.parts else ""

    @property
    def suffix(self) -> str:
        return Path(self.name).suffix

    @property
    def parent(self) -> "BucketPath":
        return BucketPath(self.bucket, self.parts[:-1])

    def with_name(self, name: str) -> "BucketPath":
        return self.parent / name

    def with_suffix(self, suffix: str) -> "BucketPath":
        return self.parent / str(Path(self.name).with_suffix(suffix))

    def absolute(self) -> "BucketPath":
        return self

    def exists(self) -> bool:
        return self.is_dir() or self.is_file()

    def is_file(self) -> bool:
        with _answered(self):
            return bool(_gfile().exists(str(self))) and not _gfile().isdir(str(self))

    def is_dir(self) -> bool:
        """Whether the name of an object begins so. Raises StorageError where that cannot be told."""
        with _answered(self):
            if _gfile().isdir(str(self)):
                return True
            if not _gfile().exists(str(self)):  # `isdir` says no to every failure; this one tells it
                _require_bucket(self.bucket)
            return False

    def iterdir(self) -> Iterator["BucketPath"]:
        try:
            with _answered(self):
                names = _gfile().listdir(str(self))
        except FileNotFoundError:
            self.is_dir()  # TensorFlow says the same of every failure; this one tells it
            raise
        return iter(sorted({self / name for name in names}))

    def glob(self, pattern: str) -> Iterator["BucketPath"]:
        """What lies in this folder and fits a pattern of names."""
        return (path for path in (self.iterdir() if self.is_dir() else ()) if fnmatch.fnmatch(path.name, pattern))

    def mkdir(self, parents: bool = False, exist_ok: bool = False) -> None:
        """Nothing: the first object of a folder makes it."""

    def stat(self) -> os.stat_result:
        """Size and time of the last change; nothing else."""
        with _answered(self):
            found = _gfile().stat(str(self))
        seconds = int(found.mtime_nsec // 1_000_000_000)
        return os.stat_result((0, 0, 0, 0, 0, 0, int(found.length), seconds, seconds, seconds))

    def read_bytes(self) -> bytes:
        with _answered(self), _gfile().GFile(str(self), "rb") as file:
            return bytes(file.read())

    def read_text(self, encoding: str = "utf-8") -> str:
        return self.read_bytes().decode(encoding)

    def unlink(self, missing_ok: bool = False) -> None:
        try:
            with _answered(self):
                _gfile().remove(str(self))
        except FileNotFoundError:
            if not missing_ok:
                raise

    def remove_tree(self) -> None:
        """Removes all objects whose names begin so; there need be none."""
        if self.is_dir():
            with _answered(self):
                _gfile().rmtree(str(self))

    def upload(self, source: Path) -> None:
        """Writes a file of this machine here. The object is complete or absent, and replaces an earlier one."""
        try:
            with _answered(self):
                _gfile().copy(str(source), str(self), overwrite=True)
        except FileNotFoundError as error:
            raise no_bucket(self.bucket) from error

    def download(self, target: Path) -> None:
        with _answered(self):
            _gfile().copy(str(self), str(target), overwrite=True)


AnyPath: TypeAlias = Path | BucketPath


def is_bucket_path(path: object) -> bool:
    return isinstance(path, BucketPath) or (isinstance(path, str) and path.startswith(SCHEME))


def any_path(path: str | os.PathLike[str] | BucketPath) -> AnyPath:
    """The path of a text, with ~ for the home folder. Raises ConfigError where gs:// is followed by no bucket."""
    if isinstance(path, BucketPath):
        return path
    if isinstance(path, str) and path.startswith(SCHEME):
        return BucketPath.parse(path)
    return Path(path).expanduser()


def prepare_environment() -> None:
    """Sets what TensorFlow reads when it is loaded, where the user has not set it."""
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)
    if sys.platform == "linux" and not _is_google_machine():
        # Only Google's machines have a server that hands out credentials; elsewhere it would be looked for in vain.
        os.environ.setdefault("NO_GCE_CHECK", "true")


@contextmanager
def _answered(path: BucketPath) -> Iterator[None]:
    """Tells TensorFlow's errors in the words of this module."""
    tf = _tensorflow()
    try:
        yield
    except tf.errors.NotFoundError as error:
        raise FileNotFoundError(errno.ENOENT, "There is no such object", str(path)) from error
    except tf.errors.OpError as error:
        first_line = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise storage_error(error) or StorageError(
            f"Cloud Storage fails at {path}: {first_line}", "Try again later."
        ) from error


def _require_bucket(bucket: str) -> None:
    """Raises StorageError where there is no such bucket. Who may not ask for that, may use it nevertheless."""
    tf = _tensorflow()
    try:
        tf.io.gfile.stat(SCHEME + bucket)
    except tf.errors.NotFoundError as error:
        raise no_bucket(bucket) from error
    except tf.errors.PermissionDeniedError:
        pass


def _gfile() -> Any:
    return _tensorflow().io.gfile


def _tensorflow() -> Any:
    prepare_environment()
    import tensorflow as tf

    return tf


@cache
def _is_google_machine() -> bool:
    try:
        return "Google" in Path("/sys/class/dmi/id/product_name").read_text()
    except OSError:
        return False
