"""Features by the content of the recording and the settings that made them: nothing is computed twice."""

import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ddsp_backend.audio.survey import Survey
from ddsp_backend.files import written_whole
from ddsp_backend.pitch.tracker import Unfinished

Features: TypeAlias = dict[str, npt.NDArray[np.float32]]

FEATURE_KEYS = ("f0_hz", "f0_confidence", "loudness_db", "power_db")
_READ_BYTES = 1 << 22
_SURVEY_VERSION = 1
_FEATURES_VERSION = 2  # counts changes of resampling, and of what loudness and power come to
_DAMAGES = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error)  # what np.load raises


def hash_content(path: Path) -> Generator[int, None, str]:
    """blake2b of the file's bytes, as hexadecimal text; yields the bytes read so far."""
    digest = hashlib.blake2b(digest_size=16)
    n_read = 0
    with path.open("rb") as file:
        while block := file.read(_READ_BYTES):
            digest.update(block)
            n_read += len(block)
            yield n_read
    return digest.hexdigest()


class FeatureCache:
    """Entries are files written whole; a damaged one counts as missing and is written anew."""

    def __init__(self, folder: Path, settings: dict[str, object]) -> None:
        """`settings` is everything besides the recording that the features depend on."""
        self._folder = folder
        text = json.dumps(settings, sort_keys=True)
        self._settings = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

    def read_survey(self, content: str) -> Survey | None:
        try:
            fields = json.loads(self._survey_path(content).read_text())
            return Survey(**fields)
        except (OSError, ValueError, TypeError):
            return None

    def write_survey(self, content: str, survey: Survey) -> None:
        self._write(self._survey_path(content), json.dumps(asdict(survey)).encode())

    def read_chunk(self, content: str, first: int, n_frames: int) -> Features | None:
        """The features of `n_frames` frames from `first` on, or None if they are not there or damaged."""
        try:
            with _opened(self._chunk_path(content, first, n_frames)) as entry:
                features = {key: entry[key] for key in FEATURE_KEYS}
        except _DAMAGES:
            return None
        fits = all(part.shape == (n_frames,) and part.dtype == np.float32 for part in features.values())
        return features if fits else None

    def write_chunk(self, content: str, first: int, features: Features) -> None:
        path = self._chunk_path(content, first, len(features["f0_hz"]))
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(path) as temporary:
            np.savez(temporary, allow_pickle=False, **features)
        self._unfinished_path(content, first, len(features["f0_hz"])).unlink(missing_ok=True)

    def read_unfinished(self, content: str, first: int, n_frames: int) -> Unfinished:
        """What was found of a chunk before the job was stopped; empty if there is nothing, or if it is damaged."""
        try:
            with _opened(self._unfinished_path(content, first, n_frames)) as entry:
                return Unfinished(int(entry["n_done"]), [entry["indices"]], [entry["findings"]])
        except _DAMAGES:
            return Unfinished()

    def write_unfinished(self, content: str, first: int, n_frames: int, unfinished: Unfinished) -> None:
        if unfinished.indices:
            path = self._unfinished_path(content, first, n_frames)
            path.parent.mkdir(parents=True, exist_ok=True)
            with written_whole(path) as temporary:
                np.savez(
                    temporary,
                    n_done=unfinished.n_done,
                    indices=np.concatenate(unfinished.indices),
                    findings=np.concatenate(unfinished.findings),
                )

    def _unfinished_path(self, content: str, first: int, n_frames: int) -> Path:
        return self._chunk_path(content, first, n_frames).with_suffix(".unfinished.npz")

    def _survey_path(self, content: str) -> Path:
        return self._folder / content / f"survey-{_SURVEY_VERSION}.json"

    def _chunk_path(self, content: str, first: int, n_frames: int) -> Path:
        return self._folder / content / f"{self._settings}-{first}-{n_frames}.npz"

    @staticmethod
    def _write(path: Path, content: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(path) as temporary:
            temporary.write_bytes(content)


def feature_settings(tracker_name: str, frame_rate: int, center: bool) -> dict[str, object]:
    """Everything besides the recording that features depend on."""
    return {"version": _FEATURES_VERSION, "tracker": tracker_name, "frame_rate": frame_rate, "center": center}


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    # np.load forgets to close a file by this name that it cannot read.
    with path.open("rb") as file, np.load(file, allow_pickle=False) as entry:
        yield entry


def default_cache_folder(output_path: str | os.PathLike[str]) -> Path:
    """The cache beside a data set: all data sets in one folder share it."""
    return Path(output_path).parent / ".feature_cache"
