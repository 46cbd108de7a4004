"""Which formulation is trained with, and that each computes what the plain one does: as far as a processor can tell."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.config.parse import parse
from ddsp_backend.dsp.target import Target, traced_for
from ddsp_backend.errors import ConfigError
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import Failed, Noted
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import TrainSpec
from ddsp_backend.models.layers import Dense, product
from ddsp_backend.training.adam import Adam
from ddsp_backend.training.capability import choose_target, target_for
from ddsp_backend.training.trainer import Trainer
from tests import tiny

MakeTrainer = Callable[..., Trainer]
Batches = list[dict[str, Any]]


@pytest.mark.parametrize(
    ("has", "expected"),
    [
        ({"has_gpu": False}, Target()),
        ({}, Target(has_cudnn=True)),
        ({"has_gru": False}, Target(is_one_program=True)),
        ({"has_cuda": False}, Target(is_one_program=True)),
        ({"is_tpu": True}, Target(is_tpu=True)),
    ],
    ids=["processor", "GPU of NVIDIA", "nothing recurrent", "another GPU", "TPU"],
)
def test_that_what_the_machine_has_decides(has: dict[str, bool], expected: Target) -> None:
    machine = {"is_tpu": False, "has_gpu": True, "has_cuda": True, "has_gru": True, **has}
    assert target_for(**machine, precision="float32") == expected


def small_model() -> tuple[Any, dict[str, tf.Tensor]]:
    features = {
        "audio": tf.constant(np.random.default_rng(0).normal(0, 0.1, [2, tiny.N_SAMPLES]), tf.float32),
        "f0_hz": tf.fill([2, tiny.N_FRAMES], 440.0),
        "loudness_db": tf.fill([2, tiny.N_FRAMES], -30.0),
    }
    # The gradient of a logarithm is large where the spectrum is small: there it differs by more than rounding.
    return parse(
        ["models/solo_instrument.gin"], (*tiny.MODEL_PARAMS, "SpectralLoss.logmag_weight = 0.0")
    ).model(), features


def test_that_this_machine_is_looked_at() -> None:
    """The expectation is made from TensorFlow's list of the chips themselves, not of what it would use."""
    gpus = tf.config.list_physical_devices("GPU")
    model, _ = small_model()
    found = choose_target(tf.distribute.get_strategy(), model, "bfloat16")
    assert found.precision == "bfloat16"
    assert (found.has_cudnn or found.is_one_program) == bool(gpus)


def step_traced_for(target: Target) -> tuple[dict[str, float], list[np.ndarray]]:
    """Losses of the first step, and the weights after it."""
    model, features = small_model()
    settings = parse(["models/solo_instrument.gin"], ("Trainer.learning_rate = 0.01",)).trainer()
    trainer = Trainer(model, tf.distribute.get_strategy(), settings, seed=3)
    trainer.build(features)
    trainer.target = target
    result = trainer.train_step(features)
    return {**result.losses, "norm": result.gradient_norm}, [m.numpy() for m in trainer.optimizer.m.values()]


@pytest.mark.slow
def test_that_one_program_learns_what_many_kernels_learn() -> None:
    """Adam's first moments are the clipped gradient, in which rounding turns the signs of differences around zero."""
    losses, moments = step_traced_for(Target(is_one_program=True))
    expected_losses, expected_moments = step_traced_for(Target())
    assert losses == pytest.approx(expected_losses, rel=1e-4)
    whole = np.concatenate([m.ravel() for m in expected_moments])
    assert np.linalg.norm(np.concatenate([m.ravel() for m in moments]) - whole) < 1e-2 * np.linalg.norm(whole)


def test_that_in_bfloat16_only_the_factors_of_products_are_rounded() -> None:
    """Processors sum in different orders and blocks, and round in between. Whole numbers whose sums stay below 256 are
    exact in bfloat16 however they are summed, so that nothing but the rounding of the factors can be seen."""
    generator = np.random.default_rng(1)
    x, kernel = (generator.integers(-2, 3, shape).astype(np.float32) for shape in ([5, 60], [60, 4]))
    nearly = np.float32(1 + 2**-9)  # bfloat16 knows no number between 1 and 1 + 2**-7
    with traced_for(Target(precision="bfloat16")):
        found = product(tf.constant(x * nearly), tf.constant(kernel * nearly))
    assert found.dtype == tf.float32
    np.testing.assert_array_equal(found, x @ kernel)
    assert np.abs(product(tf.constant(x * nearly), tf.constant(kernel)) - x @ kernel).max() > 1e-3


def test_that_bfloat16_learns_too(make_trainer: MakeTrainer, batches: Batches) -> None:
    losses = [make_and_train(make_trainer(precision=precision), batches) for precision in ("float32", "bfloat16")]
    assert losses[1] != losses[0]
    np.testing.assert_allclose(losses[1], losses[0], rtol=0.1)


def make_and_train(trainer: Trainer, batches: Batches) -> list[float]:
    return [trainer.train_step(batch).losses["total_loss"] for batch in batches]


class Fragile(tf.Module):
    """Has a gradient only as long as its product is exact."""

    def __init__(self) -> None:
        super().__init__()
        self.out = Dense(1)

    def build(self, features: dict[str, Any]) -> None:
        self(features)
        self.out.kernel.assign(tf.fill([1, 1], 1.0))

    def __call__(self, features: dict[str, Any], training: bool = True) -> tf.Tensor:
        return self.out(features["x"])

    def losses(self, features: dict[str, Any], outputs: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"total_loss": tf.reduce_mean(tf.sqrt(outputs - features["x"] + features["room"]))}


def fragile_trainer(precision: str) -> Trainer:
    settings = parse((), ("Trainer.learning_rate = 0.01", f"Trainer.precision = '{precision}'")).trainer()
    trainer = Trainer(Fragile(), tf.distribute.get_strategy(), settings)
    trainer.build({"x": tf.ones([1, 1])})
    return trainer


def test_that_a_step_that_bfloat16_cannot_take_is_taken_in_float32() -> None:
    """1.003 is 1 in bfloat16, and the root of 0.001 - 0.003 is no number."""
    narrow = {"x": tf.fill([2, 1], 1.003), "room": tf.constant(1e-3)}
    trainer, expected = fragile_trainer("bfloat16"), fragile_trainer("float32")
    assert trainer.target.precision == "bfloat16"
    assert trainer.train_step(narrow) == expected.train_step(narrow)
    assert trainer.target.precision == "float32"
    assert trainer.step == 1
    for mine, other in zip(trainer.model.variables, expected.model.variables, strict=True):
        np.testing.assert_array_equal(mine, other)


def test_that_a_step_that_is_not_applied_leaves_no_trace() -> None:
    variable = tf.Variable([1.0, -2.0])
    adam = Adam({"x": variable}, learning_rate=0.1)
    for _ in range(2):
        adam.apply([tf.constant([0.5, 3.0])], tf.constant(True))
    before = [each.numpy() for each in (variable, adam.m["x"], adam.v["x"], adam.iterations)]
    adam.apply([tf.constant([float("nan"), float("inf")])], tf.constant(False))
    for each, value in zip((variable, adam.m["x"], adam.v["x"], adam.iterations), before, strict=True):
        np.testing.assert_array_equal(each, value)


def test_that_a_run_says_that_it_went_back_to_float32(tmp_path: Path) -> None:
    params = (
        *tiny.train_params(tmp_path / "data", held_out=False, n_clips=0),
        "learning_rate = 1e38",
        "Trainer.precision = 'bfloat16'",
    )
    *events, last = run(
        TrainSpec(save_dir=str(tmp_path / "run"), gin_files=tiny.GIN_FILES, gin_params=params), CancelToken()
    )
    (note,) = (event for event in events if isinstance(event, Noted) and "bfloat16" in event.title)
    assert "repeated in float32" in note.hint
    assert isinstance(last, Failed)
    assert "became unstable at step" in last.title


def test_that_a_precision_that_there_is_not_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"Trainer.precision='float16' cannot be used"):
        parse((), ("Trainer.precision = 'float16'",)).trainer()
