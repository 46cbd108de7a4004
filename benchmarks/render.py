"""Playing a long recording's features through a vst model, in pieces. The smoke run compares with one piece."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.measurement import Measurement, seconds_of
from benchmarks.voice import encoded, vst_model
from ddsp_backend.dsp.streaming import stream

FRAME_RATE = 50
PIECE_FRAMES = 500
LIMIT_TIMES_REAL_TIME = 20.0


def measure(smoke: bool) -> Iterator[Measurement]:
    model = vst_model(smoke)
    n_frames = 60 if smoke else 120 * FRAME_RATE
    features = encoded(model, n_frames)

    def play(n_piece: int = PIECE_FRAMES, signal: str = "out") -> np.ndarray:
        pieces = pieces_of(model, features, n_piece)
        return np.concatenate([out[signal] for out in stream(model.processor_group, pieces, 320)])

    if smoke:
        # The noise depends on the pieces, the harmonics must not.
        assert np.abs(play(20, "harmonic") - play(60, "harmonic")).max() < 1e-5
    values = [n_frames / FRAME_RATE / value for value in seconds_of(play, 3)]
    yield Measurement("render, vst, in pieces", values, "x real time", limit=LIMIT_TIMES_REAL_TIME)


def pieces_of(model: Any, features: dict[str, Any], n_piece: int) -> Iterator[dict[str, Any]]:
    """The features and what the decoder makes of them, `n_piece` frames at a time."""
    import tensorflow as tf

    step = tf.function(model.decoder.step, autograph=False)
    state_1S = model.decoder.initial_state(1)
    for first in range(0, next(iter(features.values())).shape[1], n_piece):
        piece = {key: value[:, first : first + n_piece] for key, value in features.items()}
        decoded, state_1S = step(piece, state_1S)
        yield {**piece, **decoded}
