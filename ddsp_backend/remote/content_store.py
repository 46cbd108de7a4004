"""What was sent to a host, each content once: a file for each, named by its sha256. This runs on the host.

While a content comes it is called <sha256>.part; what is there of it is always its beginning.
"""

import fcntl
import hashlib
import os
import shutil
import time
from io import BufferedReader
from pathlib import Path

from ddsp_backend.files import naming_errors

KEPT_SECONDS = 30 * 24 * 3600  # a data set that nobody has used for so long is sent anew
_PIECE = 1 << 20


class ContentStore:
    """Every method raises OSError where the disk refuses."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)

    def missing(self, wanted: list[str]) -> tuple[dict[str, int | None], int]:
        """How many bytes of each wanted content are here (None: all of it), and how much space is left."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for path in self._folder.iterdir():
            status = path.stat()
            if status.st_nlink == 1 and time.time() - max(status.st_mtime, status.st_ctime) > KEPT_SECONDS:
                path.unlink()  # no run uses it
        here = {sha: None if self._whole(sha).exists() else size_of(self._part(sha)) for sha in wanted}
        return here, shutil.disk_usage(self._folder).free

    def receive(self, contents: list[tuple[str, int, int]], source: BufferedReader) -> None:
        """Takes what is missing of each content from `source`, one after the other; one that came damaged is removed.

        Args:
          contents: (sha256, how many bytes of it are here, its size) of each.
        """
        for sha, start, size in contents:
            self._receive(sha, start, size - start, source)

    def place(self, folder: str, files: list[list[str]], keep: bool) -> list[str]:
        """Links contents to where a job wants them: [sha256, path] each. Returns the sums that are not here."""
        lacking = []
        for sha, path in files:
            whole, target = self._whole(sha), Path(folder, path)
            if target.exists() and (_is_same(whole, target) or sum_of(target) == sha):
                continue
            if not whole.exists():
                lacking.append(sha)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            os.link(whole, target)
        if not keep and not lacking:
            for sha, _ in files:
                self._whole(sha).unlink(missing_ok=True)
        return lacking

    def _receive(self, sha: str, start: int, left: int, source: BufferedReader) -> None:
        part = self._part(sha)
        room = memoryview(bytearray(_PIECE))
        with naming_errors(part), part.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if not (part.exists() and os.path.samestat(part.stat(), os.fstat(file.fileno()))):
                # Another run has sent the same meanwhile, and perhaps in vain: `place` will tell.
                while left and (n_bytes := source.readinto1(room[: min(left, _PIECE)])):
                    left -= n_bytes
                return
            file.truncate(start)
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256")
            while left and (n_bytes := source.readinto1(room[: min(left, _PIECE)])):
                digest.update(room[:n_bytes])
                file.write(room[:n_bytes])
                left -= n_bytes
            file.flush()
            if left:
                return  # the connection was cut
            if digest.hexdigest() == sha:
                part.replace(self._whole(sha))
            else:
                part.unlink()

    def _whole(self, sha: str) -> Path:
        return self._folder / sha

    def _part(self, sha: str) -> Path:
        return self._folder / f"{sha}.part"


def size_of(path: Path) -> int:
    """In bytes; 0 where there is no such file."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def sum_of(path: Path, size: int | None = None) -> str:
    """The sha256 of the first `size` bytes, or of all."""
    digest = hashlib.sha256()
    left = path.stat().st_size if size is None else size
    with path.open("rb") as file:
        while left and (piece := file.read(min(left, _PIECE))):
            digest.update(piece)
            left -= len(piece)
    return digest.hexdigest()


def _is_same(one: Path, other: Path) -> bool:
    return one.exists() and one.samefile(other)
