"""The evaluators that a config names."""

from collections.abc import Callable, Sequence
from typing import Any

from ddsp_backend.config.settings import (
    BasicEvaluatorConfig,
    EvaluatorConfig,
    F0LdEvaluatorConfig,
    MidiAutoencoderEvaluatorConfig,
    MidiHeuristicEvaluatorConfig,
    OwnEvaluator,
    TWMEvaluatorConfig,
)
from ddsp_backend.errors import ConfigError
from ddsp_backend.evaluation.evaluators import BasicEvaluator, Evaluator, F0LdEvaluator, TWMEvaluator
from ddsp_backend.evaluation.midi_evaluators import MidiAutoencoderEvaluator, MidiHeuristicEvaluator

_CLASSES: dict[type[EvaluatorConfig], Callable[[Any, int, int], Evaluator]] = {
    BasicEvaluatorConfig: BasicEvaluator,
    F0LdEvaluatorConfig: F0LdEvaluator,
    TWMEvaluatorConfig: TWMEvaluator,
    MidiAutoencoderEvaluatorConfig: MidiAutoencoderEvaluator,
    MidiHeuristicEvaluatorConfig: MidiHeuristicEvaluator,
}

_ASKED_FOR = ("group", "evaluate", "sample", "metrics")


def make_evaluators(
    configs: Sequence[EvaluatorConfig | OwnEvaluator], sample_rate: int, frame_rate: int
) -> list[Evaluator]:
    """Fresh ones, for one checkpoint, on audio and features of these rates.

    Raises:
      ConfigError: where one needs weights that are not installed, or is no evaluator.
    """
    return [
        _own(config, sample_rate, frame_rate)
        if callable(config)
        else _CLASSES[type(config)](config, sample_rate, frame_rate)
        for config in configs
    ]


def _own(make: OwnEvaluator, sample_rate: int, frame_rate: int) -> Evaluator:
    evaluator: Evaluator = make(sample_rate, frame_rate)
    missing = [name for name in _ASKED_FOR if not hasattr(evaluator, name)]
    if missing:
        raise ConfigError(
            f"{type(evaluator).__name__} is no evaluator: it has no {', '.join(missing)}",
            "docs/python.md shows one that is.",
        )
    return evaluator
