"""A run's folder of checkpoints: which there are, and which did best."""

import json
import re
from dataclasses import dataclass

from ddsp_backend.files import written_whole
from ddsp_backend.json_reading import read_json
from ddsp_backend.storage import AnyPath

_INDEX = re.compile(r"(.+)-(\d+)\.index")
_BEST = "best.json"


@dataclass(frozen=True, order=True)
class StoredCheckpoint:
    """A checkpoint on disk."""

    step: int
    path: AnyPath
    """Without `.index` and `.data-...`: what TensorFlow calls a prefix."""

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def folder(self) -> AnyPath:
        return self.path.parent


@dataclass(frozen=True)
class Best:
    """The checkpoint that did best on the held-out part, as `best.json` names it."""

    step: int
    held_out_loss: float


def find_checkpoints(path: AnyPath) -> list[StoredCheckpoint]:
    """The checkpoints of a folder, or the one that a prefix names; the newest first."""
    if not path.is_dir():
        match = _INDEX.fullmatch(f"{path.name}.index")
        exists = path.with_name(f"{path.name}.index").is_file()
        return [StoredCheckpoint(int(match[2]), path)] if match and exists else []
    # TensorFlow's own temporary files begin with a point here, and end otherwise.
    found = [
        StoredCheckpoint(int(match[2]), path / entry.name.removesuffix(".index"))
        for entry in path.iterdir()
        if (match := _INDEX.fullmatch(entry.name)) and not entry.name.startswith(".")
    ]
    return sorted(found, reverse=True)


def read_best(folder: AnyPath) -> Best | None:
    """What `best.json` says; None where there is none, or none that can be read."""
    try:
        entry = read_json(best_path(folder))
        return Best(int(entry["step"]), float(entry["held_out_loss"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_best(folder: AnyPath, best: Best) -> None:
    """Says which checkpoint, which must be there, is the best so far."""
    with written_whole(best_path(folder)) as temporary:
        temporary.write_text(
            json.dumps({"step": best.step, "held_out_loss": best.held_out_loss}) + "\n", encoding="utf-8"
        )


def best_path(folder: AnyPath) -> AnyPath:
    return folder / _BEST
