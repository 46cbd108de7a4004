"""A vst model that was never trained, and control signals to play it with."""

from typing import Any

import numpy as np

from benchmarks.models import trainer_and_batch


def vst_model(is_small: bool) -> Any:
    """A built autoencoder."""
    trainer, _ = trainer_and_batch("vst", 1, is_small)
    return trainer.model


def encoded(model: Any, n_frames: int) -> dict[str, Any]:
    """Features [1, F, 1] of a slow vibrato."""
    f0_hz_F = 300 * 2 ** (0.1 * np.sin(np.arange(n_frames) / 10))
    given = {"f0_hz": f0_hz_F[None], "pw_db": np.full((1, n_frames), -30.0)}
    found = model.encode({key: value.astype(np.float32) for key, value in given.items()}, n_frames)
    return {key: value for key, value in found.items() if value.shape.rank == 3}
