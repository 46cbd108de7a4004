"""From the start of a process to the end of its first training step: imports, tracing and compilation."""

from collections.abc import Iterator

from benchmarks import child
from benchmarks.measurement import Measurement

REFERENCE_SECONDS = {"solo_instrument": 25.0, "vst": 10.0, "tiny_instrument": 13.0, "ae": 34.0}  # without the imports


def measure(smoke: bool) -> Iterator[Measurement]:
    for name, reference in REFERENCE_SECONDS.items():
        values = [child.run(name, smoke, n_steps=1)[0] for _ in range(1 if smoke else 3)]
        yield Measurement(f"start to first step, {name}, batch 16", values, "s", reference)
        if smoke:
            return
