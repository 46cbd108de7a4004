"""Two workers on this machine's cores, and one process with the same global batch: the time of a step.

`python -m benchmarks.workers NAME small|full N_BATCH N_STEPS` is one of them, alone or as TF_CONFIG says. It prints the
seconds and the total loss of each step as JSON.
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measurement import Measurement
from benchmarks.models import trainer_and_batch

NAME, N_BATCH = "vst", 16
WARMUP_STEPS = 2


def measure(smoke: bool) -> Iterator[Measurement]:
    n_steps = 3 if smoke else 12
    alone, together = (_steps(n_workers, smoke, n_steps) for n_workers in (1, 2))
    # Only the first, and no closer: bins that are nearly empty magnify the last digit, and training does so again.
    np.testing.assert_allclose(together["losses"][0], alone["losses"][0], rtol=1e-4)
    kept = slice(WARMUP_STEPS, None)
    one = Measurement(f"train step, {NAME}, batch 16, one process", alone["seconds"][kept], "s")
    yield one
    yield Measurement(f"train step, {NAME}, batch 16, two workers", together["seconds"][kept], "s", one.median)


def _steps(n_workers: int, smoke: bool, n_steps: int) -> dict[str, list[float]]:
    """What the first of so many processes prints."""
    addresses = [f"127.0.0.1:{port}" for port in _free_ports(n_workers)]
    command = [sys.executable, "-m", "benchmarks.workers", NAME, "small" if smoke else "full", str(N_BATCH)]
    processes = []
    for index in range(n_workers):
        environment = {name: value for name, value in os.environ.items() if name != "TF_CONFIG"}
        if n_workers > 1:
            task = {"type": "worker", "index": index}
            environment["TF_CONFIG"] = json.dumps({"cluster": {"worker": addresses}, "task": task})
        processes.append(
            subprocess.Popen(
                [*command, str(n_steps)],
                cwd=Path(__file__).parents[1],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        )
    try:
        answers = [process.communicate()[0] for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()
    found: dict[str, list[float]] = json.loads(answers[0].splitlines()[-1])
    return found


def _free_ports(n: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(n)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def main() -> None:
    name, size, n_batch, n_steps = sys.argv[1:]
    import tensorflow as tf

    from ddsp_backend.training.strategy import choose_strategy, distributed
    from ddsp_backend.training.workers import Workers

    strategy, _ = choose_strategy("", "")
    workers = Workers(strategy)
    trainer, batch = trainer_and_batch(name, int(n_batch), size == "small", strategy)
    dataset = tf.data.Dataset.from_tensors(batch).repeat()
    batches: Iterator[Any] = distributed(strategy, dataset, int(n_batch))
    seconds, losses = [], []
    for _ in range(int(n_steps)):
        begun = time.perf_counter()
        assert not workers.anyone(False)  # as before each step of a training
        losses.append(trainer.train_step(next(batches)).losses["total_loss"])
        seconds.append(time.perf_counter() - begun)
    print(json.dumps({"seconds": seconds, "losses": losses}), flush=True)


if __name__ == "__main__":
    main()
