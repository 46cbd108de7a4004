"""Training beside magenta/ddsp itself, on this machine and in this run: what its stored figures cannot tell elsewhere.

Runs only if it is named, with --reference PYTHON: an interpreter that has magenta/ddsp, which wants Python 3.10.
  python3.10 -m venv reference
  reference/bin/pip install "tensorflow-cpu==2.11.*" "numpy<1.24" "tensorflow-probability==0.19.*" "protobuf==3.19.6" \
      gin-config absl-py "librosa<0.10" "scipy<1.11" mir_eval "hmmlearn<0.2.9" pydub six future "matplotlib<3.8" \
      "tensorflow-datasets==4.8.3" "array-record<0.3" "setuptools<66" wheel
  reference/bin/pip install --no-deps ddsp==3.7.0
Both train in turn, in processes of their own, and each has the machine to itself meanwhile.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks import child
from benchmarks.magenta import GIN_FILES
from benchmarks.measurement import Measurement

N_TURNS, N_STEPS = 2, 4


def measure(reference: Path) -> Iterator[Measurement]:
    for name in GIN_FILES:
        ours, theirs = [], []
        with tempfile.TemporaryDirectory(prefix="kernels-") as kernels:
            for _ in range(N_TURNS):
                command = [str(reference), str(Path(__file__).with_name("magenta.py")), name, str(N_STEPS)]
                theirs.append(child.outcome_of(command, {"TF_CPP_MIN_LOG_LEVEL": "3"}))
                ours.append(child.run(name, False, N_STEPS, kernels))
        steps = [[step for each in outcomes for step in each.steps] for outcomes in (ours, theirs)]
        yield _beside(f"step, {name}", *steps, "s")
        yield _beside(f"first ever start to first step, {name}", [ours[0].start], [each.start for each in theirs], "s")
        later = [each.start for each in ours[1:]]
        yield _beside(f"later start to first step, {name}", later, [each.start for each in theirs[1:]], "s")
        yield _beside(f"peak memory, {name}", *([each.megabytes for each in part] for part in (ours, theirs)), "MB")


def _beside(work: str, ours: list[float], theirs: list[float], unit: str) -> Measurement:
    return Measurement(f"{work} ({median(theirs):.3g} {unit})", ours, unit, median(theirs))
