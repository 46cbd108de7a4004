"""An instrument: a folder of the library with its recordings' paths, its choices, its data, its model and its jobs.

project.json   what this module reads and writes
intake.jsonl   what the last look at the recordings said, one event a line; missing until it is over
heard/         what the second look heard in them, with pictures
remaining.json what remains to be done, see remaining.py; missing when nothing does
recordings/    those that were generated: the demo instrument's
takes/         those that were recorded in this program
data/          the prepared data set
model/         the run: checkpoints, operative config, summaries, clips
renders/       recordings played through the model
jobs/0001-prepare/, jobs/0002-train/, ...   see ddsp_backend/jobs/folder.py
"""

import json
import re
import shutil
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from app.state.goal import Goal, goal_from_json, goal_to_json
from ddsp_backend.errors import ConfigError, DataError, DdspError
from ddsp_backend.files import written_whole
from ddsp_backend.folder_names import free_names
from ddsp_backend.jobs.codec import event_from_json, to_json
from ddsp_backend.jobs.events import FileInspected, RecordingInspected
from ddsp_backend.jobs.folder import JobFolder
from ddsp_backend.json_reading import read_json, read_regular
from ddsp_backend.sharing.card import ModelCard, card_from_json, card_to_json

_NUMBERED = re.compile("[0-9]{4}-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """What `project.json` says. `path` is the instrument's folder, absolute."""

    path: Path
    name: str
    created_at: float  # seconds since 1970
    inputs: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()  # recordings of `inputs` that the user took off the list
    left_out: tuple[str, ...] = ()  # that the user unticked
    taken_in: tuple[str, ...] = ()  # that the user ticked against advice
    preset: str = ""  # empty: the first one
    pitch: str = ""  # key of a PitchChoice; empty: the first one
    goal: Goal = field(default_factory=Goal)
    is_demo: bool = False
    start_from: str = ""  # see start_choices.py; empty: what the preset says
    host: str = ""  # address of the host to train on; empty: this computer
    settings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # bindings besides a preset's, by preset
    card: ModelCard | None = None  # of a model that came as a file

    def settings_of(self, preset: str) -> tuple[str, ...]:
        """What the user set otherwise than this preset: bindings, such as "train.batch_size = 8"."""
        return self.settings.get(preset, ())

    @property
    def data_prefix(self) -> Path:
        return self.path / "data" / "data.tfrecord"

    @property
    def manifest_path(self) -> Path:
        """What the preparation says of the data set."""
        return self.path / "data" / "data.manifest.json"

    @property
    def generated_path(self) -> Path:
        """Recordings of the demo instrument."""
        return self.path / "recordings"

    @property
    def takes_path(self) -> Path:
        """Takes that were recorded in this program."""
        return self.path / "takes"

    @property
    def played_path(self) -> Path:
        """Takes of what was played live with its model."""
        return self.path / "played"

    @property
    def heard_path(self) -> Path:
        """What was heard in recordings, and pictures of them."""
        return self.path / "heard"

    @property
    def model_path(self) -> Path:
        return self.path / "model"

    @property
    def renders_path(self) -> Path:
        return self.path / "renders"

    @property
    def jobs_path(self) -> Path:
        return self.path / "jobs"

    def job_folders(self) -> tuple[JobFolder, ...]:
        """Every job so far, oldest first."""
        try:
            folders = [JobFolder(path) for path in sorted(self.jobs_path.iterdir()) if _NUMBERED.match(path.name)]
        except OSError:
            return ()
        return tuple(folder for folder in folders if folder.holds_job())

    def new_job_path(self, what: str) -> Path:
        """A folder of the next free number, made here so that two windows cannot take the same one."""
        self.jobs_path.mkdir(parents=True, exist_ok=True)
        number = max((int(path.name[:4]) for path in self.jobs_path.iterdir() if _NUMBERED.match(path.name)), default=0)
        while True:
            number += 1
            path = self.jobs_path / f"{number:04d}-{what}"
            if any(self.jobs_path.glob(f"{number:04d}-*")):
                continue
            path.mkdir()
            return path

    def is_trained(self) -> bool:
        return any(self.model_path.glob("ckpt-*.index"))


def create(library: Path, name: str, **choices: object) -> Instrument:
    """Makes the folder of a new instrument. Raises OSError where that cannot be done."""
    library.mkdir(parents=True, exist_ok=True)
    folder, shown = free_names(library, name)
    path = (library / folder).resolve()
    path.mkdir()
    instrument = replace(
        Instrument(path=path, name=shown, created_at=time.time()),
        **choices,  # type: ignore[arg-type]
    )
    save(instrument)
    return instrument


def discard(instrument: Instrument) -> None:
    """Removes the folder of an instrument in which nothing was made yet; one that holds work stays."""
    if not any(path.exists() for path in (instrument.jobs_path, instrument.takes_path, instrument.model_path)):
        shutil.rmtree(instrument.path, ignore_errors=True)


def save(instrument: Instrument) -> None:
    fields = {
        "format": 1,
        "name": instrument.name,
        "created_at": instrument.created_at,
        "inputs": list(instrument.inputs),
        "removed": list(instrument.removed),
        "left_out": list(instrument.left_out),
        "taken_in": list(instrument.taken_in),
        "preset": instrument.preset,
        "pitch": instrument.pitch,
        "goal": goal_to_json(instrument.goal),
        "is_demo": instrument.is_demo,
        "start_from": instrument.start_from,
        "host": instrument.host,
        "settings": {preset: list(bindings) for preset, bindings in instrument.settings.items()},
        "card": card_to_json(instrument.card) if instrument.card is not None else None,
    }
    with written_whole(instrument.path / "project.json") as temporary:
        temporary.write_text(json.dumps(fields, indent=1) + "\n", encoding="utf-8")


def load(path: Path) -> Instrument:
    """Raises DataError where `project.json` is missing or damaged; a single odd value is replaced by its default."""
    try:
        fields = read_json(path / "project.json")
        if not isinstance(fields, dict):
            raise ValueError("not an object")
    except (OSError, ValueError) as error:
        raise DataError(
            f"The instrument in {path} cannot be read: {error}", "Its recordings and models are still in that folder."
        ) from error
    created_at = fields.get("created_at")
    return Instrument(
        path=path.resolve(),
        name=_text(fields.get("name")) or path.name,
        created_at=float(created_at) if isinstance(created_at, int | float) else 0.0,
        inputs=_texts(fields.get("inputs")),
        removed=_texts(fields.get("removed")),
        left_out=_texts(fields.get("left_out")),
        taken_in=_texts(fields.get("taken_in")),
        preset=_text(fields.get("preset")),
        pitch=_text(fields.get("pitch")),
        goal=goal_from_json(fields),
        is_demo=fields.get("is_demo") is True,
        start_from=_text(fields.get("start_from")),
        host=_text(fields.get("host")),
        settings=_settings(fields.get("settings")),
        card=_card(fields.get("card")),
    )


def save_intake(instrument: Instrument, looks: Iterable[FileInspected | RecordingInspected]) -> None:
    """Raises OSError."""
    with written_whole(instrument.path / "intake.jsonl") as temporary:
        temporary.write_text("".join(to_json(look) + "\n" for look in looks), encoding="utf-8")


def forget_intake(instrument: Instrument) -> None:
    try:
        (instrument.path / "intake.jsonl").unlink(missing_ok=True)
    except OSError:
        pass  # a disk that is full or gone


def load_intake(instrument: Instrument) -> tuple[FileInspected | RecordingInspected, ...]:
    """Empty where there is none, or it cannot be read: looking again costs little."""
    try:
        lines = read_regular(instrument.path / "intake.jsonl").splitlines()
        looks = tuple(event_from_json(line) for line in lines)
    except (OSError, DdspError):
        return ()
    return tuple(look for look in looks if isinstance(look, FileInspected | RecordingInspected))


def _settings(value: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        return {}
    return {_text(preset): _texts(bindings) for preset, bindings in value.items()}


def _card(value: object) -> ModelCard | None:
    try:
        return card_from_json(value) if value is not None else None
    except ConfigError:
        return None


def _texts(value: object) -> tuple[str, ...]:
    return tuple(text for text in value if isinstance(text, str)) if isinstance(value, list) else ()


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
