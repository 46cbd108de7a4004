"""Training in a process of its own, for figures that a process has once only: its peak memory, its first step.

`python -m benchmarks.child MODEL small|full N_STEPS` prints the seconds of each step as it ends, then the peak in MB.
"""

import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.models import trainer_and_batch
from ddsp_backend import kernel_store


@dataclass(frozen=True)
class Outcome:
    """What a process took."""

    start: float
    """Seconds from its start to the end of its first step."""
    steps: list[float]
    """Seconds of each step after that."""
    megabytes: float
    """Its peak memory."""


def run(name: str, is_small: bool, n_steps: int, kernels: str) -> Outcome:
    """A fresh process that trains with a model of ours.

    `kernels` is the folder where compiled ones are kept; what a process finds there it need not compile.
    """
    command = [sys.executable, "-m", "benchmarks.child", name, "small" if is_small else "full", str(n_steps)]
    return outcome_of(command, {kernel_store.VARIABLE: kernels})


def outcome_of(command: list[str], environment: dict[str, str]) -> Outcome:
    """Raises RuntimeError where the process fails."""
    begun = time.perf_counter()
    with subprocess.Popen(
        command,
        cwd=Path(__file__).parents[1],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        start = time.perf_counter() - begun
        *steps, megabytes = [float(line) for line in process.stdout] or [0.0]
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    return Outcome(start, steps, megabytes)


def main() -> None:
    name, size, n_steps = sys.argv[1:]
    kernel_store.lend()  # before TensorFlow is loaded, as a job does
    trainer, batch = trainer_and_batch(name, 2 if size == "small" else 16, size == "small")
    for _ in range(int(n_steps)):
        begun = time.perf_counter()
        trainer.train_step(batch)
        print(time.perf_counter() - begun, flush=True)
    print(peak_megabytes())


def peak_megabytes() -> float:
    """Of this process since it began."""
    status = Path("/proc/self/status")
    if status.exists():  # Linux' ru_maxrss begins at what the parent held when it forked
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) / 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


if __name__ == "__main__":
    main()
