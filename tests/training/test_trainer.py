"""One step: repeatable, the same on one device and on two, and with Adam's numbers."""

import json
import math
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.errors import DdspError
from ddsp_backend.training.adam import Adam
from ddsp_backend.training.trainer import Trainer

MakeTrainer = Callable[..., Trainer]
Batches = list[dict[str, Any]]


def test_that_adam_takes_the_steps_of_the_published_formula() -> None:
    start = np.linspace(-1, 1, 5).astype(np.float32)
    variable = tf.Variable(start)
    adam = Adam({"x": variable}, learning_rate=0.1, decay_steps=4, decay_rate=0.5)
    x, m, v = start.astype(np.float64), np.zeros(5), np.zeros(5)
    for t in range(1, 7):
        gradient = np.cos(np.arange(5) + t)
        adam.apply([tf.constant(gradient, tf.float32)])
        m = 0.9 * m + 0.1 * gradient
        v = 0.999 * v + 0.001 * gradient**2
        learning_rate = 0.1 * 0.5 ** ((t - 1) / 4)
        x -= learning_rate * math.sqrt(1 - 0.999**t) / (1 - 0.9**t) * m / (np.sqrt(v) + 1e-7)
    np.testing.assert_allclose(variable.numpy(), x, rtol=1e-5)
    assert adam.iterations.numpy() == 6


def test_that_the_loss_falls(make_trainer: MakeTrainer, batches: Batches) -> None:
    trainer = make_trainer()
    losses = [trainer.train_step(batch).losses["total_loss"] for _ in range(10) for batch in batches]
    assert sum(losses[-10:]) < 0.1 * sum(losses[:10])
    assert trainer.step == 100


def test_that_one_seed_gives_one_run_and_another_seed_another(make_trainer: MakeTrainer, batches: Batches) -> None:
    first, same, other = (
        [trainer.train_step(batch) for batch in batches] for trainer in map(_seeded(make_trainer), (3, 3, 4))
    )
    assert first == same
    assert first != other


def test_that_a_step_is_traced_once(make_trainer: MakeTrainer, batches: Batches) -> None:
    trainer = make_trainer()
    for batch in batches:
        trainer.train_step(batch)
    assert trainer._step_function.experimental_get_tracing_count() == 1


def test_that_the_gradient_is_clipped_as_a_whole(make_trainer: MakeTrainer, batches: Batches) -> None:
    """Adam forgets the gradient's length, but not from one step to the next: a clipped giant is no giant there."""
    free, clipped = make_trainer(grad_clip_norm=1e9), make_trainer(grad_clip_norm=1e-3)
    norms = [free.train_step(batches[0]).gradient_norm, clipped.train_step(batches[0]).gradient_norm]
    assert norms[0] == norms[1] > 1e-2
    length = math.sqrt(sum(float(tf.reduce_sum(tf.square(m))) for m in clipped.optimizer.m.values()))
    assert length == pytest.approx(0.1 * 1e-3, rel=1e-4)


def test_that_numbers_out_of_range_are_told(make_trainer: MakeTrainer) -> None:
    assert not make_trainer().train_step({"x": tf.fill([8, 4], float("nan"))}).is_finite


def test_that_an_unbuilt_trainer_says_so() -> None:
    trainer = Trainer(tf.Module(), tf.distribute.get_strategy(), settings=None)  # type: ignore[arg-type]
    with pytest.raises(DdspError, match="before it was built"):
        _ = trainer.step


@pytest.mark.slow
def test_that_two_replicas_learn_what_one_learns() -> None:
    """In a process of its own: logical devices must be made before TensorFlow is first used."""
    script = Path(__file__).with_name("two_replicas.py")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    one, two = json.loads(done.stdout.splitlines()[-1])
    np.testing.assert_allclose(one, two, rtol=1e-5)


@pytest.mark.slow
def test_that_two_devices_take_each_step_of_one_with_the_default_loss(tmp_path: Path) -> None:
    script = Path(__file__).with_name("same_weights.py")
    environment = {**os.environ, "PYTHONPATH": str(script.parents[2])}
    command = [sys.executable, str(script), str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    one, two, one_digit_away = np.swapaxes(found["steps"], 0, 1)
    assert len(one) == 20
    np.testing.assert_allclose(two[:, 0], one[:, 0], rtol=1e-5)  # the loss
    np.testing.assert_allclose(one_digit_away[:, 0], one[:, 0], rtol=1e-4)
    # The gradient's length. Where two devices round a last digit of the sound otherwise, as some processors do, the
    # loss's logarithms make more of it: but less than of a last digit of the weights.
    by_devices, by_a_digit = (np.median(np.abs(each / one - 1)[:, 1]) for each in (two, one_digit_away))
    assert by_devices < by_a_digit < 0.1
    one, two, one_digit_away = np.asarray(found["runs"])
    np.testing.assert_allclose(two[:2], one[:2], rtol=1e-5)
    np.testing.assert_allclose(two, one, rtol=0.05)
    np.testing.assert_allclose(one_digit_away, one, rtol=0.05)  # devices have no part in this


def _seeded(make_trainer: MakeTrainer) -> Callable[[int], Trainer]:
    return lambda seed: make_trainer(seed=seed)
