"""Models of the size that the plug-in loads, on disk, and the data sets that they have learned from."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorflow as tf

from ddsp_backend.checkpoints.loading import build_model
from ddsp_backend.config.operative import write_operative_config
from ddsp_backend.config.parse import parse
from ddsp_backend.data.tfrecord_writing import serialize_example, write_record
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import Event
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import JobSpec

RATE, FRAME_RATE = 16000, 50
Curve = Callable[[np.ndarray], np.ndarray]


def write_model(
    folder: Path, *params: str, gin_file: str = "models/vst/vst.gin", data: str = "", seed: int = 0
) -> Path:
    """An untrained model with its config, which names `data` as the pattern of its data set if that is given."""
    folder.mkdir(parents=True, exist_ok=True)
    bound = [f"TFRecordProvider.{key} = {value!r}" for key, value in provider_settings(data).items()] if data else []
    config = parse([gin_file, *(["datasets/tfrecord.gin"] if data else [])], [*params, *bound])
    if data:
        config.train()  # so that the config counts as used
    tf.random.set_seed(seed)
    model = build_model(config)
    tf.train.Checkpoint(model=model).write(str(folder / "ckpt-1"))
    write_operative_config(folder, 1, config.operative_text())
    return folder


def provider_settings(pattern: str, example_secs: float = 1.0) -> dict[str, object]:
    return {"file_pattern": pattern, "example_secs": example_secs, "frame_rate": FRAME_RATE, "centered": True}


def write_examples(path: Path, notes: list[tuple[float, float]], example_secs: float = 1.0) -> Path:
    """An example for each note (MIDI, dB): it glides up by a semitone and swells by 6 dB, then it is silent for a
    tenth of the time, at a pitch nobody is sure of."""
    n_samples, n_frames = round(example_secs * RATE), round(example_secs * FRAME_RATE) + 1
    way = np.linspace(0, 1, n_frames)
    is_on = way < 0.9
    with path.open("wb") as file:
        for midi, db in notes:
            f0_hz = 440 * 2 ** ((midi + way - 69) / 12)
            level_db = np.where(is_on, db + 6 * way, -80)
            frames = np.linspace(0, n_frames - 1, n_samples)
            phase = 2 * np.pi * np.cumsum(np.interp(frames, np.arange(n_frames), f0_hz)) / RATE
            envelope = 10 ** (np.interp(frames, np.arange(n_frames), level_db) / 20) * np.sqrt(2)
            example = {
                "audio": envelope * np.sin(phase),
                "f0_hz": np.where(is_on, f0_hz, 3000.0),
                "f0_confidence": is_on.astype(float),
                "loudness_db": level_db,
                "power_db": level_db,
            }
            write_record(file, serialize_example({key: value.astype(np.float32) for key, value in example.items()}))
    return path


def events_of(spec: JobSpec, cancel: CancelToken | None = None) -> list[Event]:
    return list(run(spec, cancel or CancelToken()))
