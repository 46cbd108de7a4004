"""One frame of 20 ms through a vst model, one thread: decoder and synthesizers, without the room.

The smoke run compares the frames, joined, with the whole at once.

`python -m benchmarks.streaming small|full` prints as JSON how many milliseconds each frame took and how much arithmetic
one needs. It is a process of its own, because TensorFlow learns its number of threads only once.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measurement import Measurement

LIMIT_MS = 4.0
N_WARM_UP = 20


def measure(smoke: bool) -> Iterator[Measurement]:
    command = [sys.executable, "-m", "benchmarks.streaming", "small" if smoke else "full"]
    one_thread = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "OMP_NUM_THREADS": "1"}
    root = Path(__file__).parents[1]
    done = subprocess.run(
        command, cwd=root, env={**os.environ, **one_thread}, stdout=subprocess.PIPE, text=True, check=True
    )
    told = json.loads(done.stdout)
    took, gflop = told["ms"], told["gflop"]
    yield Measurement("streaming, one frame of 20 ms, vst: median", took, "ms", gflop=gflop, limit=LIMIT_MS)
    yield Measurement("streaming, one frame, 99th percentile", [float(np.quantile(took, 0.99))], "ms", limit=LIMIT_MS)


def main() -> None:
    import tensorflow as tf

    from benchmarks.models import gflop_a_frame
    from benchmarks.voice import encoded, vst_model
    from ddsp_backend.dsp.streaming import stream

    is_small = sys.argv[1] == "small"
    model = vst_model(is_small)
    n_frames = 60 if is_small else 3000
    features = {key: np.asarray(value) for key, value in encoded(model, n_frames).items()}
    step = tf.function(model.decoder.step, autograph=False)

    def frames() -> Iterator[dict[str, Any]]:
        state_1S = model.decoder.initial_state(1)
        for frame in range(n_frames):
            piece = {key: value[:, frame : frame + 1] for key, value in features.items()}
            decoded, state_1S = step(piece, state_1S)
            yield {**piece, **decoded}

    begun, took, pieces = time.perf_counter(), [], []
    for out in stream(model.processor_group, frames(), 320, room=False):
        pieces.append(out)
        now = time.perf_counter()
        took.append(1000 * (now - begun))
        begun = now
    joined_N = np.concatenate([out["harmonic"] for out in pieces])
    assert abs(len(joined_N) - n_frames * 320) <= 640
    if is_small:  # the noise is drawn for each frame; the harmonics must be those of the whole
        decoded, _ = step(features, model.decoder.initial_state(1))
        (whole,) = stream(model.processor_group, [{**features, **decoded}], 320, room=False)
        error = np.abs(joined_N - whole["harmonic"]).max()
        assert error < 1e-5, f"{error:.1e} away from the whole"
    took = took[N_WARM_UP:-1]  # the last piece has a shape of its own, and is traced anew
    print(json.dumps({"ms": took, "gflop": gflop_a_frame(model)}))


if __name__ == "__main__":
    main()
