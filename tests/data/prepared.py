"""What the tests of the preparation share: short recordings, one way to prepare them, plain readers of the result."""

import json
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from ddsp_backend.arrays import Array
from ddsp_backend.data import pieces
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import DatasetWritten, Event, Finished
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import PrepareSpec
from ddsp_backend.pitch.tracker import Pitch, PitchTracker, Unfinished
from ddsp_backend.pitch.trackers import make_tracker
from tests import recordings

SECONDS = (6.0, 9.5, 5.0)


def write_recordings(folder: Path) -> Path:
    for index, seconds in enumerate(SECONDS):
        recordings.write(folder / f"{index}.wav", recordings.melody(seconds, hz=250 + 60 * index), subtype="FLOAT")
    return folder


def spec_for(inputs: Path, output: Path, **settings: Any) -> PrepareSpec:
    return PrepareSpec(
        inputs=(str(inputs),), output_path=str(output), **{"n_shards": 3, "tracker": "swift-f0", **settings}
    )


def prepare(inputs: Path, output: Path, **settings: Any) -> tuple[DatasetWritten, dict[str, Any], dict[str, str]]:
    """The event, the manifest and the job's result."""
    events = list(run(spec_for(inputs, output, **settings), CancelToken()))
    assert isinstance(events[-1], Finished), events[-1]
    (written,) = [event for event in events if isinstance(event, DatasetWritten)]
    return written, json.loads(Path(written.manifest_path).read_text()), events[-1].result


def run_until(spec: PrepareSpec, stage: str, share: float) -> list[Event]:
    """The events of a job that is asked to stop when so much of `stage` is done."""
    cancel = CancelToken()
    events = []
    for event in run(spec, cancel):
        events.append(event)
        if getattr(event, "stage", "") == stage and event.done >= share * event.total:
            cancel.set()
    return events


def examples_of(pattern: str, n_samples: int = 64000, n_frames: int = 1000) -> list[dict[str, np.ndarray]]:
    """Every example, read with TensorFlow's own reader and the keys and lengths of the reference's TFRecordProvider."""
    frames = ("f0_hz", "f0_confidence", "loudness_db")
    keys = {key: tf.io.FixedLenFeature([n_frames], tf.float32) for key in frames}
    keys["audio"] = tf.io.FixedLenFeature([n_samples], tf.float32)
    files = sorted(tf.io.gfile.glob(pattern))
    parsed = tf.data.TFRecordDataset(files).map(lambda record: tf.io.parse_single_example(record, keys))
    return list(parsed.as_numpy_iterator())


def contents(folder: Path) -> dict[str, bytes]:
    """The shards' bytes."""
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*-of-*"))}


@dataclass(slots=True)
class CountingTracker:
    """A real tracker that counts the frames it is asked for."""

    tracker: PitchTracker
    frames: list[int] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.tracker.name

    @property
    def context(self) -> int:
        return self.tracker.context

    def steps(
        self, audio_N: Array, start: int, hop: int, n_frames: int, unfinished: Unfinished | None = None
    ) -> Generator[int, None, Pitch]:
        self.frames.append(n_frames)
        return (yield from self.tracker.steps(audio_N, start, hop, n_frames, unfinished))


def counting(monkeypatch: Any) -> list[int]:
    """From now on, the number of frames of every request to a tracker."""
    frames: list[int] = []
    monkeypatch.setattr(pieces, "make_tracker", lambda *choice: CountingTracker(make_tracker(*choice), frames=frames))
    return frames
