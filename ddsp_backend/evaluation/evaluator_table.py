"""The evaluators that a config names."""

from collections.abc import Callable, Sequence
from typing import Any

from ddsp_backend.config.settings import (
    BasicEvaluatorConfig,
    EvaluatorConfig,
    F0LdEvaluatorConfig,
    MidiAutoencoderEvaluatorConfig,
    MidiHeuristicEvaluatorConfig,
    TWMEvaluatorConfig,
)
from ddsp_backend.evaluation.evaluators import BasicEvaluator, Evaluator, F0LdEvaluator, TWMEvaluator
from ddsp_backend.evaluation.midi_evaluators import MidiAutoencoderEvaluator, MidiHeuristicEvaluator

_CLASSES: dict[type[EvaluatorConfig], Callable[[Any, int, int], Evaluator]] = {
    BasicEvaluatorConfig: BasicEvaluator,
    F0LdEvaluatorConfig: F0LdEvaluator,
    TWMEvaluatorConfig: TWMEvaluator,
    MidiAutoencoderEvaluatorConfig: MidiAutoencoderEvaluator,
    MidiHeuristicEvaluatorConfig: MidiHeuristicEvaluator,
}


def make_evaluators(configs: Sequence[EvaluatorConfig], sample_rate: int, frame_rate: int) -> list[Evaluator]:
    """Fresh ones, for one checkpoint, on audio and features of these rates.

    Raises:
      ConfigError: where one needs weights that are not installed.
    """
    return [_CLASSES[type(config)](config, sample_rate, frame_rate) for config in configs]
