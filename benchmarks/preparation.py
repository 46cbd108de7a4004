"""The whole preparation of recordings: decoding, pitch, loudness, shards.

One made-up minute; with --recordings FOLDER ten minutes of those in it, CREPE full. Where they are shorter, they are
taken once more at half the loudness: equal recordings would be taken once only.
"""

import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import soundfile

from benchmarks.crepe import melody
from benchmarks.measurement import Measurement
from ddsp_backend.audio.files import find_recordings
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import DatasetWritten, Failed
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import PrepareSpec

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
    reference = REFERENCE_TIMES_REAL_TIME if tracker == "crepe" else None
    label = f"preparing {written.audio_seconds:.0f} s, {what}, {tracker}"
    return Measurement(label, [written.audio_seconds / took], "x real time", reference)


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
