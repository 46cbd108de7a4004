"""Playing through a vst model: ready features, in pieces; and a recording, the whole job with decoding and pitch.

The smoke run compares pieces with one piece, and the job's sound with what the recording asks for.
"""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from benchmarks.crepe import melody
from benchmarks.measurement import Measurement, seconds_of
from benchmarks.models import gflop_a_frame
from benchmarks.voice import encoded, vst_model
from ddsp_backend.dsp.streaming import stream
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import Failed
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import JobSpec, PrepareSpec, RenderSpec, TrainSpec

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
    gflop = FRAME_RATE * gflop_a_frame(model)
    yield Measurement("render, vst, in pieces", values, "x real time", gflop=gflop, limit=LIMIT_TIMES_REAL_TIME)
    with tempfile.TemporaryDirectory() as folder:
        yield from _jobs(smoke, Path(folder))


def _jobs(smoke: bool, folder: Path) -> Iterator[Measurement]:
    """A recording of two minutes, after a short one: what a process loads once, or compiles, is not counted."""
    model = trained(folder)
    recording, first = folder / "recording.wav", folder / "first.wav"
    seconds = 5.0 if smoke else 120.0
    soundfile.write(recording, melody(seconds), 16000)
    soundfile.write(first, melody(11.0), 16000)
    output = str(folder / "played.wav")
    for tracker in ("swift-f0",) if smoke else ("swift-f0", "crepe"):
        specs = [
            RenderSpec(model_path=str(model), input_path=str(path), output_path=output, tracker=tracker)
            for path in (first, recording)
        ]
        took = [_seconds_of(spec) for spec in specs][1]
        played_N, _ = soundfile.read(output)
        assert len(played_N) == round(seconds * 16000)
        assert 0 < np.abs(played_N).max() < np.inf
        label = f"render, vst, a recording, {tracker}"
        yield Measurement(label, [seconds / took], "x real time", limit=LIMIT_TIMES_REAL_TIME)


def trained(folder: Path) -> Path:
    """The folder of a vst model that has seen one example."""
    soundfile.write(folder / "melody.wav", melody(5.0), 16000)
    data = folder / "data" / "data.tfrecord"
    prepared = {"inputs": (str(folder / "melody.wav"),), "output_path": str(data), "tracker": "swift-f0"}
    _seconds_of(PrepareSpec(**prepared, frame_rate=FRAME_RATE, center=True))
    files = ("models/vst/vst.gin", "datasets/tfrecord.gin")
    provider = {"file_pattern": f"{data}*", "frame_rate": FRAME_RATE, "centered": True}
    params = [f"TFRecordProvider.{name} = {value!r}" for name, value in provider.items()]
    params += ["batch_size = 1", "train.num_steps = 1"]
    _seconds_of(TrainSpec(save_dir=str(folder / "run"), gin_files=files, gin_params=tuple(params)))
    return folder / "run"


def _seconds_of(spec: JobSpec) -> float:
    begun = time.perf_counter()
    for last in run(spec, CancelToken()):
        assert not isinstance(last, Failed), last
    return time.perf_counter() - begun


def pieces_of(model: Any, features: dict[str, Any], n_piece: int) -> Iterator[dict[str, Any]]:
    """The features and what the decoder makes of them, `n_piece` frames at a time."""
    import tensorflow as tf

    step = tf.function(model.decoder.step, autograph=False)
    state_1S = model.decoder.initial_state(1)
    for first in range(0, next(iter(features.values())).shape[1], n_piece):
        piece = {key: value[:, first : first + n_piece] for key, value in features.items()}
        decoded, state_1S = step(piece, state_1S)
        yield {**piece, **decoded}
