"""From the start of a process to the end of its first training step: imports, tracing and compilation.

The first process on a computer compiles its kernels; those after it find them.
"""

import tempfile
from collections.abc import Iterator

from benchmarks import child
from benchmarks.measurement import Measurement

REFERENCE_SECONDS = {"solo_instrument": 25.0, "vst": 10.0, "tiny_instrument": 13.0, "ae": 34.0}  # without the imports


def measure(smoke: bool) -> Iterator[Measurement]:
    for name, reference in REFERENCE_SECONDS.items():
        with tempfile.TemporaryDirectory(prefix="kernels-") as kernels:
            values = [child.run(name, smoke, n_steps=1, kernels=kernels).start for _ in range(2 if smoke else 4)]
        yield Measurement(f"start to first step, {name}, first ever", values[:1], "s", reference)
        yield Measurement(f"start to first step, {name}, later", values[1:], "s", reference)
        if smoke:
            return
