"""An instrument's folder of the library, made of a shared model: as a training would leave it, without recordings.

app/state/instrument.py says what lies in such a folder.
"""

import json
import time
from pathlib import Path
from typing import Any

from ddsp_backend.arrays import Array
from ddsp_backend.checkpoints.loading import load_model
from ddsp_backend.checkpoints.writing import Checkpoints
from ddsp_backend.config.model_config import is_model_setting
from ddsp_backend.config.operative import write_operative_config
from ddsp_backend.config.presets import list_presets
from ddsp_backend.data.manifest import RUN_STATISTICS
from ddsp_backend.files import staged
from ddsp_backend.folder_names import free_names
from ddsp_backend.inference.model_player import ModelPlayer
from ddsp_backend.inference.sound_file import written_sound
from ddsp_backend.jobs.events import CheckpointSaved, ClipRendered, Event, Finished, Started
from ddsp_backend.jobs.folder import JobFolder, Journal
from ddsp_backend.jobs.job_table import JobKind
from ddsp_backend.jobs.spec import ImportSpec
from ddsp_backend.sharing.card import EXAMPLE, ModelCard, card_to_json
from ddsp_backend.sharing.shared_model import SharedModel


def write_instrument(library: Path, spec: ImportSpec, shared: SharedModel, model: Any) -> tuple[Path, str]:
    """Writes the folder under another name, which no window shows, and gives it its own when all is in it.

    Returns: the folder, and the name that people see; both have a number where the name is taken.

    Raises:
      ConfigError: nothing can be played with the model.
      OSError, CheckpointError: the disk does not take it. Nothing is left then, as in the other case.
    """
    library = library.resolve()
    with staged(library, ".importing-") as stage:
        made = stage / "instrument"
        made.mkdir()
        folder, name = free_names(library, shared.card.name)
        target = library / folder
        _write_project(made, name, shared.card)
        clips = _write_model(made, target, shared, model)
        ModelPlayer(*load_model(made / "model"))  # as everybody will who plays it
        _write_journal(made, spec, clips, target, name)
        made.rename(target)
    return target, name


def _write_project(made: Path, name: str, card: ModelCard) -> None:
    known = {preset.gin_file for preset in list_presets()}
    preset = card.preset if card.preset in known else ""
    settings = [binding for binding in card.settings if is_model_setting(binding)] if preset else []
    fields = {
        "format": 1,
        "name": name,
        "created_at": time.time(),
        "preset": preset,
        "settings": {preset: settings} if settings else {},
        "card": card_to_json(card),
    }
    (made / "project.json").write_text(json.dumps(fields, indent=1) + "\n", encoding="utf-8")


def _write_model(made: Path, target: Path, shared: SharedModel, model: Any) -> list[Event]:
    """The run's folder. Returns what a journal says of it, with the paths that it will have."""
    step, run = shared.card.steps, made / "model"
    checkpoint = Checkpoints(run, 1, model=model).save(step)
    write_operative_config(run, step, shared.settings_text())
    learned = {"settings": shared.learned.settings, "statistics": shared.learned.statistics}
    (run / RUN_STATISTICS).write_text(json.dumps(learned, indent=1) + "\n", encoding="utf-8")
    events: list[Event] = [CheckpointSaved(step, str(target / "model" / checkpoint.name))]
    if shared.example is not None:
        events.append(_write_example(run, target / "model", step, *shared.example))
    return events


def _write_example(run: Path, final_run: Path, step: int, audio_N: Array, sample_rate: int) -> ClipRendered:
    place = Path("clips") / f"step-{step}"
    sound, picture = place / f"{EXAMPLE}.wav", place / f"{EXAMPLE}.npy"
    (run / place).mkdir(parents=True)
    with written_sound(run / sound, sample_rate, len(audio_N), run / picture) as file:
        file.add(audio_N)
    paths = {"output_audio": str(final_run / sound), "output_spectrogram": str(final_run / picture)}
    none = dict.fromkeys(("target_audio", "harmonic_audio", "noise_audio", "target_spectrogram"), "")
    return ClipRendered(step=step, name=EXAMPLE, title="Example", **paths, **none)


def _write_journal(made: Path, spec: ImportSpec, events: list[Event], target: Path, name: str) -> None:
    """So that a window folds the instrument's history as that of any other."""
    job = JobFolder(made / "jobs" / "0001-import")
    job.create(spec)
    with Journal(job) as journal:
        for event in (Started(JobKind.IMPORT), *events, Finished({"instrument": str(target), "name": name})):
            journal.append(event)
    job.write_rc(0)
