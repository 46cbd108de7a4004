"""What is heard of a training is the average of its last steps; what learns is the newest one."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ddsp_backend.checkpoints.loading import load_model
from ddsp_backend.checkpoints.resuming import restore
from ddsp_backend.checkpoints.values import averaged, read_values
from ddsp_backend.checkpoints.writing import Checkpoints
from ddsp_backend.config.settings import TrainerConfig
from ddsp_backend.errors import ConfigError
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import HeldOutMeasured, StepDone
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import EvaluateSpec, TrainSpec
from ddsp_backend.training.trainer import Trainer
from tests.tiny import GIN_FILES, train_params

MakeTrainer = Callable[..., Trainer]
Batches = list[dict[str, Any]]
NAME = "hidden/kernel"


def test_that_each_step_moves_the_average_by_its_share_and_the_first_ones_by_more(
    make_trainer: MakeTrainer, batches: Batches
) -> None:
    trainer = make_trainer(average_decay=0.3)
    assert trainer.average is not None
    expected = trainer.model.hidden.kernel.numpy()
    for step, batch in enumerate(batches[:8], start=1):
        trainer.train_step(batch)
        decay = min(0.3, step / (step + 10))
        expected = decay * expected + (1 - decay) * trainer.model.hidden.kernel.numpy()
        np.testing.assert_allclose(trainer.average.values[NAME].numpy(), expected, rtol=1e-5, atol=1e-7)


def test_that_the_model_has_the_average_only_meanwhile(make_trainer: MakeTrainer, batches: Batches) -> None:
    trainer = make_trainer(average_decay=0.9)
    assert trainer.average is not None
    for batch in batches:
        trainer.train_step(batch)
    learned = trainer.model.hidden.kernel.numpy()
    with pytest.raises(RuntimeError, match="in the middle"), trainer.as_heard():
        np.testing.assert_array_equal(trainer.model.hidden.kernel.numpy(), trainer.average.values[NAME].numpy())
        assert not np.array_equal(trainer.model.hidden.kernel.numpy(), learned)
        raise RuntimeError("in the middle")
    np.testing.assert_array_equal(trainer.model.hidden.kernel.numpy(), learned)


def test_that_an_average_changes_nothing_of_what_is_learned(make_trainer: MakeTrainer, batches: Batches) -> None:
    with_average, without = make_trainer(average_decay=0.9), make_trainer()
    assert without.average is None
    assert [with_average.train_step(batch) for batch in batches] == [without.train_step(batch) for batch in batches]


def test_that_a_restored_average_goes_on_to_the_last_digit(
    tmp_path: Path, make_trainer: MakeTrainer, batches: Batches
) -> None:
    trainer = make_trainer(average_decay=0.9)
    for batch in batches[:5]:
        trainer.train_step(batch)
    Checkpoints(tmp_path, 5, model=trainer.model, optimizer=trainer.optimizer, **trainer.kept).save(5)
    resumed = make_trainer(average_decay=0.9)
    restored = restore(tmp_path, resumed.model, resumed.optimizer, resumed.kept)
    assert "average" in restored.others
    for each in (trainer, resumed):
        for batch in batches[5:]:
            each.train_step(batch)
    assert trainer.average is not None
    assert resumed.average is not None
    np.testing.assert_array_equal(resumed.average.values[NAME].numpy(), trainer.average.values[NAME].numpy())


def test_that_the_average_stands_for_the_weights_whatever_their_names_hold() -> None:
    values = {"model/a.b/c": 1, "average/values/a..b.Sc": 2, "model/d": 3, "optimizer/iterations": 4}
    assert averaged(values) == {**values, "model/a.b/c": 2}
    assert averaged({"model/d": 3}) == {"model/d": 3}


@pytest.fixture
def made(tmp_path: Path) -> tuple[Path, list[Any]]:
    params = (*train_params(tmp_path / "data", steps_per_held_out=6), "Trainer.average_decay = 0.9")
    spec = TrainSpec(save_dir=str(tmp_path / "run"), gin_files=GIN_FILES, gin_params=params, steps=6)
    return tmp_path / "run", list(run(spec, CancelToken()))


def test_that_a_loaded_model_has_the_average_for_weights(made: tuple[Path, list[Any]]) -> None:
    folder, _ = made
    values = read_values(folder / "ckpt-6")
    model, _ = load_model(folder)
    found = model.decoder.dense_out.bias.numpy()
    np.testing.assert_array_equal(found, averaged(values)["model/decoder/dense_out/bias"])
    assert not np.array_equal(found, values["model/decoder/dense_out/bias"])


def test_that_an_evaluation_measures_what_the_training_measured(made: tuple[Path, list[Any]]) -> None:
    folder, events = made
    measured = next(event for event in reversed(events) if isinstance(event, HeldOutMeasured))
    params = ("evaluate.data_provider = @held_out/data.TFRecordProvider()", "evaluate.batch_size = 4")
    found = list(run(EvaluateSpec(save_dir=str(folder), gin_params=params), CancelToken()))
    losses = [event.metrics for event in found if hasattr(event, "metrics")]
    assert any("total_loss" in name for each in losses for name in each), found
    total = next(value for each in losses for name, value in each.items() if name.endswith("total_loss"))
    assert total == pytest.approx(measured.losses["total_loss"], rel=1e-5)


@pytest.mark.slow
def test_that_a_run_without_an_average_gets_one_when_it_goes_on(tmp_path: Path) -> None:
    params = train_params(tmp_path / "data")
    first = TrainSpec(save_dir=str(tmp_path / "run"), gin_files=GIN_FILES, gin_params=params, steps=4)
    list(run(first, CancelToken()))
    before = read_values(tmp_path / "run" / "ckpt-4")["model/decoder/dense_out/bias"]
    more = TrainSpec(save_dir=str(tmp_path / "run"), gin_params=("Trainer.average_decay = 0.999",), steps=5)
    assert [event.step for event in run(more, CancelToken()) if isinstance(event, StepDone)] == [5]
    values = read_values(tmp_path / "run" / "ckpt-5")
    after, newest = (each["model/decoder/dense_out/bias"] for each in (averaged(values), values))
    decay = 5 / 15
    np.testing.assert_allclose(after, decay * before + (1 - decay) * newest, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("decay", [-0.1, 1.0])
def test_that_a_decay_that_cannot_be_is_refused_with_its_limits(decay: float) -> None:
    with pytest.raises(ConfigError, match="average_decay"):
        TrainerConfig(average_decay=decay)


def test_that_a_warm_up_rises_to_the_full_learning_rate(make_trainer: MakeTrainer, batches: Batches) -> None:
    trainer = make_trainer(learning_rate=0.01, warm_up_steps=3)
    rates = []
    for batch in batches[:5]:
        rates.append(trainer.learning_rate)
        trainer.train_step(batch)
    assert rates == pytest.approx([0.0025, 0.005, 0.0075, 0.01, 0.01], rel=1e-4)
