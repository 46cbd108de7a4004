"""Compiles programs with libtpu, for chips that are not here. Runs in the environment that tests/tpu/check makes.

python compile_for_tpu.py FOLDER TOPOLOGY ...   compiles every FOLDER/*.hlo; prints a line of a table for each
"""

import os
import resource
import sys
from pathlib import Path

# Off a TPU host libtpu would ask Google's metadata server for minutes; and here it has no chip to keep for itself.
os.environ |= {"TPU_SKIP_MDS_QUERY": "1", "TPU_WORKER_HOSTNAMES": "localhost", "JAX_PLATFORMS": "cpu"}
os.environ["ALLOW_MULTIPLE_LIBTPU_LOAD"] = "1"

import numpy as np
from jax._src.interpreters import mlir
from jax._src.lib.mlir import ir
from jax.experimental import topologies
from jaxlib import _jax as xla

# From -1 to 1; 0 is what a training would get. How fast the program is does not matter here, and with -1 it is found in
# a fraction of the time, most of which goes into unrolling each FFT.
EFFORT = float(os.environ.get("EFFORT", "-1"))


def processor_seconds() -> float:
    """Of all cores together: a busy machine does not change them much."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def without_copies(text: bytes) -> ir.Module:
    """StableHLO of what TensorFlow wrote. The translation leaves copies behind that mean nothing and have no name."""
    module = ir.Module.parse(text)
    copies = []

    def collect(operation: ir.Operation) -> ir.WalkResult:
        if operation.name == "mhlo.copy":
            operation.results[0].replace_all_uses_with(operation.operands[0])
            copies.append(operation)
        return ir.WalkResult.ADVANCE

    module.operation.walk(collect)
    for operation in copies:
        operation.erase()
    return module


def compiled(program: bytes, topology: str) -> tuple[str, list[float]]:
    """The chip's name; a processor's seconds, then MB of code, of variables with the batch, and of temporary memory."""
    device = topologies.get_topology_desc(platform="tpu", topology_name=topology).devices[0]
    options = xla.CompileOptions()
    options.executable_build_options.exec_time_optimization_effort = EFFORT
    options.device_assignment = xla.DeviceAssignment.create(np.array([[device.id]]))
    begun = processor_seconds()
    with mlir.make_ir_context():
        module = without_copies(xla.mlir.hlo_to_stablehlo(program))
        executable = device.client.compile(module, xla.DeviceList((device,)), options)
    seconds = processor_seconds() - begun
    memory = executable.get_compiled_memory_stats()
    sizes = (memory.generated_code_size_in_bytes, memory.argument_size_in_bytes, memory.temp_size_in_bytes)
    return device.device_kind, [seconds, *(size / 1e6 for size in sizes)]


def main(folder: Path, chosen: list[str]) -> int:
    failures = 0
    sys.stdout.write("| model | chip | processor seconds | code, MB | variables and batch, MB | temporary, MB |\n")
    sys.stdout.write("| --- | --- | --- | --- | --- | --- |\n")
    for path in sorted(folder.glob("*.hlo")):
        for topology in chosen:
            try:
                chip, numbers = compiled(path.read_bytes(), topology)
                cells = " | ".join(f"{number:,.0f}" for number in numbers)
            except (RuntimeError, ValueError) as error:  # JaxRuntimeError is a RuntimeError
                chip, cells, failures = topology, f"**refused**: {str(error)[:200]}", failures + 1
            sys.stdout.write(f"| {path.stem} | {chip} | {cells} |\n")
            sys.stdout.flush()
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
