"""Features by the content of the recording and the settings that made them: nothing is computed twice."""

import hashlib
import json
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ddsp_backend.arrays import FeatureArrays
from ddsp_backend.audio.survey import Survey
from ddsp_backend.files import written_whole
from ddsp_backend.pitch.tracker import Unfinished

FEATURE_KEYS = ("f0_hz", "f0_confidence", "loudness_db", "power_db")
_SURVEY_VERSION = 2
_FEATURES_VERSION = 2  # counts changes of resampling, and of what loudness and power come to
# What numpy and zipfile raise over bytes that are no entry, or half of one.
_DAMAGES = (
    OSError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    ArithmeticError,
    RuntimeError,
    MemoryError,
    SyntaxError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)
_LOUDEST_DB = 200.0  # above what the loudest sample comes to that a survey lets pass
_HIGHEST_HZ = 20_000.0
_SUREST = 1.01


class FeatureCache:
    """Entries are files written whole; a damaged one, whatever is wrong with it, counts as missing."""

    def __init__(self, folder: Path, settings: dict[str, object]) -> None:
        """`settings` is everything besides the recording that the features depend on."""
        self._folder = folder
        text = json.dumps(settings, sort_keys=True)
        self._settings = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

    def read_survey(self, content: str) -> Survey | None:
        """What was found of a recording, or None if nobody looked, or if a single byte is not as it was written."""
        try:
            checksum, _, text = self._survey_path(content).read_bytes().partition(b"\n")
            return Survey(**json.loads(text)) if checksum == _checksum(text) else None
        except (OSError, ValueError, TypeError):
            return None

    def write_survey(self, content: str, survey: Survey) -> None:
        text = json.dumps(asdict(survey)).encode()
        self._write(self._survey_path(content), _checksum(text) + b"\n" + text)

    def read_chunk(self, content: str, first: int, n_frames: int) -> FeatureArrays | None:
        """The features of `n_frames` frames from `first` on, or None if they are not there or damaged."""
        try:
            with _opened(self._chunk_path(content, first, n_frames)) as entry:
                features = {key: entry[key] for key in FEATURE_KEYS}
        except _DAMAGES:
            return None
        fits = all(part.shape == (n_frames,) and part.dtype == np.float32 for part in features.values())
        return features if fits and _are_sensible(features) else None

    def write_chunk(self, content: str, first: int, features: FeatureArrays) -> None:
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


def _checksum(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=16).hexdigest().encode()


def _are_sensible(features: FeatureArrays) -> bool:
    """Whether trackers and meters can have said this. A pitch may be missing, which is NaN."""
    f0_hz_F, confidence_F = features["f0_hz"], features["f0_confidence"]
    known_F = f0_hz_F[~np.isnan(f0_hz_F)]
    levels_F = np.concatenate([features["loudness_db"], features["power_db"]])
    return bool(
        ((known_F > 0) & (known_F < _HIGHEST_HZ)).all()
        and (np.abs(confidence_F) <= _SUREST).all()
        and (np.abs(levels_F) <= _LOUDEST_DB).all()
    )


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
