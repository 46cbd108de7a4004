"""Checkpoints are written whole or not at all; the newest and the best are kept."""

import resource
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import tensorflow as tf

from ddsp_backend.checkpoints.files import find_checkpoints
from ddsp_backend.checkpoints.values import named_variables, read_values
from ddsp_backend.checkpoints.writing import Checkpoints
from ddsp_backend.errors import CheckpointError
from ddsp_backend.training.trainer import Trainer
from tests.odd_names import odd_name

MakeTrainer = Callable[..., Trainer]


def test_that_the_newest_are_kept_and_the_best_one_besides(tmp_path: Path, make_trainer: MakeTrainer) -> None:
    checkpoints = _checkpoints(tmp_path, make_trainer(), keep=2)
    for step in range(1, 6):
        checkpoints.save(step)
        if step == 2:
            checkpoints.mark_best(step, 0.5)
    assert [checkpoint.step for checkpoint in find_checkpoints(tmp_path)] == [5, 4, 2]
    checkpoints.mark_best(5, 0.25)
    assert [checkpoint.step for checkpoint in find_checkpoints(tmp_path)] == [5, 4]
    assert {path.name for path in tmp_path.iterdir()} == {
        *(f"ckpt-{step}{suffix}" for step in (4, 5) for suffix in (".index", ".data-00000-of-00001")),
        "checkpoint",
        "best.json",
    }


def test_that_nothing_is_left_of_steps_that_did_not_happen(tmp_path: Path, make_trainer: MakeTrainer) -> None:
    checkpoints = _checkpoints(tmp_path, make_trainer())
    for step in (1, 2, 3):
        checkpoints.save(step)
    checkpoints.mark_best(1, 0.5)
    checkpoints.discard_after(2)
    assert [checkpoint.step for checkpoint in find_checkpoints(tmp_path)] == [2, 1]
    assert tf.train.latest_checkpoint(str(tmp_path)) == str(tmp_path / "ckpt-2")
    assert checkpoints.best is not None
    checkpoints.discard_after(0)
    assert list(tmp_path.iterdir()) == []


def test_that_tensorflow_itself_finds_and_reads_the_newest(tmp_path: Path, make_trainer: MakeTrainer) -> None:
    trainer = make_trainer()
    checkpoints = _checkpoints(tmp_path, trainer)
    for step in (9, 10):
        checkpoints.save(step)
    assert tf.train.latest_checkpoint(str(tmp_path)) == str(tmp_path / "ckpt-10")
    state = tf.train.get_checkpoint_state(str(tmp_path))
    assert [Path(path).name for path in state.all_model_checkpoint_paths] == ["ckpt-9", "ckpt-10"]
    other = make_trainer(seed=7)
    status = tf.train.Checkpoint(model=other.model, optimizer=other.optimizer).read(str(tmp_path / "ckpt-10"))
    status.assert_consumed()
    for here, there in zip(trainer.model.variables, other.model.variables, strict=True):
        assert (here.numpy() == there.numpy()).all()


def test_that_a_variable_is_filed_under_the_module_it_belongs_to(tmp_path: Path, make_trainer: MakeTrainer) -> None:
    """So that a model can be loaded without its optimizer."""
    trainer = make_trainer()
    values = read_values(_checkpoints(tmp_path, trainer).save(1).path)
    for root, module in (("model", trainer.model), ("optimizer", trainer.optimizer)):
        assert {name for name in values if name.startswith(root)} == {
            f"{root}/{name}" for name in named_variables(module)
        }


def test_that_a_folder_with_any_name_can_hold_checkpoints(tmp_path: Path, make_trainer: MakeTrainer) -> None:
    folder = tmp_path / odd_name("flûte 'n' \"oboe\" 🎵\nline two [1] *")
    _checkpoints(folder, make_trainer()).save(1)
    (found,) = find_checkpoints(folder)
    assert "model/out/bias" in read_values(found.path)


def test_that_a_disk_that_fills_up_costs_only_the_checkpoint_being_written(
    tmp_path: Path, make_trainer: MakeTrainer
) -> None:
    """The limit on a file's size stands for the full disk: both fail a write half way."""
    checkpoints = _checkpoints(tmp_path, make_trainer(width=4000))
    checkpoints.save(1)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        with pytest.raises(CheckpointError, match="checkpoint of step 2 could not be written") as caught:
            checkpoints.save(2)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    assert "Free some space" in caught.value.hint
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    checkpoints.save(2)
    assert [checkpoint.step for checkpoint in find_checkpoints(tmp_path)] == [2, 1]


def test_that_a_disk_with_too_little_room_is_told_before_writing(
    tmp_path: Path, make_trainer: MakeTrainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoints = _checkpoints(tmp_path, make_trainer())
    monkeypatch.setattr("shutil.disk_usage", lambda path: _Usage())
    with pytest.raises(CheckpointError, match="has 1 MB left, and the checkpoint of step 3 needs 4 MB"):
        checkpoints.save(3)
    assert list(tmp_path.iterdir()) == []


def test_that_what_a_killed_process_left_is_removed(tmp_path: Path, make_trainer: MakeTrainer) -> None:
    checkpoints = _checkpoints(tmp_path, make_trainer())
    (tmp_path / ".writing-0123456789ab.data-00000-of-00001").write_bytes(b"half")
    checkpoints.save(1)
    checkpoints.remove_leftovers()
    assert not list(tmp_path.glob(".*"))


class _Usage:
    free = 1_000_000


def _checkpoints(folder: Path, trainer: Trainer, keep: int = 5) -> Checkpoints:
    return Checkpoints(folder, keep, model=trainer.model, optimizer=trainer.optimizer)
