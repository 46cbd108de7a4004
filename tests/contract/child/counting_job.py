"""Jobs for the contract tests and benchmarks. One counts, and misbehaves on request: `InspectSpec.inputs` says how. The
other one writes the files of a training.
"""

import os
import sys
import time
from collections.abc import Generator
from pathlib import Path

from ddsp_backend.errors import Cancelled
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import CheckpointSaved, ClipRendered, Event, StepDone, StopAcknowledged
from ddsp_backend.jobs.spec import InspectSpec, TrainSpec

CLIP_EVERY, CHECKPOINT_EVERY = 20, 100  # steps, of which there are ten a second
CHECKPOINT_BYTES = 31_000_000  # one of vst


def count(spec: InspectSpec, cancel: CancelToken) -> Generator[Event, None, dict[str, str]]:
    wanted = dict(text.partition("=")[::2] for text in spec.inputs)
    steps = int(wanted["steps"])
    for step in range(1, steps + 1):
        if cancel.is_set():
            yield StopAcknowledged()
            raise Cancelled
        if step == int(wanted.get("fail_at", 0)):
            raise RuntimeError("out of memory in a library")
        if "noisy" in wanted:
            sys.stdout.write('{"type": "Finished", "result": {}}\n')
            os.write(1, b"a C library's opinion without an end of line")
            sys.stderr.write("and a warning\n")
        if "long_step" in wanted:
            if step == 2:
                while not Path(wanted["long_step"], "go on").exists():
                    time.sleep(0.001)
            yield StepDone(step, steps, {}, 1.0, 1.0)
            continue
        if "slow" in wanted:
            time.sleep(float(wanted["slow"] or 0.001))
        yield StepDone(step, steps, {"total_loss": 1 / step, "not_a_number": float("nan")}, 10.0, 0.1 * (steps - step))
    return {"steps": str(steps)}


def write(spec: TrainSpec, cancel: CancelToken) -> Generator[Event, None, dict[str, str]]:
    """Clips of four seconds and checkpoints, until it is stopped."""
    folder, content, step = Path(spec.save_dir), os.urandom(CHECKPOINT_BYTES), 0
    while not cancel.is_set():
        step += 1
        time.sleep(0.1)
        yield StepDone(step, 10**6, {"total_loss": 1 / step}, 10.0, 1e5)
        if step % CLIP_EVERY == 0:
            clip = folder / "clips" / str(step)
            clip.mkdir(parents=True)
            paths = [clip / name for name in ("target.wav", "output.wav", "target.npy", "output.npy")]
            for path in paths:
                path.write_bytes(os.urandom(128_044 if path.suffix == ".wav" else 60_000))
            target, output, *pictures = map(str, paths)
            yield ClipRendered(step, "clip", target, output, output, output, *pictures)
        if step % CHECKPOINT_EVERY == CHECKPOINT_EVERY // 2:
            prefix = folder / f"ckpt-{step}"
            Path(f"{prefix}.data-00000-of-00001").write_bytes(content)
            Path(f"{prefix}.index").write_bytes(content[:3000])
            yield CheckpointSaved(step, str(prefix), True)
    yield StopAcknowledged()
    raise Cancelled
