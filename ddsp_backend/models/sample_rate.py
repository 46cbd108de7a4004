"""The sample rate that a model plays at."""

from typing import Any

from ddsp_backend.dsp.synths import Harmonic
from ddsp_backend.errors import DataError


def sample_rate_of(model: Any) -> int | None:
    """Hz; None for a model without harmonics."""
    return next((part.sample_rate for part in model.processor_group.processors if isinstance(part, Harmonic)), None)


def require_same_rate(model: Any, provider: Any) -> None:
    """Raises DataError where a model would play the examples of a data provider at another pitch and speed."""
    sample_rate = sample_rate_of(model)
    if sample_rate not in (None, provider.sample_rate):
        raise DataError(
            f"The data set has {provider.sample_rate} Hz, and the model plays at {sample_rate} Hz",
            "Prepare the recordings at the model's rate, or choose a model with their rate.",
        )
