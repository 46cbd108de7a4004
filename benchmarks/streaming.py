"""One frame of 20 ms through a vst model, one thread: decoder and synthesizers, without the room."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.measurement import Measurement
from benchmarks.voice import encoded, vst_model

LIMIT_MS = 4.0
N_WARM_UP = 20


def measure(smoke: bool) -> Iterator[Measurement]:
    import time

    import tensorflow as tf

    from ddsp_backend.dsp.streaming import stream

    model = vst_model(smoke)
    n_frames = 60 if smoke else 600
    features = encoded(model, n_frames)
    step = tf.function(model.decoder.step, autograph=False)

    def frames() -> Iterator[dict[str, Any]]:
        state_1S = model.decoder.initial_state(1)
        for frame in range(n_frames):
            piece = {key: value[:, frame : frame + 1] for key, value in features.items()}
            decoded, state_1S = step(piece, state_1S)
            yield {**piece, **decoded}

    begun, took, n_samples = time.perf_counter(), [], 0
    for out in stream(model.processor_group, frames(), 320, room=False):
        n_samples += len(out["out"])
        now = time.perf_counter()
        took.append(1000 * (now - begun))
        begun = now
    assert abs(n_samples - n_frames * 320) <= 640
    took = took[N_WARM_UP:]
    yield Measurement("streaming, one frame of 20 ms, vst: median", took, "ms", limit=LIMIT_MS)
    yield Measurement("streaming, one frame, 99th percentile", [float(np.quantile(took, 0.99))], "ms", limit=LIMIT_MS)
