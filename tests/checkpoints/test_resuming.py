"""Going on from a checkpoint: the same model, a part of it, another one."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.checkpoints.resuming import restore
from ddsp_backend.checkpoints.writing import Checkpoints
from ddsp_backend.config.parse import parse
from ddsp_backend.errors import CheckpointError
from ddsp_backend.training.smoothing import Progress
from ddsp_backend.training.trainer import Trainer
from tests import tiny

MakeTrainer = Callable[..., Trainer]
Batches = list[dict[str, Any]]


def test_that_a_restored_run_goes_on_to_the_last_digit(
    tmp_path: Path, make_trainer: MakeTrainer, batches: Batches
) -> None:
    trainer = make_trainer()
    for batch in batches[:5]:
        trainer.train_step(batch)
    _save(tmp_path, trainer)
    expected = [trainer.train_step(batch) for batch in batches[5:]]
    resumed = make_trainer()
    restored = restore(tmp_path, resumed.model, resumed.optimizer)
    assert restored.checkpoint is not None
    assert restored.checkpoint.step == resumed.step == 5
    assert [resumed.train_step(batch) for batch in batches[5:]] == expected


def test_that_smoothed_losses_go_on_too(tmp_path: Path, make_trainer: MakeTrainer) -> None:
    trainer, progress = make_trainer(), Progress()
    progress.train_loss.add(3.0)
    progress.held_out(7, 2.0)
    progress.held_out(8, 1.0)
    _save(tmp_path, trainer, progress=progress)
    again = Progress()
    restore(tmp_path, trainer.model, trainer.optimizer, {"progress": again})
    assert (again.train_loss.value, again.held_out_loss.value, again.measured_at) == (3.0, pytest.approx(4 / 3), 8)


def test_that_an_empty_folder_restores_nothing(tmp_path: Path, make_trainer: MakeTrainer) -> None:
    trainer = make_trainer()
    assert restore(tmp_path, trainer.model, trainer.optimizer).checkpoint is None
    assert restore(tmp_path / "not there", trainer.model, trainer.optimizer).checkpoint is None


def test_that_another_model_is_refused_with_both_numbers_and_nothing_changes(
    tmp_path: Path, make_trainer: MakeTrainer
) -> None:
    _save(tmp_path, make_trainer(width=5))
    other = make_trainer(width=6)
    before = [variable.numpy() for variable in other.model.variables]
    with pytest.raises(CheckpointError, match="has 4 x 5 = 20 values there and 4 x 6 = 24 in this one") as caught:
        restore(tmp_path, other.model, other.optimizer)
    assert str(tmp_path) in caught.value.title
    for variable, value in zip(other.model.variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)


def test_that_other_harmonics_than_the_checkpoints_are_said_with_the_setting(tmp_path: Path) -> None:
    def trainer(n_harmonics: int) -> Trainer:
        splits = f"(('amps', 1), ('harmonic_distribution', {n_harmonics}), ('noise_magnitudes', 9))"
        config = parse(tiny.GIN_FILES, (*tiny.MODEL_PARAMS, f"RnnFcDecoder.output_splits = {splits}"))
        made = Trainer(config.model(), tf.distribute.get_strategy(), config.trainer())
        made.build({key: tf.ones([1, 2]) for key in ("f0_hz", "loudness_db", "audio")})
        return made

    _save(tmp_path, trainer(8))
    other = trainer(9)
    with pytest.raises(CheckpointError, match="16 x 18 = 288 values there and 16 x 19 = 304 in this one") as caught:
        restore(tmp_path, other.model, other.optimizer)
    assert "decided by output_splits of the decoder: for the checkpoint, in the operative config" in caught.value.hint


def test_that_a_part_can_be_restored_with_its_moments(
    tmp_path: Path, make_trainer: MakeTrainer, batches: Batches
) -> None:
    trainer = make_trainer()
    for batch in batches:
        trainer.train_step(batch)
    _save(tmp_path, trainer)
    other = make_trainer(seed=9)
    out_before = other.model.out.kernel.numpy()
    restore(tmp_path, other.model, other.optimizer, keys=["hidden"])
    np.testing.assert_array_equal(other.model.hidden.kernel.numpy(), trainer.model.hidden.kernel.numpy())
    np.testing.assert_array_equal(other.model.out.kernel.numpy(), out_before)
    np.testing.assert_array_equal(other.optimizer.m["hidden/bias"], trainer.optimizer.m["hidden/bias"])
    assert not np.any(other.optimizer.m["out/bias"].numpy())
    assert other.step == 10


def test_that_a_part_the_model_does_not_have_is_refused(tmp_path: Path, make_trainer: MakeTrainer) -> None:
    trainer = make_trainer()
    _save(tmp_path, trainer)
    with pytest.raises(CheckpointError, match="restore_keys names 'encoder'"):
        restore(tmp_path, trainer.model, trainer.optimizer, keys=["encoder"])


def _save(folder: Path, trainer: Trainer, **others: Any) -> None:
    Checkpoints(folder, 5, model=trainer.model, optimizer=trainer.optimizer, **others).save(trainer.step)
