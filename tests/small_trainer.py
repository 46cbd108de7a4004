"""A model of two layers that hears its own noise: enough for the trainer, and quick."""

from collections.abc import Callable
from typing import Any

import pytest
import tensorflow as tf

from ddsp_backend.config.settings import TrainerConfig
from ddsp_backend.models.layers import Dense
from ddsp_backend.training.trainer import Trainer


class SmallModel(tf.Module):
    """Guesses the mean of `x` [B, 4], disturbed by a little noise."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.hidden = Dense(width)
        self.out = Dense(1)

    def build(self, features: dict[str, Any]) -> None:
        self({**features, "noise_seed": [0, 0]})

    def __call__(self, features: dict[str, Any], training: bool = True) -> dict[str, Any]:
        noise = tf.random.stateless_normal([*features["x"].shape[:1], 1], features["noise_seed"])
        return {"guess": self.out(tf.tanh(self.hidden(features["x"]))) + 0.01 * noise}

    def losses(self, features: dict[str, Any], outputs: dict[str, Any]) -> dict[str, Any]:
        error = outputs["guess"] - tf.reduce_mean(features["x"], -1, keepdims=True)
        loss = tf.reduce_mean(tf.square(error))
        return {"square_loss": loss, "total_loss": loss}


@pytest.fixture
def batches() -> list[dict[str, Any]]:
    """Ten batches of eight, always the same."""
    x = tf.random.stateless_normal([10, 8, 4], [1, 2])
    return [{"x": x[i]} for i in range(10)]


@pytest.fixture
def make_trainer() -> Callable[..., Trainer]:
    """Builds a trainer of a small model: `make_trainer(width=5, seed=0, strategy=None, **settings)`."""

    def make(width: int = 5, seed: int = 0, strategy: Any = None, **settings: Any) -> Trainer:
        strategy = strategy or tf.distribute.get_strategy()
        with strategy.scope():
            model = SmallModel(width)
        trainer = Trainer(model, strategy, TrainerConfig(**{"learning_rate": 0.01, **settings}), seed)
        trainer.build({"x": tf.ones([1, 4])})
        return trainer

    return make
