import os
from pathlib import Path

import pytest

from app.state.instrument import create
from app.state.library import Badge, end_of, item_of, item_on_disk, place_left, read_job_history, scan
from app.state.run_state import Phase, RunState, fold_all
from ddsp_backend.jobs.events import (
    CheckpointSaved,
    DatasetWritten,
    Event,
    Failed,
    Finished,
    Started,
    StepDone,
    StopAcknowledged,
    Stopped,
)
from ddsp_backend.jobs.folder import JobFolder, Journal
from ddsp_backend.jobs.job_table import JobKind
from ddsp_backend.jobs.place import create_job, new_place
from ddsp_backend.jobs.spec import JobSpec, PrepareSpec, TrainSpec
from tests.state.looks import instrument

PREPARE = PrepareSpec(inputs=("/a",), output_path="/o")
TRAIN = TrainSpec(save_dir="/m")
DATASET = DatasetWritten("m.json", "train*", "held*", 30, 4, 60.0, 50.0)


def step(n: int) -> StepDone:
    return StepDone(n, 1000, {"total_loss": 1 / n}, 2.0, 60.0)


def job(path: Path, spec: JobSpec, *events: Event) -> JobFolder:
    folder = JobFolder(path)
    folder.create(spec)
    with Journal(folder) as journal:
        for event in events:
            journal.append(event)
    return folder


def test_that_the_history_of_an_instrument_is_its_jobs_in_order(tmp_path: Path) -> None:
    made = create(tmp_path, "Flute")
    job(made.new_job_path("prepare"), PREPARE, Started(JobKind.PREPARE), DATASET, Finished())
    job(made.new_job_path("train"), TRAIN, Started(JobKind.TRAIN), *(step(n) for n in range(1, 6)), Stopped())
    job(made.new_job_path("train"), TRAIN, Started(JobKind.TRAIN), *(step(n) for n in range(6, 9)), Finished())
    history = read_job_history(made)
    assert history.run.dataset == DATASET
    assert list(history.run.losses["total_loss"].steps) == list(range(1, 9))
    assert history.run.phase is Phase.FINISHED
    assert history.running is None


def test_that_whoever_reads_a_long_history_rests_in_between(tmp_path: Path) -> None:
    made = create(tmp_path, "Flute")
    job(made.new_job_path("train"), TRAIN, Started(JobKind.TRAIN), *(step(n) for n in range(1, 2001)), Stopped())
    rests: list[None] = []
    history = read_job_history(made, lambda: rests.append(None))
    assert len(history.run.losses["total_loss"]) == 2000
    assert len(rests) > 10


def test_that_a_job_that_still_runs_is_found_with_the_place_to_go_on(tmp_path: Path) -> None:
    made = create(tmp_path, "Flute")
    folder = job(made.new_job_path("train"), TRAIN, Started(JobKind.TRAIN), step(1))
    folder.write_pid(os.getpid())
    history = read_job_history(made)
    assert history.running is not None
    assert history.running.path == folder.path
    assert history.offset == folder.events_path.stat().st_size
    assert history.run.phase is Phase.RUNNING
    assert item_on_disk(made).badge is Badge.RUNNING


def test_that_a_job_whose_process_died_is_told_as_failed(tmp_path: Path) -> None:
    made = create(tmp_path, "Flute")
    folder = job(made.new_job_path("train"), TRAIN, Started(JobKind.TRAIN), step(7))
    folder.write_rc(-9)
    history = read_job_history(made)
    assert history.run.phase is Phase.FAILED
    assert history.run.failure is not None
    assert "SIGKILL" in history.run.failure.title
    assert item_on_disk(made).badge is Badge.FAILED


def test_that_a_follower_that_died_is_no_failure_where_another_goes_on_with_its_job(tmp_path: Path) -> None:
    made = create(tmp_path, "Flute")
    place = new_place(str(tmp_path / "book"), "box")
    first = job(made.new_job_path("train"), TRAIN, Started(JobKind.TRAIN), step(1))
    place.write(first.path)
    second = JobFolder(made.new_job_path("train"))
    create_job(second, TRAIN, place)
    second.write_pid(os.getpid())  # it has not said a word yet
    history = read_job_history(made)
    assert history.running is not None
    assert history.running.path == second.path
    assert history.run.phase is Phase.RUNNING
    assert history.run.failure is None


def test_that_an_item_says_how_far_each_is(tmp_path: Path) -> None:
    def badge(name: str, *jobs: tuple[str, JobSpec, tuple[Event, ...]], trained: bool = False) -> Badge:
        made = create(tmp_path, name)
        for what, spec, events in jobs:
            job(made.new_job_path(what), spec, *events)
        if trained:
            made.model_path.mkdir()
            (made.model_path / "ckpt-5.index").touch()
        return item_on_disk(made).badge

    prepared = ("prepare", PREPARE, (Started(JobKind.PREPARE), DATASET, Finished()))
    assert badge("new") is Badge.NEW
    assert badge("prepared", prepared) is Badge.PREPARED
    stopped = ("train", TRAIN, (Started(JobKind.TRAIN), step(5), CheckpointSaved(5, "p"), Stopped()))
    assert badge("stopped", prepared, stopped, trained=True) is Badge.STOPPED
    assert badge("failed", ("train", TRAIN, (Started(JobKind.TRAIN), Failed("x")))) is Badge.FAILED
    assert (
        badge("done", prepared, ("train", TRAIN, (Started(JobKind.TRAIN), step(5), Finished())), trained=True)
        is Badge.TRAINED
    )


def test_that_the_item_of_a_long_history_reads_only_its_end(tmp_path: Path) -> None:
    made = create(tmp_path, "Flute")
    job(made.new_job_path("train"), TRAIN, Started(JobKind.TRAIN), *(step(n) for n in range(1, 3000)), Stopped())
    assert item_on_disk(made).detail == "Stopped at step 2999"


def test_that_scanning_passes_over_strangers_and_lists_the_damaged(tmp_path: Path) -> None:
    create(tmp_path, "Good")
    (tmp_path / "not ours").mkdir()
    (tmp_path / "file.txt").write_text("x")
    broken = create(tmp_path, "Broken")
    (broken.path / "project.json").write_text("{")
    items = scan(tmp_path)
    assert {each.instrument.name: each.badge for each in items} == {"Good": Badge.NEW, "Broken": Badge.FAILED}


def test_that_a_library_that_does_not_exist_is_empty(tmp_path: Path) -> None:
    assert scan(tmp_path / "nowhere") == ()


@pytest.mark.parametrize(
    ("events", "badge", "detail"),
    [
        ((), Badge.NEW, "New"),
        ((Started(JobKind.PREPARE), DATASET, Finished()), Badge.PREPARED, "Prepared"),
        ((Started(JobKind.PREPARE),), Badge.RUNNING, "Running"),
        ((Started(JobKind.TRAIN), step(1200)), Badge.RUNNING, "Running at step 1,200"),
        ((Started(JobKind.TRAIN), step(1200), StopAcknowledged()), Badge.RUNNING, "Running at step 1,200"),
        ((Started(JobKind.TRAIN), step(1200), Stopped()), Badge.STOPPED, "Stopped at step 1,200"),
        ((Started(JobKind.TRAIN), step(1200), Failed("x")), Badge.FAILED, "Failed at step 1,200"),
        ((Started(JobKind.TRAIN), step(1200), Finished()), Badge.TRAINED, "Trained at step 1,200"),
    ],
)
def test_that_an_open_instrument_is_told_without_asking_the_disk(
    events: tuple[Event, ...], badge: Badge, detail: str
) -> None:
    told = item_of(instrument(), fold_all(RunState(), events))
    assert (told.badge, told.detail) == (badge, detail)
    looking = item_of(instrument(), fold_all(RunState(), events), is_looking=True)
    assert (looking.badge, looking.detail) == (Badge.RUNNING, "Looking at recordings")


def test_that_a_damaged_place_is_no_place(tmp_path: Path) -> None:
    made = create(tmp_path, "Flute")
    folder = job(made.new_job_path("train"), TRAIN, Started(JobKind.TRAIN), step(7))
    (folder.path / "place.json").write_text("{")
    assert place_left(folder) is None
    assert read_job_history(made).run.phase is Phase.FAILED
    job(made.new_job_path("train"), TRAIN, Started(JobKind.TRAIN), step(8), Stopped())
    assert read_job_history(made).run.phase is Phase.STOPPED


def test_that_an_imported_model_without_a_history_is_trained(tmp_path: Path) -> None:
    made = create(tmp_path, "Flute")
    made.model_path.mkdir()
    (made.model_path / "ckpt-5.index").touch()
    assert item_on_disk(made).badge is Badge.TRAINED
    (made.new_job_path("train") / "job.json").touch()  # begun, and not a word said
    assert end_of(made.job_folders()[0]) == (None, None)
