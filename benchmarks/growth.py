"""Whether memory grows with a recording: peaks of processes that prepare, or play, 1, 10 and 60 minutes.

`python -m benchmarks.growth prepare|play MINUTES` does one and prints its peak in MB and its seconds as JSON.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile

from benchmarks.child import peak_megabytes
from benchmarks.crepe import melody
from benchmarks.measurement import Measurement

PIECE_FRAMES = 500


def measure(smoke: bool) -> Iterator[Measurement]:
    for work in ("prepare", "play"):
        for minutes in (0.1,) if smoke else (1.0, 10.0, 60.0):
            command = [sys.executable, "-m", "benchmarks.growth", work, str(minutes)]
            done = subprocess.run(command, cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, text=True, check=True)
            found = json.loads(done.stdout.splitlines()[-1])
            yield Measurement(f"peak memory, {work} {minutes:g} minutes", [found["megabytes"]], "MB")
            yield Measurement(
                f"{work} {minutes:g} minutes, with its start", [60 * minutes / found["seconds"]], "x real time"
            )


def prepare(minutes: float) -> None:
    from ddsp_backend.jobs.cancel import CancelToken
    from ddsp_backend.jobs.events import Failed
    from ddsp_backend.jobs.run import run
    from ddsp_backend.jobs.spec import PrepareSpec

    with tempfile.TemporaryDirectory() as folder:
        recording = Path(folder) / "melody.wav"
        piece_N = melody(6.0)
        with soundfile.SoundFile(recording, "w", 16000, 1) as file:
            for _ in range(round(10 * minutes)):
                file.write(piece_N)
        spec = PrepareSpec(
            inputs=(str(recording),), output_path=str(Path(folder) / "out" / "data.tfrecord"), tracker="swift-f0"
        )
        *_, last = run(spec, CancelToken())
        assert not isinstance(last, Failed), last


def play(minutes: float) -> None:
    from benchmarks.render import pieces_of
    from benchmarks.voice import encoded, vst_model
    from ddsp_backend.dsp.streaming import stream

    model = vst_model(is_small=False)
    features = encoded(model, PIECE_FRAMES)
    n_pieces = round(minutes * 60 * 50 / PIECE_FRAMES)
    repeated = {key: np.tile(value, (1, n_pieces, 1)) for key, value in features.items()}
    for out in stream(model.processor_group, pieces_of(model, repeated, PIECE_FRAMES), 320):
        assert np.isfinite(out["out"]).all()


def main() -> None:
    work, minutes = sys.argv[1:]
    begun = time.perf_counter()
    {"prepare": prepare, "play": play}[work](float(minutes))
    print(json.dumps({"megabytes": peak_megabytes(), "seconds": time.perf_counter() - begun}), flush=True)


if __name__ == "__main__":
    main()
