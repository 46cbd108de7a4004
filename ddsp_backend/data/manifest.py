"""What a prepared data set says about itself, beside its shards."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ddsp_backend.errors import DataError
from ddsp_backend.files import written_whole
from ddsp_backend.json_reading import read_json
from ddsp_backend.storage import AnyPath

VERSION = 1
SUFFIX = ".manifest.json"
RUN_STATISTICS = "dataset_statistics.json"  # in a run's folder: what its model has learned from


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
    examples: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    """By the name of a shard, for each of its records in order: the number of its source, the second that it begins at.
    Empty in sets of earlier versions of this program."""


def manifest_path(output_path: Path) -> Path:
    """`data.tfrecord` -> `data.manifest.json`: a name that the pattern `data.tfrecord*` does not take for a shard."""
    return output_path.with_name(output_path.name.removesuffix(".tfrecord") + SUFFIX)


def write_manifest(path: Path, manifest: Manifest) -> None:
    with written_whole(path) as temporary:
        temporary.write_text(json.dumps(asdict(manifest), indent=1, ensure_ascii=True, allow_nan=False) + "\n")


def write_run_statistics(folder: AnyPath, manifest: Manifest) -> None:
    """Keeps in a run's folder what a model must know of its data set, which may be moved or deleted."""
    kept = {"settings": manifest.settings, "statistics": manifest.statistics}
    with written_whole(folder / RUN_STATISTICS) as temporary:
        temporary.write_text(json.dumps(kept, indent=1) + "\n")


def read_manifest(path: AnyPath) -> Manifest:
    """Raises DataError if the file is missing, damaged or from a later version."""
    try:
        fields = read_json(path)
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
