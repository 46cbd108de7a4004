"""The training job on a tiny data set: what it says, what it leaves, how it stops and goes on."""

import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
import soundfile

from ddsp_backend.checkpoints.files import find_checkpoints, read_best
from ddsp_backend.checkpoints.values import read_values
from ddsp_backend.config.operative import latest_operative_config
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import (
    CheckpointSaved,
    ClipRendered,
    Event,
    Failed,
    Finished,
    HeldOutMeasured,
    MetricsMeasured,
    Noted,
    StepDone,
    StopAcknowledged,
    Stopped,
)
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import TrainSpec
from ddsp_backend.reporting.loudness_metrics import LoudnessMetrics
from ddsp_backend.training import loop
from ddsp_backend.training.session import open_session
from ddsp_backend.training.trainer import Trainer
from tests import tiny

Kind = TypeVar("Kind", bound=Event)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def whole_run(data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Event]]:
    """Fifty steps in one go."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    return folder, events_of(_spec(folder, data, num_steps=50))


def _spec(
    folder: Path, data: Path, *params: str, held_out: bool = True, restore_dir: str = "", **settings: Any
) -> TrainSpec:
    intervals = {"steps_per_save": 20, "steps_per_held_out": 10, "steps_per_clips": 25, "steps_per_summary": 10}
    return TrainSpec(
        save_dir=str(folder),
        restore_dir=restore_dir,
        gin_files=tiny.GIN_FILES,
        gin_params=(*tiny.train_params(data, held_out, **{**intervals, **settings}), *params),
    )


def events_of(spec: TrainSpec, cancel: CancelToken | None = None) -> list[Event]:
    return list(run(spec, cancel or CancelToken()))


def of(kind: type[Kind], events: list[Event]) -> list[Kind]:
    return [event for event in events if isinstance(event, kind)]


def losses_of(events: list[Event]) -> dict[int, dict[str, float]]:
    return {event.step: event.losses for event in of(StepDone, events)}


def test_that_the_loss_falls_over_fifty_steps(whole_run: tuple[Path, list[Event]]) -> None:
    _, events = whole_run
    losses = [event.losses["total_loss"] for event in of(StepDone, events)]
    assert len(losses) == 50
    assert np.mean(losses[-10:]) < 0.7 * np.mean(losses[:10])
    held_out = [event.losses["total_loss"] for event in of(HeldOutMeasured, events)]
    assert held_out[-1] < 0.7 * held_out[0]
    assert isinstance(events[-1], Finished)


def test_that_everything_is_said_when_it_is_due(whole_run: tuple[Path, list[Event]]) -> None:
    _, events = whole_run
    assert [event.step for event in of(HeldOutMeasured, events)] == [1, 10, 20, 30, 40, 50]
    assert [event.step for event in of(ClipRendered, events)] == [1, 25, 50]
    assert {20, 40, 50} <= {event.step for event in of(CheckpointSaved, events)}
    last = of(StepDone, events)[-1]
    assert (last.total_steps, last.seconds_left) == (50, 0)
    assert last.steps_per_second > 0


def test_that_the_best_checkpoint_is_the_one_with_the_least_smoothed_held_out_loss(
    whole_run: tuple[Path, list[Event]],
) -> None:
    folder, events = whole_run
    least = min(of(HeldOutMeasured, events), key=lambda event: event.smoothed)
    best = read_best(folder)
    assert best is not None
    assert (best.step, best.held_out_loss) == (least.step, least.smoothed)
    assert of(CheckpointSaved, events)[-1].path == str(folder / "ckpt-50")
    assert [event.step for event in of(CheckpointSaved, events) if event.is_best][-1] == best.step


def test_that_clips_are_whole_and_as_documented(whole_run: tuple[Path, list[Event]]) -> None:
    _, events = whole_run
    first, *_, last = of(ClipRendered, events)
    assert first.target_audio == last.target_audio
    target, rate = soundfile.read(last.target_audio)
    assert (len(target), rate) == (tiny.N_SAMPLES, tiny.SAMPLE_RATE)
    for path in (last.output_audio, last.harmonic_audio, last.noise_audio):
        assert len(soundfile.read(path)[0]) == tiny.N_SAMPLES
    pictures = [np.load(path) for path in (last.target_spectrogram, last.output_spectrogram)]
    assert all(picture.dtype == np.uint8 and picture.shape == (128, 26) for picture in pictures)
    assert pictures[0].max() > 150
    assert np.load(first.output_spectrogram).tolist() != pictures[1].tolist()


def test_that_the_loudness_of_every_clip_is_measured_in_notes_and_in_all(
    whole_run: tuple[Path, list[Event]],
) -> None:
    _, events = whole_run
    measured = of(MetricsMeasured, events)
    assert [event.step for event in measured] == [event.step for event in of(ClipRendered, events)]
    for event, clip in zip(measured, of(ClipRendered, events), strict=True):
        of_the_files = LoudnessMetrics(tiny.SAMPLE_RATE, frame_rate=50)
        of_the_files.update_state(*(soundfile.read(path)[0] for path in (clip.target_audio, clip.output_audio)))
        assert event.metrics == pytest.approx(of_the_files.metrics(), abs=0.01)
        assert {"loudness_distance_db", "loudness_distance_db_notes"} <= event.metrics.keys()


def test_that_the_operative_config_and_curves_are_written(whole_run: tuple[Path, list[Event]]) -> None:
    folder, _ = whole_run
    config = latest_operative_config(folder)
    assert config is not None
    text = config.read_text()
    assert "RnnFcDecoder.rnn_channels = 16" in text
    assert "train.seed = 0" in text
    train, held_out = (_scalars(folder / "summaries" / part) for part in ("train", "eval"))
    assert {"losses/total_loss", "losses/spectral_loss", "steps_per_sec", "learning_rate"} <= train.keys()
    assert list(train["losses/total_loss"]) == [10, 20, 30, 40, 50]
    assert list(held_out["losses/total_loss"]) == [1, 10, 20, 30, 40, 50]


def test_that_a_run_stopped_and_resumed_is_the_run_that_never_stopped(
    whole_run: tuple[Path, list[Event]], data: Path, tmp_path: Path
) -> None:
    """To the last digit: losses, held-out losses, and every variable of the last checkpoint."""
    whole, expected = whole_run
    folder = tmp_path / "resumed"
    cancel = CancelToken()
    first = []
    for event in run(_spec(folder, data, num_steps=50), cancel):
        first.append(event)
        if isinstance(event, StepDone) and event.step == 23:
            cancel.set()
    assert [type(event) for event in first[-3:]] == [StopAcknowledged, CheckpointSaved, Stopped]
    # As the window resumes: the folder alone, with the config that lies there.
    second = events_of(TrainSpec(save_dir=str(folder)))
    assert [event.step for event in of(StepDone, second)] == list(range(24, 51))
    assert losses_of(first) | losses_of(second) == losses_of(expected)
    assert of(HeldOutMeasured, first) + of(HeldOutMeasured, second) == of(HeldOutMeasured, expected)
    assert read_best(folder) == read_best(whole)
    values = [read_values(path / "ckpt-50") for path in (whole, folder)]
    for name in {name for name in values[0] if not name.startswith("course/")}:  # which holds times
        np.testing.assert_array_equal(values[1][name], values[0][name], err_msg=name)


def test_that_a_stop_is_acknowledged_while_a_step_runs(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The step is held until the acknowledgement is out: were it to wait for the step, neither would ever come."""
    cancel, acknowledged = CancelToken(), threading.Event()
    take_step = Trainer.train_step

    def slow_step(self: Trainer, batch: Any) -> Any:
        if self.step == 2:
            cancel.set()
            assert acknowledged.wait(60)
        return take_step(self, batch)

    monkeypatch.setattr(Trainer, "train_step", slow_step)
    events = []
    for event in run(_spec(tmp_path / "run", data, num_steps=50), cancel):
        events.append(event)
        if isinstance(event, StopAcknowledged):
            acknowledged.set()
    kinds = [type(event) for event in events]
    assert kinds.count(StopAcknowledged) == 1
    assert kinds[-4:] == [StopAcknowledged, StepDone, CheckpointSaved, Stopped]
    assert find_checkpoints(tmp_path / "run")[0].step == 3


def test_that_a_stop_before_the_first_step_still_ends_with_a_checkpoint(data: Path, tmp_path: Path) -> None:
    cancel = CancelToken()
    cancel.set()
    events = events_of(_spec(tmp_path / "run", data), cancel)
    assert [type(event) for event in events[-2:]] == [CheckpointSaved, Stopped]
    assert of(StopAcknowledged, events)
    assert not of(StepDone, events)


def test_that_a_damaged_checkpoint_costs_the_steps_since_the_one_before(
    whole_run: tuple[Path, list[Event]], data: Path, tmp_path: Path
) -> None:
    whole, expected = whole_run
    folder = tmp_path / "damaged"
    shutil.copytree(whole, folder)
    (folder / "ckpt-50.data-00000-of-00001").write_bytes(b"")
    events = events_of(TrainSpec(save_dir=str(folder)))
    assert "ckpt-50 is damaged" in of(Noted, events)[0].title
    assert losses_of(events) == {step: losses for step, losses in losses_of(expected).items() if step > 40}
    assert read_values(folder / "ckpt-50")


def test_that_a_folder_that_holds_another_model_is_left_as_it_is(
    whole_run: tuple[Path, list[Event]], data: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "other"
    shutil.copytree(whole_run[0], folder)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    failed = events_of(_spec(folder, data, "RnnFcDecoder.rnn_channels = 24"))[-1]
    assert isinstance(failed, Failed)
    assert "holds another model" in failed.title
    assert "values there and" in failed.title
    assert not failed.traceback
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


@pytest.mark.slow
def test_that_fine_tuning_starts_from_another_run_and_then_goes_on_with_its_own(
    whole_run: tuple[Path, list[Event]], data: Path, tmp_path: Path
) -> None:
    whole, _ = whole_run
    folder = tmp_path / "tuned"
    params = ("Trainer.restore_keys = ('decoder',)", "train.seed = 5")
    first = events_of(_spec(folder, data, *params, restore_dir=str(whole), num_steps=52))
    assert [event.step for event in of(StepDone, first)] == [51, 52]
    second = events_of(_spec(folder, data, *params, restore_dir=str(whole), num_steps=53))
    assert [event.step for event in of(StepDone, second)] == [53]
    assert f"goes on at step 52 of {folder}" in of(Noted, second)[0].title


def test_that_a_restore_dir_without_a_checkpoint_is_an_error(data: Path, tmp_path: Path) -> None:
    failed = events_of(_spec(tmp_path / "run", data, restore_dir=str(tmp_path / "nothing here")))[-1]
    assert isinstance(failed, Failed)
    assert "no checkpoint in restore_dir" in failed.title
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_that_losses_out_of_range_end_the_run_and_leave_the_last_checkpoint(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    assert isinstance(events_of(_spec(folder, data, num_steps=2))[-1], Finished)
    before = read_values(folder / "ckpt-2")
    events = events_of(_spec(folder, data, "learning_rate = 1e38", num_steps=9, steps_per_save=1))
    failed = events[-1]
    assert isinstance(failed, Failed)
    assert "became unstable at step" in failed.title
    assert "learning rate below" in failed.hint
    assert all(np.isfinite(event.losses["total_loss"]) for event in of(StepDone, events))
    after = read_values(folder / "ckpt-2")
    assert all((after[name] == before[name]).all() for name in before)


@pytest.mark.slow
def test_that_early_stopping_looks_at_the_smoothed_loss(data: Path, tmp_path: Path) -> None:
    """Every single loss is below the value; the smoothed one is trusted only once it has seen enough of them."""
    events = events_of(_spec(tmp_path / "run", data, "train.early_stop_loss_value = 1000.0", num_steps=50))
    assert [event.step for event in of(StepDone, events)][-1] == 20
    assert "training ends at step 20" in of(Noted, events)[-1].title
    assert of(CheckpointSaved, events)[-1].step == 20
    assert isinstance(events[-1], Finished)


def test_that_without_a_held_out_part_the_smoothed_training_loss_chooses_the_best(data: Path, tmp_path: Path) -> None:
    events = events_of(_spec(tmp_path / "run", data, held_out=False, num_steps=6, steps_per_save=3))
    assert not of(HeldOutMeasured, events)
    assert [(event.step, event.is_best) for event in of(CheckpointSaved, events)] == [(3, True), (6, True)]
    assert json.loads((tmp_path / "run" / "best.json").read_text())["step"] == 6
    assert of(ClipRendered, events)


def test_that_a_finished_run_says_how_to_go_on(whole_run: tuple[Path, list[Event]]) -> None:
    events = events_of(TrainSpec(save_dir=str(whole_run[0])))
    assert "is already at step 50" in of(Noted, events)[0].title
    assert isinstance(events[-1], Finished)
    assert not of(StepDone, events)


def test_that_a_run_without_data_says_which_flags_are_missing(tmp_path: Path) -> None:
    failed = events_of(TrainSpec(save_dir=str(tmp_path / "run"), gin_files=("models/solo_instrument.gin",)))[-1]
    assert isinstance(failed, Failed)
    assert "nothing to learn from" in failed.title
    assert "--gin_file=datasets/tfrecord.gin" in failed.hint


def _scalars(folder: Path) -> dict[str, dict[int, float]]:
    import tensorflow as tf
    from tensorflow.core.util import event_pb2

    found: dict[str, dict[int, float]] = {}
    for path in sorted(folder.iterdir()):
        for record in _records(path):
            event = event_pb2.Event.FromString(record)
            for value in event.summary.value:
                if value.metadata.plugin_data.plugin_name == "scalars":
                    found.setdefault(value.tag, {})[event.step] = float(tf.make_ndarray(value.tensor))
    return found


def _records(path: Path) -> Iterator[bytes]:
    import tensorflow as tf

    for record in tf.data.TFRecordDataset(str(path)):
        yield record.numpy()


@pytest.mark.slow
def test_that_a_model_whose_harmonics_have_died_is_told_once(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silenced(spec: TrainSpec) -> Any:
        session = open_session(spec)
        bias = session.model.decoder.dense_out.bias
        bias.assign(bias - 60.0 * np.eye(1, bias.shape[0])[0])  # the first output is the harmonics' amplitude
        return session

    monkeypatch.setattr(loop, "open_session", silenced)
    notes = [
        event for event in events_of(_spec(tmp_path, data, num_steps=4, steps_per_clips=2)) if type(event) is Noted
    ]
    assert [note.title for note in notes] == ["At step 2 the harmonic part went silent; the model now plays only noise"]
    assert "seed" not in notes[0].hint


def test_that_nothing_is_told_of_harmonics_that_sound(whole_run: tuple[Path, list[Event]]) -> None:
    assert not [event for event in whole_run[1] if isinstance(event, Noted)]
