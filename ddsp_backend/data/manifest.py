"""What a prepared data set says about itself, beside its shards."""

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ddsp_backend.data.feature_cache import Features
from ddsp_backend.errors import DataError
from ddsp_backend.files import written_whole
from ddsp_backend.storage import AnyPath
from ddsp_backend.pitch.tracker import SURE_CONFIDENCE

VERSION = 1
SUFFIX = ".manifest.json"
_NOTES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


@dataclass(frozen=True, slots=True)
class Manifest:
    """Patterns are relative to the manifest's own folder, so that a data set can be moved."""

    version: int
    settings: dict[str, Any]
    sources: list[dict[str, Any]]
    train_pattern: str
    held_out_pattern: str
    n_train: int
    n_held_out: int
    audio_seconds: float
    voiced_seconds: float
    statistics: dict[str, Any]


def manifest_path(output_path: Path) -> Path:
    """`data.tfrecord` -> `data.manifest.json`: a name that the pattern `data.tfrecord*` does not take for a shard."""
    return output_path.with_name(output_path.name.removesuffix(".tfrecord") + SUFFIX)


def write_manifest(path: Path, manifest: Manifest) -> None:
    with written_whole(path) as temporary:
        temporary.write_text(json.dumps(asdict(manifest), indent=1, ensure_ascii=True) + "\n")


def read_manifest(path: AnyPath) -> Manifest:
    """Raises DataError if the file is missing, damaged or from a later version."""
    try:
        fields = json.loads(path.read_text())
        manifest = Manifest(**fields)
    except (OSError, ValueError, TypeError) as error:
        raise DataError(
            f"{path.name}: this manifest cannot be read ({error})", "Prepare the data set again."
        ) from error
    if manifest.version > VERSION:
        raise DataError(
            f"{path.name}: this data set has version {manifest.version}; this program reads up to {VERSION}",
            "Update Timbre Studio, or prepare the data set again.",
        )
    return manifest


def statistics_of(recordings: list[Features], frame_rate: int) -> dict[str, Any]:
    """Mean, deviation and range of pitch (MIDI, voiced frames), loudness and power (dB), and the notes' range."""
    voiced = [features["f0_confidence"] >= SURE_CONFIDENCE for features in recordings]
    f0_hz = np.concatenate([features["f0_hz"][mask] for features, mask in zip(recordings, voiced, strict=True)])
    midi = 69 + 12 * np.log2(np.maximum(f0_hz, 1e-3).astype(np.float64) / 440)
    lowest, highest = np.percentile(midi, [1, 99]) if len(midi) else (math.nan, math.nan)
    return {
        "voiced_seconds": _rounded(len(midi) / frame_rate),
        "f0_midi_voiced": _summary(midi),
        "loudness_db": _summary(np.concatenate([features["loudness_db"] for features in recordings])),
        "power_db": _summary(np.concatenate([features["power_db"] for features in recordings])),
        "lowest_note": note_name(lowest),
        "highest_note": note_name(highest),
    }


def note_name(midi: float) -> str:
    """60 -> "C4"; empty for NaN."""
    if not math.isfinite(midi):
        return ""
    number = round(midi)
    return f"{_NOTES[number % 12]}{number // 12 - 1}"


def _summary(values: npt.NDArray[np.floating]) -> dict[str, float] | None:
    if not len(values):
        return None
    values = values.astype(np.float64)
    found = {"mean": values.mean(), "std": values.std(), "min": values.min(), "max": values.max()}
    return {name: _rounded(float(value)) for name, value in found.items()}


def _rounded(value: float) -> float:
    return round(value, 4)
