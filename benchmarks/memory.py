"""Peak memory of a process that trains."""

import tempfile
from collections.abc import Iterator

from benchmarks import child
from benchmarks.measurement import Measurement

REFERENCE_MB = {"solo_instrument": 5700.0, "vst": 3500.0, "tiny_instrument": 4400.0, "ae": 8400.0}


def measure(smoke: bool) -> Iterator[Measurement]:
    for name, reference in REFERENCE_MB.items():
        with tempfile.TemporaryDirectory(prefix="kernels-") as kernels:  # an empty one: compiling takes memory too
            megabytes = child.run(name, smoke, n_steps=1 if smoke else 4, kernels=kernels).megabytes
        yield Measurement(f"peak memory, {name}, batch 16", [megabytes], "MB", reference)
        if smoke:
            return
