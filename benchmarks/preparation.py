"""The whole preparation of recordings: decoding, pitch, loudness, shards.

The smoke run compares the pitch and audio of the examples with those of the recording as a whole.

One made-up minute; with --recordings FOLDER ten minutes of those in it, CREPE full. Where they are shorter, they are
taken once more at half the loudness: equal recordings would be taken once only.
"""

import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import soundfile

from benchmarks.crepe import FRAME_RATE, gflop_a_frame, melody
from benchmarks.measurement import Measurement
from ddsp_backend.audio.files import find_recordings
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import DatasetWritten, Failed
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import PrepareSpec
from ddsp_backend.pitch.tracker import SAMPLE_RATE, track
from ddsp_backend.pitch.trackers import make_tracker

REFERENCE_TIMES_REAL_TIME = 0.05  # CREPE full with Viterbi; the others are compared with it for want of a figure
REAL_SECONDS = 600.0


def measure(smoke: bool, recordings: Path | None = None) -> Iterator[Measurement]:
    with tempfile.TemporaryDirectory() as folder:
        if recordings is not None:
            yield _timed("real recordings", _ten_minutes(recordings, Path(folder)), "crepe", Path(folder) / "real")
            return
        seconds = 5.0 if smoke else 60.0
        recording = Path(folder) / "melody.wav"
        soundfile.write(recording, melody(seconds), 16000)
        for tracker in ("swift-f0",) if smoke else ("crepe", "swift-f0"):
            yield _timed("made-up sound", [recording], tracker, Path(folder) / tracker)
            if smoke:
                compare_with_whole(recording, tracker, Path(folder) / tracker)


def _timed(what: str, inputs: Sequence[Path], tracker: str, output: Path) -> Measurement:
    spec = PrepareSpec(
        inputs=tuple(map(str, inputs)),
        output_path=str(output / "data.tfrecord"),
        tracker=tracker,
        crepe_capacity="full",
    )
    begun = time.perf_counter()
    events = list(run(spec, CancelToken()))
    took = time.perf_counter() - begun
    assert not isinstance(events[-1], Failed), events[-1]
    assert list(output.glob("data.tfrecord*"))
    (written,) = [event for event in events if isinstance(event, DatasetWritten)]
    is_crepe = tracker == "crepe"
    return Measurement(
        f"preparing {written.audio_seconds:.0f} s, {what}, {tracker}",
        [written.audio_seconds / took],
        "x real time",
        REFERENCE_TIMES_REAL_TIME if is_crepe else None,
        FRAME_RATE * gflop_a_frame("full", SAMPLE_RATE // FRAME_RATE) if is_crepe else None,
    )


def _ten_minutes(recordings: Path, folder: Path) -> list[Path]:
    taken = find_recordings([recordings])
    seconds = sum(soundfile.info(path).duration for path in taken)
    for number, path in enumerate(list(taken)):
        if seconds < REAL_SECONDS:
            samples_NC, rate = soundfile.read(path, dtype="float32", always_2d=True)
            taken.append(folder / f"{number}.wav")
            soundfile.write(taken[-1], samples_NC / 2, rate)
            seconds += len(samples_NC) / rate
    return taken


def compare_with_whole(recording: Path, tracker: str, output: Path) -> None:
    """Raises AssertionError unless each example holds a piece of the recording, with the pitch found there."""
    import tensorflow as tf

    audio_N, _ = soundfile.read(recording, dtype="float32")
    f0_hz_F, _ = track(make_tracker(tracker), audio_N, FRAME_RATE, "same")
    shards = [str(path) for path in output.glob("data.tfrecord*")]
    n_examples = 0
    for record in tf.data.TFRecordDataset(shards).as_numpy_iterator():
        features = tf.train.Example.FromString(record).features.feature
        audio, f0_hz = (np.array(features[name].float_list.value) for name in ("audio", "f0_hz"))
        first = next(n for n in range(2) if np.allclose(audio_N[16000 * n :][:1600], audio[:1600], atol=1e-4))
        cents = 1200 * np.log2(f0_hz / f0_hz_F[FRAME_RATE * first :][: len(f0_hz)])
        assert np.abs(cents).max() < 1, f"{np.abs(cents).max():.1f} cents from the pitch of the whole recording"
        n_examples += 1
    assert n_examples == 2, n_examples
