"""What a training does where its model goes astray: real trainings, and sounds whose answer is known."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest

from ddsp_backend.checkpoints.files import find_checkpoints
from ddsp_backend.checkpoints.values import read_values
from ddsp_backend.data.tfrecord_writing import serialize_example, write_record
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import CheckpointSaved, ClipRendered, Event, Failed, Finished, StepDone, Trouble, WentBack
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import TrainSpec
from ddsp_backend.reporting.clips import PlayedClip
from ddsp_backend.reporting.phrases import Phrase
from ddsp_backend.training.guard import has_lost_harmonics, recorded_harmonic_share, trouble_of_sound, trouble_of_step
from ddsp_backend.training.trainer import StepResult
from tests import tiny

Kind = TypeVar("Kind", bound=Event)
TIME_N = np.arange(tiny.N_SAMPLES) / tiny.SAMPLE_RATE
TONE = sum(0.1 / k * np.sin(2 * np.pi * k * 220 * TIME_N) for k in range(1, 6)).astype(np.float32)
NOISE = np.random.default_rng(0).uniform(-0.1, 0.1, tiny.N_SAMPLES).astype(np.float32)
SILENCE = np.zeros(tiny.N_SAMPLES, np.float32)


def trained(folder: Path, data: Path, *params: str, **settings: Any) -> list[Event]:
    intervals = {"steps_per_save": 50, "steps_per_held_out": 50, "steps_per_clips": 50, "steps_per_summary": 50}
    bound = tiny.train_params(data, **{"recover": True, "seed": 0, **intervals, **settings})
    return list(
        run(TrainSpec(save_dir=str(folder), gin_files=tiny.GIN_FILES, gin_params=(*bound, *params)), CancelToken())
    )


def of(kind: type[Kind], events: Sequence[Event]) -> list[Kind]:
    return [event for event in events if isinstance(event, kind)]


def write_set(path: Path, audios: Sequence[np.ndarray]) -> None:
    with path.open("wb") as file:
        for audio_N in audios:
            example = {
                "audio": audio_N,
                "f0_hz": np.full(tiny.N_FRAMES, 220.0),
                "f0_confidence": np.ones(tiny.N_FRAMES),
                "loudness_db": np.full(tiny.N_FRAMES, -20.0),
            }
            write_record(file, serialize_example({key: value.astype(np.float32) for key, value in example.items()}))


def test_that_a_training_that_explodes_goes_back_twice_and_then_ends_with_what_to_look_at(tmp_path: Path) -> None:
    events = trained(tmp_path / "run", tmp_path / "data", "learning_rate = 1e38", num_steps=60)
    recoveries = of(WentBack, events)
    assert [(event.to_step, event.number) for event in recoveries] == [(0, 1), (0, 2)]
    assert recoveries[0].learning_rate == pytest.approx(0.5e38)
    assert recoveries[1].learning_rate == pytest.approx(0.25e38)
    failed = events[-1]
    assert isinstance(failed, Failed)
    assert "failed 3 times" in failed.title
    assert "leave out those that click" in failed.hint
    assert not failed.traceback


@pytest.fixture(scope="module")
def run_with_a_damaged_recording(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Event]]:
    """One of 160 examples is damaged. The run saves, measures and plays every five steps, between the guard's looks."""
    data = tmp_path_factory.mktemp("data")
    tiny.write_examples(data / "kept.tfrecord", 3, seed=1)
    damaged = TONE.copy()
    damaged[100] = np.nan
    write_set(data / "tiny.tfrecord", [*[TONE * level for level in np.linspace(0.2, 1.0, 159)], damaged])
    intervals = {"steps_per_save": 5, "steps_per_held_out": 5, "steps_per_clips": 5}
    folder = tmp_path_factory.mktemp("runs") / "damaged"
    return folder, trained(folder, data, num_steps=40, **intervals)


def test_that_a_damaged_recording_does_not_end_a_training(
    run_with_a_damaged_recording: tuple[Path, list[Event]],
) -> None:
    folder, events = run_with_a_damaged_recording
    recoveries = of(WentBack, events)
    assert recoveries
    assert all(event.trouble is Trouble.NOT_A_NUMBER for event in recoveries)
    assert isinstance(events[-1], Finished)
    steps = [event.step for event in of(StepDone, events)]
    assert steps[-1] == 40
    values = read_values(folder / "ckpt-40")
    assert all(np.isfinite(value).all() for value in values.values())
    assert values["recoveries/_times"] == len(recoveries)
    assert values["recoveries/_steps_undone"] == sum(event.step - event.to_step for event in recoveries)


def test_that_what_came_after_a_recovery_is_done_again(
    run_with_a_damaged_recording: tuple[Path, list[Event]],
) -> None:
    folder, events = run_with_a_damaged_recording
    recovery = of(WentBack, events)[0]
    before, after = events[: events.index(recovery)], events[events.index(recovery) + 1 :]
    for kind in (CheckpointSaved, ClipRendered, StepDone):
        undone = {event.step for event in of(kind, before) if event.step > recovery.to_step}
        assert undone
        assert undone <= {event.step for event in of(kind, after)}
    assert find_checkpoints(folder)[0].step == 40


@pytest.mark.slow
def test_that_harmonics_that_are_driven_out_are_noticed_within_25_steps_and_called_back(tmp_path: Path) -> None:
    """Noise under the name of notes drives them out, as the presets' recordings can."""
    data = tmp_path / "data"
    data.mkdir()
    random = np.random.default_rng(0)
    noises = [random.uniform(-0.3, 0.3, tiny.N_SAMPLES) for _ in range(8)]
    write_set(data / "tiny.tfrecord", noises)
    write_set(data / "kept.tfrecord", [TONE] * 3)
    events = trained(tmp_path / "run", data, "learning_rate = 0.02", num_steps=300)
    recoveries = of(WentBack, events)
    assert recoveries
    assert {event.trouble for event in recoveries} == {Trouble.HARMONICS_DIED}
    assert all(0 < event.step - event.to_step <= 25 for event in recoveries)
    after = events[events.index(recoveries[0]) + 1 :]
    assert of(StepDone, after)[0].step == recoveries[0].to_step + 1
    failed = events[-1]
    assert isinstance(failed, Failed)
    assert "noise drowns the notes" in failed.title
    assert "Look at the pitch" in failed.hint


@pytest.mark.slow
def test_that_a_healthy_training_is_left_alone_to_the_last_digit(tmp_path: Path) -> None:
    for recover in (True, False):
        events = trained(tmp_path / str(recover), tmp_path / "data", num_steps=26, recover=recover)
        assert isinstance(events[-1], Finished)
        assert not of(WentBack, events)
    guarded, plain = (read_values(tmp_path / name / "ckpt-26") for name in ("True", "False"))
    assert guarded.keys() == plain.keys()
    assert all((guarded[name] == plain[name]).all() for name in guarded if not name.startswith("course"))


def result(loss: float = 1.0, norm: float = 1.0) -> StepResult:
    return StepResult({"total_loss": loss}, norm)


def test_that_a_loss_many_times_the_last_good_one_is_an_explosion() -> None:
    assert trouble_of_step(result(5.0), 4.0) is None
    assert trouble_of_step(result(5.0), float("inf")) is None
    assert trouble_of_step(result(41.0), 4.0) is Trouble.EXPLODED
    assert trouble_of_step(result(float("nan")), 4.0) is Trouble.NOT_A_NUMBER
    assert trouble_of_step(result(1.0, float("inf")), 4.0) is Trouble.NOT_A_NUMBER


def clip(output: np.ndarray, harmonic: np.ndarray = SILENCE, noise: np.ndarray = SILENCE) -> PlayedClip:
    return PlayedClip(TONE, output, harmonic, noise)


def test_that_a_sound_that_cannot_be_is_told_from_one_that_can() -> None:
    assert trouble_of_sound([clip(TONE)]) is None
    assert trouble_of_sound([clip(0.01 * TONE)]) is None
    assert trouble_of_sound([clip(1e-3 * TONE)]) is Trouble.SILENT
    assert trouble_of_sound([clip(300 * TONE)]) is Trouble.EXPLODED
    assert trouble_of_sound([clip(TONE * np.nan)]) is Trouble.NOT_A_NUMBER
    assert trouble_of_sound([]) is None


def test_that_harmonics_are_lost_where_noise_drowns_them_and_the_recording_has_them() -> None:
    assert not has_lost_harmonics([clip(TONE, TONE, 0.5 * NOISE)], 0.98)
    assert has_lost_harmonics([clip(NOISE, 0.1 * TONE, NOISE)], 0.98)
    assert not has_lost_harmonics([clip(NOISE, 0.1 * TONE, NOISE)], 0.01)
    assert not has_lost_harmonics([clip(NOISE, 0.1 * TONE, NOISE)], float("nan"))
    assert not has_lost_harmonics([clip(NOISE, SILENCE, NOISE)], 0.98)


def phrase(audio_N: np.ndarray) -> Phrase:
    n_frames = tiny.N_FRAMES
    return Phrase(
        {
            "audio": audio_N[None].astype(np.float32),
            "f0_hz": np.full([1, n_frames], 220.0, np.float32),
            "f0_confidence": np.ones([1, n_frames], np.float32),
        }
    )


def test_that_the_share_of_harmonics_in_a_recording_is_measured() -> None:
    as_loud = NOISE * np.sqrt(np.square(TONE).sum() / np.square(NOISE).sum())
    sounds = (TONE, TONE + as_loud, NOISE)
    shares = [recorded_harmonic_share([phrase(audio_N)], tiny.SAMPLE_RATE) for audio_N in sounds]
    assert shares[0] > 0.97
    assert shares[1] == pytest.approx(0.5, abs=0.1)  # where noise is louder than beside it, it counts as a harmonic
    assert shares[2] < 0.2
    assert np.isnan(recorded_harmonic_share([phrase(SILENCE)], tiny.SAMPLE_RATE))
