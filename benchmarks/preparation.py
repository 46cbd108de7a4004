"""The whole preparation of recordings: decoding, pitch, loudness, shards."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import soundfile

from benchmarks.crepe import melody
from benchmarks.measurement import Measurement
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import Failed
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import PrepareSpec

REFERENCE_TIMES_REAL_TIME = 0.05  # CREPE full with Viterbi; the others are compared with it for want of a figure


def measure(smoke: bool) -> Iterator[Measurement]:
    seconds = 5.0 if smoke else 60.0
    for tracker, capacity in (("swift-f0", "full"),) if smoke else (("crepe", "full"), ("swift-f0", "full")):
        with tempfile.TemporaryDirectory() as folder:
            recording = Path(folder) / "melody.wav"
            soundfile.write(recording, melody(seconds), 16000)
            spec = PrepareSpec(
                inputs=(str(recording),),
                output_path=str(Path(folder) / "out" / "data.tfrecord"),
                tracker=tracker,
                crepe_capacity=capacity,
            )
            begun = time.perf_counter()
            events = list(run(spec, CancelToken()))
            took = time.perf_counter() - begun
            assert not isinstance(events[-1], Failed), events[-1]
            assert list((Path(folder) / "out").glob("data.tfrecord*"))
        label = f"preparing {seconds:g} s, {tracker}"
        reference = REFERENCE_TIMES_REAL_TIME if tracker == "crepe" else None
        yield Measurement(label, [seconds / took], "x real time", reference)
