"""Whether memory or cost grows with the work: preparing 1 minute to 10 hours, playing up to one hour through a vst
model, listing 10,000 files.

`python -m benchmarks.growth prepare|play|list AMOUNT FOLDER` does one, of minutes or files, and prints as JSON the peak
in MB of its largest process, its seconds, and the CPU seconds of all its processes. `train 0 FOLDER` leaves the model
there that `play` takes.
"""

import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import soundfile

from benchmarks.child import peak_megabytes
from benchmarks.crepe import melody
from benchmarks.measurement import Measurement
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import Failed
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import InspectSpec, JobSpec, PrepareSpec, RenderSpec

PIECE_SECONDS, FILE_MINUTES = 6.0, 60.0
# (amounts, tiny ones for --smoke)
AMOUNTS = {
    "prepare": ((1.0, 10.0, 60.0, 600.0), (0.1, 3.0)),
    "play": ((1.0, 10.0, 60.0), (0.1,)),
    "list": ((100.0, 10_000.0), (3.0,)),
}


def measure(smoke: bool) -> Iterator[Measurement]:
    with tempfile.TemporaryDirectory() as folder:
        _in_a_process("train", 0, Path(folder))
        for work, amounts in AMOUNTS.items():
            for amount in amounts[smoke]:
                found = _in_a_process(work, amount, Path(folder))
                what = f"{work} {amount:g} {'files' if work == 'list' else 'minutes'}"
                yield Measurement(f"peak memory, {what}", [found["megabytes"]], "MB")
                if work == "list":
                    continue
                yield Measurement(f"{what}, with its start", [60 * amount / found["seconds"]], "x real time")
                yield Measurement(f"{what}, CPU time a minute", [found["cpu_seconds"] / amount], "s")


def _in_a_process(work: str, amount: float, folder: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.growth", work, str(amount), str(folder)]
    done = subprocess.run(command, cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def prepare(minutes: float, folder: Path) -> None:
    recordings = folder / f"{minutes:g} minutes"
    recordings.mkdir()
    left, number = minutes, 0
    while left > 0:
        _write_melody(recordings / f"melody {number}.wav", min(left, FILE_MINUTES), number)
        left, number = left - FILE_MINUTES, number + 1
    output = str(recordings / "out" / "data.tfrecord")
    _do(PrepareSpec(inputs=(str(recordings),), output_path=output, tracker="swift-f0"))
    shutil.rmtree(recordings)


def _write_melody(path: Path, minutes: float, number: int = 0) -> None:
    # No two alike: a copy of another recording would be left out.
    piece_N = melody(PIECE_SECONDS) * (1 - 0.01 * number)
    with soundfile.SoundFile(path, "w", 16000, 1) as file:
        for _ in range(round(minutes * 60 / PIECE_SECONDS)):
            file.write(piece_N)


def list_files(n_files: float, folder: Path) -> None:
    recordings = folder / f"{n_files:g} files"
    recordings.mkdir()
    audio_N = melody(0.6)
    for number in range(round(n_files)):
        soundfile.write(recordings / f"{number}.wav", audio_N, 16000)
    _do(InspectSpec(inputs=(str(recordings),)))
    shutil.rmtree(recordings)


def _do(spec: JobSpec) -> None:
    for last in run(spec, CancelToken()):
        assert not isinstance(last, Failed), last


def train(_: float, folder: Path) -> None:
    from benchmarks.render import trained  # which loads TensorFlow

    trained(folder)


def play(minutes: float, folder: Path) -> None:
    recording, output = folder / "recording.wav", folder / "played.wav"
    _write_melody(recording, minutes)
    model = str(folder / "run")
    _do(RenderSpec(model_path=model, input_path=str(recording), output_path=str(output), tracker="swift-f0"))
    assert soundfile.info(output).frames == soundfile.info(recording).frames


def main() -> None:
    work, amount, folder = sys.argv[1:]
    begun = time.perf_counter()
    {"prepare": prepare, "play": play, "list": list_files, "train": train}[work](float(amount), Path(folder))
    found = {"megabytes": peak_megabytes(), "seconds": time.perf_counter() - begun, "cpu_seconds": 0.0}
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        usage = resource.getrusage(who)
        found["cpu_seconds"] += usage.ru_utime + usage.ru_stime
        if who == resource.RUSAGE_CHILDREN:
            found["megabytes"] = max(found["megabytes"], usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3))
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
