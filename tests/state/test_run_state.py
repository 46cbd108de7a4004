import functools
import math
import random

from app.state.run_state import Phase, RunState, fold, fold_all
from ddsp_backend.jobs.events import (
    ArtifactWritten,
    BucketEntryFound,
    CheckpointSaved,
    ClipRendered,
    DatasetWritten,
    DistanceMeasured,
    Event,
    Failed,
    FileInspected,
    Finished,
    FirstLookDone,
    HeldOutMeasured,
    MetricsMeasured,
    Noted,
    Progressed,
    RecordingInspected,
    Started,
    StepDone,
    StopAcknowledged,
    Stopped,
    Trouble,
    Verdict,
    WentBack,
)
from ddsp_backend.jobs.job_table import JobKind
from ddsp_backend.jobs.kinds import Unit


def step(n: int, loss: float = 1.0) -> StepDone:
    return StepDone(n, 1000, {"total_loss": loss, "spectral_loss": loss / 2}, 2.0, 60.0)


def clip(n: int, name: str = "a") -> ClipRendered:
    return ClipRendered(n, name, "t.wav", "o.wav", "h.wav", "n.wav", "t.npy", "o.npy")


DATASET = DatasetWritten("m.json", "train*", "held*", 30, 4, 60.0, 50.0)


def folded(*events: Event) -> RunState:
    return fold_all(RunState(), events)


def test_that_fold_leaves_the_state_it_was_given_alone() -> None:
    before = folded(Started(JobKind.TRAIN), step(1))
    again = folded(Started(JobKind.TRAIN), step(1))
    for event in (
        step(2),
        Noted("x"),
        clip(1),
        CheckpointSaved(1, "p", True),
        Failed("f"),
        HeldOutMeasured(1, {}, 1.0),
    ):
        fold(before, event)
    assert before == again


def test_that_every_event_is_kept_where_pages_look_for_it() -> None:
    state = folded(
        Started(JobKind.PREPARE),
        FileInspected("a.wav", 3.0, 44100, 2, 0.5),
        Progressed("Finding the pitch", 1.0, 3.0, Unit.AUDIO_SECONDS),
        DATASET,
        Finished({"manifest": "m.json"}),
        Started(JobKind.TRAIN),
        step(1, 9.0),
        step(2, 8.0),
        HeldOutMeasured(2, {"total_loss": 8.5}, 8.6),
        CheckpointSaved(2, "ckpt-2", True),
        clip(2),
        MetricsMeasured(2, {"f0_distance_cents": 12.0}),
        ArtifactWritten("audio", "x.wav"),
        Noted("careful"),
    )
    assert state.phase is Phase.RUNNING
    assert state.job == JobKind.TRAIN
    assert state.dataset == DATASET
    assert [file.path for file in state.files] == ["a.wav"]
    assert list(state.losses["total_loss"].values) == [9.0, 8.0]
    assert list(state.losses["spectral_loss"].steps) == [1, 2]
    assert list(state.held_out["total_loss"].values) == [8.5]
    assert list(state.held_out_smoothed.values) == [8.6]
    assert state.best_step == 2
    assert state.clips[2]["a"] == clip(2)
    assert state.metrics is not None
    assert state.artifacts == (ArtifactWritten("audio", "x.wav"),)
    assert state.notes == (Noted("careful"),)


def test_that_a_look_keeps_what_has_no_row_of_its_own() -> None:
    """Of a folder that cannot be read nothing is listed; a recording that changed meanwhile has its row."""
    closed = Noted("You have no permission to read this folder: /takes/closed")
    state = folded(Started(JobKind.INSPECT), closed, FirstLookDone(1, 0), Noted("a.wav: The file does not exist."))
    assert state.notes == (closed,)


def test_that_each_last_word_ends_the_job() -> None:
    for word, phase in ((Finished(), Phase.FINISHED), (Stopped(), Phase.STOPPED), (Failed("x"), Phase.FAILED)):
        state = folded(Started(JobKind.TRAIN), Progressed("p", 1, 2, Unit.FILES), word)
        assert state.phase is phase
        assert not state.phase.is_active
        assert state.progress is None


def test_that_a_stop_is_seen_before_it_is_done() -> None:
    state = folded(Started(JobKind.TRAIN), StopAcknowledged())
    assert state.phase is Phase.STOPPING
    assert state.phase.is_active


def test_that_resuming_from_a_checkpoint_forgets_what_came_after_it() -> None:
    state = folded(
        Started(JobKind.TRAIN),
        *(step(n, 10.0 - n) for n in range(1, 8)),
        HeldOutMeasured(4, {"total_loss": 5.0}, 5.0),
        HeldOutMeasured(6, {"total_loss": 4.0}, 4.0),
        CheckpointSaved(4, "ckpt-4", True),
        CheckpointSaved(6, "ckpt-6", True),
        clip(4),
        clip(6),
        Failed("killed"),
        Started(JobKind.TRAIN),
        step(5, 0.5),
    )
    assert list(state.losses["total_loss"].steps) == [1, 2, 3, 4, 5]
    assert state.losses["total_loss"].values[-1] == 0.5
    assert list(state.held_out_smoothed.steps) == [4]
    assert list(state.clips) == [4]
    assert [checkpoint.step for checkpoint in state.checkpoints] == [4]
    assert state.best_step == 4
    assert state.failure is None


def test_that_many_events_at_once_fold_as_one_by_one() -> None:
    draw = random.Random(0)
    for _ in range(300):
        events: list[Event] = []
        at = 1
        for _ in range(draw.randrange(30)):
            at = draw.choice((at + 1, at + 1, at + 1, max(1, at - 2)))
            pace, trained = draw.choice((0.0, 2.0)), draw.choice((0.0, 30.0))
            some_losses = {name: draw.random() for name in draw.sample("abc", 2)}
            others = (
                clip(at),
                CheckpointSaved(at, "ckpt", draw.random() < 0.5),
                Started(draw.choice((JobKind.TRAIN, JobKind.PREPARE))),
                Progressed("p", 1, 2, Unit.FILES),
                FileInspected(f"{at}.wav", 1.0, 16000, 1, 0.5),
            )
            events += [StepDone(at, 0, some_losses, pace, 60.0, trained), step(at + 1)]
            events += [draw.choice(others)] if draw.random() < 0.5 else []
        cut = draw.randrange(len(events) + 1)
        at_once = fold_all(fold_all(RunState(), events[:cut]), events[cut:])
        assert at_once == functools.reduce(fold, events, RunState())


def test_that_the_next_job_starts_without_the_failure_and_notes_of_the_last() -> None:
    state = folded(Started(JobKind.PREPARE), DATASET, Noted("x"), Failed("f"), Started(JobKind.TRAIN))
    assert state.failure is None
    assert state.notes == ()
    assert state.dataset == DATASET


def test_that_a_flood_of_notes_is_bounded_and_counted() -> None:
    state = folded(Started(JobKind.TRAIN), *(Noted(f"note {n}") for n in range(1000)))
    assert len(state.notes) == 100
    assert state.notes[-1] == Noted("note 999")
    assert state.n_notes_left_out == 900


def test_that_a_loss_that_is_no_number_is_kept_as_one() -> None:
    state = folded(Started(JobKind.TRAIN), step(1, math.nan), step(2, math.inf))
    assert math.isnan(state.losses["total_loss"].values[0])
    assert len(state.losses["total_loss"]) == 2


def test_that_what_was_played_at_a_step_that_comes_again_is_forgotten() -> None:
    state = folded(
        Started(JobKind.TRAIN),
        *(step(n) for n in range(1, 6)),
        *(clip(n) for n in (3, 4, 5)),
        CheckpointSaved(4, "ckpt-4"),
        Stopped(),
        Started(JobKind.TRAIN),
        step(4),
    )
    assert list(state.clips) == [3]  # that of step 4 was played by a model that is no more
    assert state.checkpoints == ()


def test_that_after_another_preparation_no_clip_stands_beside_the_target_of_another() -> None:
    def played(at: int, name: str, target: str) -> ClipRendered:
        return ClipRendered(at, name, target, *[""] * 5)

    before = [played(at, name, f"{name} target.wav") for at in (1, 10) for name in ("clip 1", "clip 2")]
    state = folded(*before)
    assert list(state.clips) == [1, 10]
    other = played(30, "clip 1", "clip 1 (2) target.wav")
    state = fold(state, other)
    assert {at: list(clips) for at, clips in state.clips.items()} == {1: ["clip 2"], 10: ["clip 2"], 30: ["clip 1"]}
    state = fold_all(state, [played(30, "clip 2", "clip 2 (2) target.wav"), played(50, "clip 1", other.target_audio)])
    assert {at: list(clips) for at, clips in state.clips.items()} == {30: ["clip 1", "clip 2"], 50: ["clip 1"]}


def test_that_the_model_that_plays_is_the_best_or_else_the_newest() -> None:
    assert RunState().newest_model_step is None
    state = folded(CheckpointSaved(2, "a"), CheckpointSaved(9, "b"))
    assert state.newest_model_step == 9
    assert fold(state, CheckpointSaved(5, "c", is_best=True)).newest_model_step == 5


def test_that_the_same_note_is_told_once() -> None:
    assert folded(Noted("a"), Noted("b"), Noted("a")).notes == (Noted("a"), Noted("b"))


def test_that_what_concerns_other_dialogs_changes_nothing() -> None:
    before = folded(Started(JobKind.TRAIN), step(1))
    assert fold(before, BucketEntryFound("gs://b", True, 0)) == before


def test_that_many_recordings_at_once_are_as_one_after_the_other() -> None:
    events = [
        *(FileInspected(f"{n}.wav", 3.0, 44100, 2, 0.5) for n in range(3)),
        RecordingInspected("0.wav", Verdict.FINE, *[1.0] * 7),
        RecordingInspected("0.wav", Verdict.WARN, *[1.0] * 7),
        Noted("x"),
    ]
    singly = RunState()
    for event in events:
        singly = fold(singly, event)
    assert folded(*events) == singly
    assert singly.inspections["0.wav"].verdict is Verdict.WARN
    assert folded(*events, Started(JobKind.PREPARE), events[0]).files == (events[0],)


def test_that_what_came_before_a_recovery_did_not_happen() -> None:
    recovery = WentBack(3, 2, Trouble.HARMONICS_DIED, 1e-4, 1)
    before = folded(Started(JobKind.TRAIN), step(1), step(2), step(3), clip(3), CheckpointSaved(3, "p", True))
    after = fold_all(before, [recovery, CheckpointSaved(2, "p2"), step(3, 0.5)])
    assert after.recovery == recovery
    assert after.losses["total_loss"].values.tolist() == [1.0, 1.0, 0.5]
    assert after.clips == {}
    assert [checkpoint.step for checkpoint in after.checkpoints] == [2]
    assert after.best_step is None
    assert fold(after, Started(JobKind.TRAIN)).recovery is None


def test_that_distances_of_undone_steps_go_and_a_new_beginning_forgets_the_floor() -> None:
    nan = math.nan
    measured = [DistanceMeasured(1, 12.0, nan), DistanceMeasured(30, 6.0, 2.0), DistanceMeasured(100, 4.0, nan)]
    state = folded(Started(JobKind.TRAIN), step(1), step(100), *measured)
    assert (state.distance_db.values.tolist(), state.floor_db) == ([12.0, 6.0, 4.0], 2.0)
    assert fold(state, WentBack(110, 75, Trouble.SILENT, 1e-4, 1)).distance_db.values.tolist() == [12.0, 6.0]
    again = fold_all(state, [step(1), DistanceMeasured(1, 9.0, nan)])
    assert (again.distance_db.values.tolist(), again.floor_db) == ([9.0], None)
