"""A job for the contract tests: it counts, and misbehaves on request. `InspectSpec.inputs` says how."""

import os
import sys
import time
from collections.abc import Generator
from pathlib import Path

from ddsp_backend.errors import Cancelled
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import Event, StepDone, StopAcknowledged
from ddsp_backend.jobs.spec import InspectSpec


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
