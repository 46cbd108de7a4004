"""Whether memory or cost grows with the work: preparing 1 minute to 10 hours, playing up to one, listing 10,000 files.

`python -m benchmarks.growth prepare|play|list AMOUNT` does one, of minutes or files, and prints as JSON the peak in MB
of its largest process, its seconds, and the CPU seconds of all its processes.
"""

import json
import resource
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
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import Failed
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import InspectSpec, JobSpec, PrepareSpec

PIECE_FRAMES = 500
PIECE_SECONDS, FILE_MINUTES = 6.0, 60.0
# (amounts, tiny ones for --smoke)
AMOUNTS = {
    "prepare": ((1.0, 10.0, 60.0, 600.0), (0.1, 3.0)),
    "play": ((1.0, 10.0, 60.0), (0.1,)),
    "list": ((100.0, 10_000.0), (3.0,)),
}


def measure(smoke: bool) -> Iterator[Measurement]:
    for work, amounts in AMOUNTS.items():
        for amount in amounts[smoke]:
            command = [sys.executable, "-m", "benchmarks.growth", work, str(amount)]
            done = subprocess.run(command, cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, text=True, check=True)
            found = json.loads(done.stdout.splitlines()[-1])
            what = f"{work} {amount:g} {'files' if work == 'list' else 'minutes'}"
            yield Measurement(f"peak memory, {what}", [found["megabytes"]], "MB")
            if work == "list":
                continue
            yield Measurement(f"{what}, with its start", [60 * amount / found["seconds"]], "x real time")
            yield Measurement(f"{what}, CPU time a minute", [found["cpu_seconds"] / amount], "s")


def prepare(minutes: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        left, number = minutes, 0
        while left > 0:
            # No two alike: a copy of another recording would be left out.
            piece_N = melody(PIECE_SECONDS) * (1 - 0.01 * number)
            with soundfile.SoundFile(Path(folder) / f"melody {number}.wav", "w", 16000, 1) as file:
                for _ in range(round(min(left, FILE_MINUTES) * 60 / PIECE_SECONDS)):
                    file.write(piece_N)
            left, number = left - FILE_MINUTES, number + 1
        output = str(Path(folder) / "out" / "data.tfrecord")
        _do(PrepareSpec(inputs=(folder,), output_path=output, tracker="swift-f0"))


def list_files(n_files: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        audio_N = melody(0.6)
        for number in range(round(n_files)):
            soundfile.write(Path(folder) / f"{number}.wav", audio_N, 16000)
        _do(InspectSpec(inputs=(folder,)))


def _do(spec: JobSpec) -> None:
    for last in run(spec, CancelToken()):
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
    work, amount = sys.argv[1:]
    begun = time.perf_counter()
    {"prepare": prepare, "play": play, "list": list_files}[work](float(amount))
    found = {"megabytes": peak_megabytes(), "seconds": time.perf_counter() - begun, "cpu_seconds": 0.0}
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        usage = resource.getrusage(who)
        found["cpu_seconds"] += usage.ru_utime + usage.ru_stime
        if who == resource.RUSAGE_CHILDREN:
            found["megabytes"] = max(found["megabytes"], usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3))
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
