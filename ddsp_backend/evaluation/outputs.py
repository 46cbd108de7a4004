"""What evaluators take from a model's outputs and from batches. B = batch, F = frames."""

from typing import Any

import numpy as np
import numpy.typing as npt

from ddsp_backend.errors import DataError

Outputs = dict[str, Any]


def measured(outputs: Outputs, key: str, owner: str) -> npt.NDArray[Any]:
    """The array under a key such as "f0_hz" or "harmonic/controls/amplitudes".

    Raises:
      DataError: There is none; it says that `owner` needs it, and what there is.
    """
    value: Any = outputs
    for part in key.split("/"):
        known = sorted(value) if isinstance(value, dict) else []
        value = value.get(part) if isinstance(value, dict) else None
        if value is None:
            raise DataError(
                f"{owner} needs {key!r}, but there is only {', '.join(known)}",
                f"Take {owner} out of evaluator_classes, or choose a model and a data set that have it.",
            )
    return np.asarray(value)


def curves(values: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """[B, F] or [B, F, 1] as [B, F]."""
    values_BF = np.asarray(values, np.float32)
    return values_BF.reshape([len(values_BF), -1])


def at_frames(values_F: npt.NDArray[Any], n_frames: int) -> npt.NDArray[Any]:
    """The nearest values for another number of frames over the same time: nothing lies between two pitches."""
    nearest_F = np.round(np.arange(n_frames) * len(values_F) / n_frames).astype(int)
    taken_F: npt.NDArray[Any] = np.take(values_F, np.minimum(nearest_F, len(values_F) - 1), axis=0)
    return taken_F
