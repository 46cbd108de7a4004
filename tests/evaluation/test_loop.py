"""Evaluation and resynthesis of a run: what they say, what they leave, and what they wait for."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import (
    ArtifactWritten,
    ClipRendered,
    Event,
    Failed,
    Finished,
    HeldOutMeasured,
    MetricsMeasured,
    Noted,
    Progressed,
    StopAcknowledged,
    Stopped,
)
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import EvaluateSpec, JobSpec, SampleSpec
from tests import tiny
from tests.evaluation.event_files import tensors

DATA = ".data-00000-of-00001"
Trained = tuple[Path, list[Event]]


@pytest.fixture
def folder(trained: Trained, tmp_path: Path) -> Path:
    """A copy of the run, to be written into."""
    return Path(shutil.copytree(trained[0], tmp_path / "run"))


@pytest.fixture(scope="session")
def evaluated(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder = tmp_path_factory.mktemp("evaluated") / "run"
    shutil.copytree(trained[0], folder)
    return folder, events_of(EvaluateSpec(save_dir=str(folder)))


@pytest.fixture(scope="session")
def sampled(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder = tmp_path_factory.mktemp("sampled") / "run"
    shutil.copytree(trained[0], folder)
    return folder, events_of(SampleSpec(save_dir=str(folder)))


def events_of(spec: JobSpec, cancel: CancelToken | None = None) -> list[Event]:
    return list(run(spec, cancel or CancelToken()))


def of(kind: type, events: list[Event]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def test_that_the_losses_are_those_that_training_measured_on_the_same_examples(
    trained: Trained, evaluated: Trained
) -> None:
    """The folder alone is given: its operative config says on what and how."""
    expected = of(HeldOutMeasured, trained[1])[-1]
    (measured,) = of(MetricsMeasured, evaluated[1])
    assert measured.step == expected.step == 6
    for name, loss in expected.losses.items():
        assert measured.metrics[name] == pytest.approx(loss, rel=1e-4)


def test_that_distances_of_loudness_and_pitch_are_measured(evaluated: Trained) -> None:
    (measured,) = of(MetricsMeasured, evaluated[1])
    assert 0 < measured.metrics["loudness_distance_db"] < 80
    assert 0 <= measured.metrics["f0_outlier_ratio"] <= 1
    assert isinstance(evaluated[1][-1], Finished)


def test_that_the_figures_are_in_a_file_and_in_tensorboard(evaluated: Trained) -> None:
    folder, events = evaluated
    (measured,) = of(MetricsMeasured, events)
    (artifact,) = of(ArtifactWritten, events)
    written = json.loads(Path(artifact.path).read_text())
    assert artifact.path == events[-1].result["metrics"] == str(folder / "metrics.json")  # type: ignore[union-attr]
    assert (written["step"], written["n_examples"]) == (6, 3)
    assert written["metrics"] == measured.metrics
    values = tensors(folder / "summaries" / "eval")
    assert values["losses/total_loss", 6] == pytest.approx(measured.metrics["total_loss"], rel=1e-5)
    assert values["metrics/loudness_distance_db", 6] == pytest.approx(measured.metrics["loudness_distance_db"])


def test_that_the_held_out_examples_are_played_with_their_parts(sampled: Trained) -> None:
    folder, events = sampled
    clips = of(ClipRendered, events)
    assert [clip.name for clip in clips] == ["sample 1", "sample 2", "sample 3"]
    targets = set()
    for clip in clips:
        assert Path(clip.output_audio).parent == folder / "samples" / "step-6"
        sounds = [soundfile.read(path)[0] for path in (clip.target_audio, clip.output_audio)]
        assert [len(sound) for sound in sounds] == [tiny.N_SAMPLES] * 2
        assert all(np.abs(sound).max() > 1e-3 for sound in sounds)
        targets.add(sounds[0].tobytes())
        assert np.load(clip.output_spectrogram).shape == np.load(clip.target_spectrogram).shape == (128, 26)
        assert Path(clip.harmonic_audio).is_file()
        assert Path(clip.noise_audio).is_file()
    assert len(targets) == 3


def test_that_audio_waveforms_and_spectrograms_are_in_tensorboard(sampled: Trained) -> None:
    folder, _ = sampled
    tags = {tag for tag, _ in tensors(folder / "summaries" / "eval")}
    for number in (1, 2, 3):
        for kind in ("audio_original", "audio_generated", "spectrogram_original", "spectrogram_generated", "waveform"):
            assert f"{kind}/sample {number}" in tags


def test_that_other_examples_get_targets_of_their_own(sampled: Trained, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(sampled[0], tmp_path / "run"))
    other = tiny.write_examples(tmp_path / "other.tfrecord", 2, seed=7)
    before = (folder / "samples" / "sample 1 target.wav").read_bytes()
    params = (f"held_out/TFRecordProvider.file_pattern = '{other}'",)
    events = events_of(SampleSpec(save_dir=str(folder), gin_params=params))
    assert len(of(ClipRendered, events)) == 2
    assert Path(of(ClipRendered, events)[0].target_audio).read_bytes() != before
    assert (folder / "samples" / "sample 1 target.wav").read_bytes() == before  # of what was played earlier


def test_that_measuring_and_playing_can_be_one_job(folder: Path) -> None:
    events = events_of(EvaluateSpec(save_dir=str(folder), gin_params=("evaluate.evaluate_and_sample = True",)))
    assert len(of(MetricsMeasured, events)) == 1
    assert len(of(ClipRendered, events)) == 3


def test_that_a_number_of_batches_is_kept_to(folder: Path) -> None:
    params = ("evaluate.batch_size = 1", "evaluate.num_batches = 2", "evaluate.evaluator_classes = [@BasicEvaluator]")
    assert isinstance(events_of(EvaluateSpec(save_dir=str(folder), gin_params=params))[-1], Finished)
    assert json.loads((folder / "metrics.json").read_text())["n_examples"] == 2


def test_that_results_go_to_save_dir_and_checkpoints_come_from_restore_dir(trained: Trained, tmp_path: Path) -> None:
    before = sorted(trained[0].rglob("*"))
    spec = EvaluateSpec(save_dir=str(tmp_path / "results"), restore_dir=str(trained[0]))
    assert isinstance(events_of(spec)[-1], Finished)
    assert (tmp_path / "results" / "metrics.json").is_file()
    assert sorted(trained[0].rglob("*")) == before


def test_that_a_damaged_newest_checkpoint_and_what_an_old_config_lost_are_passed_over_and_said(folder: Path) -> None:
    (folder / f"ckpt-6{DATA}").write_bytes(b"")
    with (folder / "operative_config-0.gin").open("a") as config:
        config.write("SpectralLoss.delta_delta_freq_weight = 0.0\n")
    events = events_of(EvaluateSpec(save_dir=str(folder)))
    old_config, damaged = of(Noted, events)
    assert "ckpt-6 is damaged" in damaged.title
    assert "delta_delta_freq_weight=0.0 is no more" in old_config.title
    assert of(MetricsMeasured, events)[0].step == 3


def test_that_without_run_once_it_waits_for_the_next_checkpoint_until_stopped(folder: Path) -> None:
    """One newer checkpoint that is damaged is said and passed over, the next whole one is measured."""
    aside = folder.parent / "aside"
    aside.mkdir()
    for path in folder.glob("ckpt-6*"):
        shutil.move(path, aside)
    cancel = CancelToken()
    params = ("evaluate.evaluator_classes = [@BasicEvaluator]",)
    events: list[Event] = []
    for event in run(EvaluateSpec(save_dir=str(folder), gin_params=params, run_once=False), cancel):
        events.append(event)
        waits = sum(isinstance(e, Progressed) and e.stage.startswith("Waiting") for e in events)
        if isinstance(event, Progressed) and event.stage.startswith("Waiting"):
            if waits == 2:
                (folder / f"ckpt-5{DATA}").write_bytes(b"")
                (folder / "ckpt-5.index").write_bytes(b"")
            elif waits == 3:
                shutil.copy(aside / f"ckpt-6{DATA}", folder)
                shutil.copy(aside / "ckpt-6.index", folder)
            elif waits == 4:
                cancel.set()
    assert [event.step for event in of(MetricsMeasured, events)] == [3, 6]
    assert "ckpt-5 is" in of(Noted, events)[0].title
    assert [type(event) for event in events[-2:]] == [StopAcknowledged, Stopped]


def test_that_waiting_ends_with_the_step_that_the_config_names(folder: Path) -> None:
    params = ("evaluate.evaluator_classes = [@BasicEvaluator]", "evaluate.run_until_step = 6")
    events = events_of(EvaluateSpec(save_dir=str(folder), gin_params=params, run_once=False))
    assert isinstance(events[-1], Finished)
    assert len(of(MetricsMeasured, events)) == 1


@pytest.mark.parametrize("spec", [EvaluateSpec, SampleSpec])
def test_that_a_stop_ends_it_before_anything_is_left(folder: Path, spec: type) -> None:
    cancel = CancelToken()
    cancel.set()
    events = events_of(spec(save_dir=str(folder)), cancel)
    assert of(StopAcknowledged, events)
    assert isinstance(events[-1], Stopped)
    assert not (folder / "metrics.json").exists()
    assert not (folder / "samples").exists()


def test_that_a_stop_in_the_middle_leaves_no_figures_of_a_part(folder: Path) -> None:
    cancel = CancelToken()
    events = []
    for event in run(EvaluateSpec(save_dir=str(folder)), cancel):
        events.append(event)
        if isinstance(event, Progressed) and event.stage.startswith("Measuring"):
            cancel.set()
    assert [type(event) for event in events[-2:]] == [StopAcknowledged, Stopped]
    assert not of(MetricsMeasured, events)
    assert not (folder / "metrics.json").exists()


def test_that_a_folder_without_a_checkpoint_is_an_error_and_stays_as_it_is(tmp_path: Path) -> None:
    failed = events_of(EvaluateSpec(save_dir=str(tmp_path / "nothing"), gin_files=tiny.GIN_FILES))[-1]
    assert isinstance(failed, Failed)
    assert "no checkpoint" in failed.title.lower()
    assert failed.hint
    assert not (tmp_path / "nothing").exists()


def test_that_another_model_in_the_folder_is_named(folder: Path) -> None:
    spec = EvaluateSpec(save_dir=str(folder), gin_params=("RnnFcDecoder.rnn_channels = 24",))
    failed = events_of(spec)[-1]
    assert isinstance(failed, Failed)
    assert "holds another model" in failed.title
    assert not failed.traceback


def test_that_a_data_set_of_another_rate_is_refused(folder: Path) -> None:
    params = (
        "held_out/TFRecordProvider.sample_rate = 32000",
        f"held_out/TFRecordProvider.example_secs = {tiny.SECONDS / 2}",
    )
    failed = events_of(EvaluateSpec(save_dir=str(folder), gin_params=params))[-1]
    assert isinstance(failed, Failed)
    assert "32000 Hz" in failed.title
    assert "16000 Hz" in failed.title
    assert failed.hint


def test_that_a_lost_data_set_is_an_error_with_its_name(folder: Path) -> None:
    params = ("held_out/TFRecordProvider.file_pattern = '/nowhere/at all*'",)
    failed = events_of(EvaluateSpec(save_dir=str(folder), gin_params=params))[-1]
    assert isinstance(failed, Failed)
    assert "/nowhere/at all*" in failed.title
    assert not failed.traceback
