"""A real training on a host is what it would have been, whatever happens to the connection and to this computer.

TIMBRE_CUTS and TIMBRE_KILLS say how often; a run of twenty steps is disturbed until it ends, then another begins.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from app.state.goal import Goal, GoalKind
from app.state.instrument import create
from app.state.plan import spec_for
from ddsp_backend.config.presets import list_presets
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import (
    CheckpointSaved,
    ClipRendered,
    DatasetWritten,
    Event,
    Finished,
    HeldOutMeasured,
    Progressed,
    Started,
    StepDone,
)
from ddsp_backend.jobs.folder import JobFolder, Journal
from ddsp_backend.jobs.job_table import JobKind
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import PrepareSpec, TrainSpec
from ddsp_backend.remote.hosts import HostBook
from tests.remote.runs import events_of, job, weights
from tests.remote.servers import Keys, OpenSsh, Wire, write_book
from tests.tiny import train_params

ROOT = Path(__file__).parents[2]
_PRESET = "presets/solo_instrument.gin"
_STEPS = 20
_N_CUTS = int(os.environ.get("TIMBRE_CUTS", "20"))
_N_KILLS = int(os.environ.get("TIMBRE_KILLS", "5"))


@dataclass
class Undisturbed:
    """The run as it is when it is left alone, and what it was made of."""

    settings: tuple[str, ...]
    dataset: DatasetWritten
    spec: TrainSpec
    words: list[object]
    weights: dict[str, object]

    def require_equal(self, events: list[Event], save_dir: Path) -> None:
        """Nothing is lost, nothing doubled, and the last checkpoint is this run's."""
        assert words_of(events) == self.words, events[-1]
        assert weights(save_dir / f"ckpt-{_STEPS}") == self.weights


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    folder = tmp_path_factory.mktemp("undisturbed")
    often = dict.fromkeys(("steps_per_save", "steps_per_held_out", "steps_per_clips"), 1)
    params = train_params(folder / "data", **often)
    # The window says itself where the data set lies.
    settings = tuple(param for param in params if "file_pattern" not in param and "_provider" not in param)
    patterns = [str(folder / "data" / name) for name in ("tiny.tfrecord", "kept.tfrecord")]
    dataset = DatasetWritten(str(folder / "data" / "manifest.json"), *patterns, 8, 3, 4.4, 4.4)
    instrument = create(folder / "library", "tiny", **choices(settings))
    (preset,) = [preset for preset in list_presets() if preset.gin_file == _PRESET]
    spec = spec_for("train", instrument, preset, (), dataset)
    assert isinstance(spec, TrainSpec)
    words = words_of(list(run(spec, CancelToken())))
    return Undisturbed(settings, dataset, spec, words, weights(instrument.model_path / f"ckpt-{_STEPS}"))


def choices(settings: tuple[str, ...]) -> dict[str, Any]:
    """Of an instrument that is trained as quickly as a test can wait for."""
    return {"preset": _PRESET, "goal": Goal(GoalKind.STEPS, steps=_STEPS), "settings": {_PRESET: settings}}


def words_of(events: list[Event]) -> list[object]:
    """What of a run's events is the same wherever and however fast it runs."""
    words: list[object] = []
    for event in events:
        match event:
            case StepDone() | HeldOutMeasured():
                words.append((type(event).__name__, event.step, event.losses))
            case CheckpointSaved():
                words.append(("saved", event.step, Path(event.path).name, event.is_best))
            case ClipRendered():
                words.append(("clip", event.step, event.name, Path(event.output_audio).name))
            case Finished():
                words.append("finished")
    return words


@pytest.fixture
def wire(openssh: OpenSsh) -> Iterator[Wire]:
    wire = Wire(openssh.port)
    yield wire
    wire.close()


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_that_a_training_is_the_same_however_often_its_connection_is_cut(
    tmp_path: Path, keys: Keys, wire: Wire, undisturbed: Undisturbed
) -> None:
    book = write_book(tmp_path / "host", keys, wire.port, sys.executable)
    chance = random.Random(_N_CUTS)
    n_runs = 0
    while wire.n_cuts < _N_CUTS:
        n_runs += 1
        base = tmp_path / f"{n_runs}"
        spec = replace(undisturbed.spec, save_dir=str(base / "run"))
        over = threading.Event()
        cutting = threading.Thread(target=cut_until, args=(wire, over, chance))
        events = []
        for event in job(spec, base / "job", book).events():
            events.append(event)
            if cutting.ident is None and not is_before_the_first_connection(event):
                cutting.start()  # whom nothing answers at first has no run yet, and is told so
        over.set()
        cutting.join()
        undisturbed.require_equal(events, base / "run")
    assert not list((tmp_path / "host" / "host's $HOME; folder" / "runs").iterdir())
    print(f"{wire.n_cuts} cuts in {n_runs} runs")  # noqa: T201 - for whoever asked for more than the usual number


def is_before_the_first_connection(event: Event) -> bool:
    return isinstance(event, Started) or (isinstance(event, Progressed) and event.stage.startswith("Connecting"))


def cut_until(wire: Wire, over: threading.Event, chance: random.Random) -> None:
    while wire.n_cuts < _N_CUTS and not over.wait(chance.uniform(0, 1.5)):
        wire.cut()


class InWindow:
    """A library whose one instrument is trained on `box` by the application, opened again and again."""

    def __init__(self, base: Path, book: HostBook, undisturbed: Undisturbed) -> None:
        base.mkdir()
        shutil.copytree(book.folder, base / "hosts")
        self._undisturbed = undisturbed
        self._instrument = create(base / "library", "tiny", host="box", **choices(undisturbed.settings))
        preparation = JobFolder(self._instrument.new_job_path("prepare"))
        preparation.create(PrepareSpec(inputs=(str(base),), output_path=str(self._instrument.data_prefix)))
        with Journal(preparation) as journal:
            for event in (Started(JobKind.PREPARE), undisturbed.dataset, Finished({})):
                journal.append(event)
        preparation.write_rc(0)
        self.report = base / "report.json"
        places = [str(path) for path in (base / "library", base / "settings.json", self.report)]
        self._command = [sys.executable, "-m", "tests.remote.open_window", *places]

    def open(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._command, cwd=ROOT, env={**os.environ, "QT_QPA_PLATFORM": "offscreen"})

    def newest(self) -> JobFolder | None:
        trainings = self._trainings()
        return trainings[-1] if trainings else None

    def require_equal(self) -> None:
        """In the journals, in the last checkpoint, and on the screen."""
        events = [event for folder in self._trainings() for event in events_of(folder)]
        self._undisturbed.require_equal(events, self._instrument.model_path)
        steps = list(range(1, _STEPS + 1))
        assert json.loads(self.report.read_text()) == {
            "is finished": True,
            "failure": "",
            **dict.fromkeys(("steps", "held out", "checkpoints"), steps),
            "clips": [[step, "clip 1"] for step in steps],
        }

    def _trainings(self) -> list[JobFolder]:
        return [folder for folder in self._instrument.job_folders() if folder.path.name.endswith("-train")]


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_that_a_training_is_the_same_however_often_the_window_is_killed(
    tmp_path: Path, keys: Keys, openssh: OpenSsh, undisturbed: Undisturbed
) -> None:
    book = write_book(tmp_path / "host", keys, openssh.port, sys.executable)
    chance = random.Random(_N_KILLS)
    n_kills = n_runs = n_relays = 0
    while n_kills < _N_KILLS:
        n_runs += 1
        training = InWindow(tmp_path / f"{n_runs}", book, undisturbed)
        while not training.report.exists():
            with training.open() as window:
                try:
                    # Some machines need longer than that to open one: the last window is left alone.
                    assert window.wait(chance.uniform(0.5, 4) if n_kills < _N_KILLS else None) == 0
                except subprocess.TimeoutExpired:
                    window.kill()
                    n_kills += 1
            # Half of the times the computer was switched off, and half of the times only the window ended.
            if chance.random() < 0.5 and (newest := training.newest()) is not None and newest.is_alive():
                kill_owner(newest)
                n_relays += 1
        training.require_equal()
    # One whose relay was killed between its last word and the removal is over at least, and swept with a later run.
    for there in (tmp_path / "host" / "host's $HOME; folder" / "runs").iterdir():
        assert JobFolder(there / "job").rc() == 0
    print(f"{n_kills} windows and {n_relays} relays killed in {n_runs} runs")  # noqa: T201


def kill_owner(folder: JobFolder) -> None:
    pid = json.loads((folder.path / "pid").read_text())["pid"]
    os.kill(pid, signal.SIGKILL)
    while folder.is_alive():
        time.sleep(0.01)
