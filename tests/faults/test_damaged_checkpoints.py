"""Damaged checkpoints: the one before is used, and said; none is left: a sentence."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.checkpoints.files import find_checkpoints
from ddsp_backend.checkpoints.resuming import restore
from ddsp_backend.checkpoints.values import read_values
from ddsp_backend.checkpoints.writing import Checkpoints
from ddsp_backend.errors import CheckpointError
from ddsp_backend.training.adam import Adam

DATA, INDEX = ".data-00000-of-00001", ".index"


def _flipped(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 0x40]) + content[place + 1 :]


DAMAGES: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "data cut short": (DATA, lambda content: content[: len(content) // 2]),
    "data empty": (DATA, lambda content: b""),
    "one bit of the data turned": (DATA, lambda content: _flipped(content, len(content) // 2)),
    "index cut short": (INDEX, lambda content: content[: len(content) // 2]),
    "index empty": (INDEX, lambda content: b""),
    "index is garbage": (INDEX, lambda content: b"garbage " * 100),
    "one bit of the index turned": (INDEX, lambda content: _flipped(content, 60)),
}


class Model(tf.Module):
    def __init__(self, value: float = 0.0) -> None:
        super().__init__()
        self.weights = tf.Variable(tf.fill([1000], value))
        self.bias = tf.Variable(tf.fill([3], value))


@pytest.mark.parametrize("damage", DAMAGES)
def test_that_the_one_before_a_damaged_checkpoint_is_used_and_said(tmp_path: Path, damage: str) -> None:
    _save(tmp_path, 1, 2)
    suffix, spoil = DAMAGES[damage]
    path = tmp_path / f"ckpt-2{suffix}"
    path.write_bytes(spoil(path.read_bytes()))
    model = Model()
    restored = restore(tmp_path, model, _adam(model))
    assert restored.checkpoint is not None
    assert restored.checkpoint.step == 1
    assert "ckpt-2 is damaged" in restored.notes[0].title
    np.testing.assert_array_equal(model.weights.numpy(), np.ones(1000))


def test_that_a_checkpoint_without_its_data_is_passed_over(tmp_path: Path) -> None:
    _save(tmp_path, 1, 2)
    (tmp_path / f"ckpt-2{DATA}").unlink()
    model = Model()
    assert restore(tmp_path, model, _adam(model)).checkpoint == find_checkpoints(tmp_path)[1]


def test_that_a_checkpoint_without_its_index_was_never_finished(tmp_path: Path) -> None:
    _save(tmp_path, 1, 2)
    (tmp_path / f"ckpt-2{INDEX}").unlink()
    model = Model()
    restored = restore(tmp_path, model, _adam(model))
    assert restored.checkpoint is not None
    assert (restored.checkpoint.step, restored.notes) == (1, [])


def test_that_no_whole_checkpoint_is_an_error_that_counts_them(tmp_path: Path) -> None:
    _save(tmp_path, 1, 2)
    for path in tmp_path.glob(f"*{DATA}"):
        path.write_bytes(b"")
    model = Model(7.0)
    with pytest.raises(CheckpointError, match=r"None of the 2 checkpoints in .* is whole") as caught:
        restore(tmp_path, model, _adam(model))
    assert caught.value.hint
    assert model.bias.numpy()[0] == 7.0


def test_that_a_wrong_state_file_does_no_harm(tmp_path: Path) -> None:
    """Checkpoints are found by their own names; TensorFlow's state file is written for its tools alone."""
    _save(tmp_path, 1, 2)
    (tmp_path / "checkpoint").write_bytes(b"\xff\x00 not a state file")
    model = Model()
    restored = restore(tmp_path, model, _adam(model))
    assert restored.checkpoint is not None
    assert restored.checkpoint.step == 2


def test_that_no_damage_of_one_byte_brings_the_process_down_or_passes_unseen(tmp_path: Path) -> None:
    _save(tmp_path, 1)
    (checkpoint,) = find_checkpoints(tmp_path)
    whole = {name: value.tobytes() for name, value in read_values(checkpoint.path).items()}
    index = tmp_path / f"ckpt-1{INDEX}"
    content = index.read_bytes()
    for place in range(0, len(content), 7):
        index.write_bytes(_flipped(content, place))
        try:
            values = read_values(checkpoint.path)
        except CheckpointError:
            continue
        assert {name: value.tobytes() for name, value in values.items()} == whole, place


def _save(folder: Path, *steps: int) -> None:
    for step in steps:
        model = Model(float(step))
        Checkpoints(folder, 5, model=model, optimizer=_adam(model)).save(step)


def _adam(model: Model) -> Adam:
    return Adam({"weights": model.weights, "bias": model.bias}, 0.1)
