"""Paths of Cloud Storage, which begin with gs://, beside those of this machine.

TensorFlow's own file system does the work. It is loaded only once such a path is used: whoever merely passes paths on
needs no TensorFlow.
"""

import errno
import fnmatch
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePath
from typing import Any, TypeAlias

from ddsp_backend.errors import ConfigError, StorageError

SCHEME = "gs://"

# TensorFlow reads these once, when it is loaded. Its own choices are made for other uses: ten trials, each of which may
# start ten more, and 64 MB fetched for every single example.
_DEFAULTS = {
    "GCS_RETRY_CONFIG_MAX_RETRIES": "4",
    "GCS_REQUEST_CONNECTION_TIMEOUT_SECS": "10",
    "GCS_READ_CACHE_BLOCK_SIZE_MB": "1",
    "GCS_READ_CACHE_MAX_SIZE_MB": "512",
}
_ANSWER = re.compile(r"HTTP response code (\d{3})|libcurl code (\d+) meaning '([^']*)'")
_PLACE = re.compile(r"gs://([^/\s']+)[^\s']*")
_WORDS = re.compile(r'"message": *"((?:[^"\\]|\\.)*)"')
_QUOTA = re.compile(r"quota|rateLimit", re.IGNORECASE)
_LOG_IN = "gcloud auth application-default login"
_KEPT = "What was saved before is whole, and the job goes on there."


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
        """Writes a file of this machine here. The object is whole or not there, and replaces one of before."""
        try:
            with _answered(self):
                _gfile().copy(str(source), str(self), overwrite=True)
        except FileNotFoundError as error:
            raise _no_bucket(self.bucket) from error

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


def refusal(error: BaseException) -> StorageError | None:
    """What Cloud Storage answered TensorFlow, as a sentence with its cure; None where it is no answer of that."""
    text = str(error)
    answer = _ANSWER.search(text)
    if answer is None:
        return None
    if answer[2]:
        return unreachable(answer[3])
    place = _PLACE.search(text)
    words = _WORDS.search(text)
    said = words[1][:200] if words else ""
    if answer[1] == "404" and place and ("initiating an upload" in text or place[0] == f"{SCHEME}{place[1]}/"):
        return _no_bucket(place[1])
    if answer[1] == "403" and _QUOTA.search(text):
        return refused(429, place[0] if place else "", said)
    return refused(int(answer[1]), place[0] if place else "", said)


def unreachable(reason: str) -> StorageError:
    return StorageError(
        f"Cloud Storage cannot be reached: {reason}",
        "Is the network up? Behind a proxy, set https_proxy; if it has a certificate of its own, CURL_CA_BUNDLE. "
        + _KEPT,
    )


def refused(code: int, where: str, said: str = "") -> StorageError:
    """The sentence for an answer of Cloud Storage.

    Args:
      code: The HTTP status.
      where: The path that was asked for.
      said: Google's own words.
    """
    where = where or "Cloud Storage"
    said = f": {said}" if said else ""
    if code == 404:
        return StorageError(f"There is no {where}{said}", "Check its name, and that of the bucket.")
    if code == 429:
        return StorageError(
            f"Cloud Storage takes no more requests for {where} now, or the quota is used up ({code}){said}",
            f"Wait a while, or raise the quota of the bucket's project. {_KEPT}",
        )
    if code == 401:
        return StorageError(
            f"Cloud Storage does not accept the credential for {where}: missing, expired or withdrawn ({code}){said}",
            f"On the machine that the job runs on, log in again ({_LOG_IN}), or name a key file in "
            f"GOOGLE_APPLICATION_CREDENTIALS. {_KEPT}",
        )
    if code == 403:
        return StorageError(
            f"There is no permission for {where} ({code}){said}",
            "Ask the bucket's owner for the role Storage Object Admin, or log in as somebody who has it "
            f"({_LOG_IN}). {_KEPT}",
        )
    if code in (413, 507):
        return StorageError(f"The bucket has no room for {where} ({code}){said}", f"Make room there. {_KEPT}")
    return StorageError(f"Cloud Storage fails at {where} ({code}){said}", f"Try again later. {_KEPT}")


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
        raise refusal(error) or StorageError(f"Cloud Storage fails at {path}: {first_line}", _KEPT) from error


def _require_bucket(bucket: str) -> None:
    """Raises StorageError where there is no such bucket. Who may not ask for that, may use it nevertheless."""
    tf = _tensorflow()
    try:
        tf.io.gfile.stat(SCHEME + bucket)
    except tf.errors.NotFoundError as error:
        raise _no_bucket(bucket) from error
    except tf.errors.PermissionDeniedError:
        pass


def _no_bucket(bucket: str) -> StorageError:
    return StorageError(
        f"There is no bucket {bucket!r}", f"Check its name, or make it: gcloud storage buckets create {SCHEME}{bucket}"
    )


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
