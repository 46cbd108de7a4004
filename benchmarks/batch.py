"""A batch of made-up sound. Nothing of this program is imported here: the reference trains with it too."""

from typing import Any

import numpy as np


def make_batch(n_batch: int, seconds: float, frame_rate: int, is_centred: bool) -> dict[str, Any]:
    """Notes with some harmonics and breath, and their features."""
    import tensorflow as tf

    random = np.random.default_rng(0)
    n_samples, n_frames = round(16000 * seconds), round(frame_rate * seconds) + is_centred
    time_N = np.arange(n_samples) / 16000
    f0_B1, level_B1 = random.uniform(150, 600, (n_batch, 1)), random.uniform(0.05, 0.3, (n_batch, 1))
    audio_BN = sum(level_B1 / k * np.sin(2 * np.pi * k * f0_B1 * time_N) for k in (1, 2, 3))
    audio_BN = audio_BN + 0.02 * level_B1 * random.standard_normal((n_batch, n_samples))
    arrays = {
        "audio": audio_BN,
        "f0_hz": np.repeat(f0_B1, n_frames, 1),
        "loudness_db": np.repeat(20 * np.log10(level_B1), n_frames, 1),
    }
    return {key: tf.constant(array, tf.float32) for key, array in arrays.items()}
