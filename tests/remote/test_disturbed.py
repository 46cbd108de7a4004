"""A real training on a host is what it would have been, whatever happens to the connection and to this computer.

TIMBRE_CUTS and TIMBRE_KILLS say how often; a run of twenty steps is disturbed until it ends, then another begins.
"""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import CheckpointSaved, ClipRendered, Event, Finished, HeldOutMeasured, StepDone
from ddsp_backend.jobs.folder import JobFolder
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import TrainSpec
from tests.remote.follow_run import has_ended, job_folders
from tests.remote.servers import Keys, OpenSsh, Wire, write_book
from tests.remote.test_relay import events_of, weights
from tests.tiny import GIN_FILES, train_params

ROOT = Path(__file__).parents[2]
_STEPS = 20
_N_CUTS = int(os.environ.get("TIMBRE_CUTS", "20"))
_N_KILLS = int(os.environ.get("TIMBRE_KILLS", "5"))


@dataclass
class Undisturbed:
    params: tuple[str, ...]
    words: list[object]
    weights: dict[str, object]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    folder = tmp_path_factory.mktemp("undisturbed")
    often = dict.fromkeys(("steps_per_save", "steps_per_held_out", "steps_per_clips"), 1)
    params = train_params(folder / "data", num_steps=_STEPS, **often)
    spec = TrainSpec(save_dir=str(folder / "run"), gin_files=GIN_FILES, gin_params=params)
    words = words_of(list(run(spec, CancelToken())))
    return Undisturbed(params, words, weights(folder / "run" / f"ckpt-{_STEPS}"))


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


class Disturbed:
    """A run on `box`, followed by a process that does what a window does."""

    def __init__(self, base: Path, book: Path, undisturbed: Undisturbed) -> None:
        base.mkdir()
        self._jobs, self._save_dir = base / "jobs", base / "run"
        self._jobs.mkdir()
        arguments = [str(self._jobs), str(book), str(self._save_dir), json.dumps(undisturbed.params)]
        self._command = [sys.executable, "-m", "tests.remote.follow_run", *arguments]
        self._undisturbed = undisturbed

    def open_window(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._command, cwd=ROOT)

    def newest(self) -> JobFolder | None:
        folders = job_folders(self._jobs)
        return folders[-1] if folders else None

    def is_over(self) -> bool:
        newest = self.newest()
        return newest is not None and has_ended(newest)

    def require_equal(self) -> None:
        """Nothing is lost, nothing doubled, and the last checkpoint is the undisturbed run's."""
        events = [event for folder in job_folders(self._jobs) for event in events_of(folder)]
        assert words_of(events) == self._undisturbed.words, events[-1]
        assert weights(self._save_dir / f"ckpt-{_STEPS}") == self._undisturbed.weights


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
        training = Disturbed(tmp_path / f"{n_runs}", book.folder, undisturbed)
        over = threading.Event()
        cutting = threading.Thread(target=cut_until, args=(wire, over, chance))
        with training.open_window() as window:
            cutting.start()
            assert window.wait() == 0
        over.set()
        cutting.join()
        training.require_equal()
    assert not list((tmp_path / "host" / "host's $HOME; folder" / "runs").iterdir())
    print(f"{wire.n_cuts} cuts in {n_runs} runs")  # noqa: T201 - for whoever asked for more than the usual number


def cut_until(wire: Wire, over: threading.Event, chance: random.Random) -> None:
    while wire.n_cuts < _N_CUTS and not over.wait(chance.uniform(0, 1.5)):
        wire.cut()


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_that_a_training_is_the_same_however_often_the_window_and_its_process_are_killed(
    tmp_path: Path, keys: Keys, openssh: OpenSsh, undisturbed: Undisturbed
) -> None:
    book = write_book(tmp_path / "host", keys, openssh.port, sys.executable)
    chance = random.Random(_N_KILLS)
    n_kills = n_runs = n_relays = 0
    while n_kills < _N_KILLS:
        n_runs += 1
        training = Disturbed(tmp_path / f"{n_runs}", book.folder, undisturbed)
        while not training.is_over():
            with training.open_window() as window:
                try:
                    window.wait(chance.uniform(0.5, 5))
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
