"""Work in a process of its own, for figures that a process has once only: its peak memory, its first step.

`python -m benchmarks.child MODEL small|full N_STEPS` prints seconds since the start and the peak in MB, as JSON.
"""

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.models import trainer_and_batch
from ddsp_backend import kernel_store


def run(name: str, is_small: bool, n_steps: int, kernels: str) -> tuple[float, float]:
    """(seconds from start to the end of the last step, peak memory in MB) of a fresh process.

    `kernels` is the folder where compiled ones are kept; what a process finds there it need not compile.
    """
    command = [sys.executable, "-m", "benchmarks.child", name, "small" if is_small else "full", str(n_steps)]
    begun = time.perf_counter()
    root = Path(__file__).parents[1]
    environment = {**os.environ, kernel_store.VARIABLE: kernels}
    with subprocess.Popen(
        command, cwd=root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as child:
        assert child.stdout is not None
        line = child.stdout.readline()
        seconds = time.perf_counter() - begun
    if child.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {child.returncode}")
    return seconds, json.loads(line)["megabytes"]


def main() -> None:
    name, size, n_steps = sys.argv[1:]
    kernel_store.lend()  # before TensorFlow is loaded, as a job does
    trainer, batch = trainer_and_batch(name, 2 if size == "small" else 16, size == "small")
    for _ in range(int(n_steps)):
        trainer.train_step(batch)
    print(json.dumps({"megabytes": peak_megabytes()}), flush=True)


def peak_megabytes() -> float:
    """Of this process since it began."""
    status = Path("/proc/self/status")
    if status.exists():  # Linux' ru_maxrss begins at what the parent held when it forked
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) / 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


if __name__ == "__main__":
    main()
