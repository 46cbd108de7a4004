"""Memory of a training: what a step frees is there for the next one, and is given back when the job ends."""

import subprocess
import sys
from pathlib import Path

import pytest

from ddsp_backend.jobs.codec import to_json
from ddsp_backend.jobs.spec import TrainSpec
from tests import tiny

_FAULTS = """
import resource, sys
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.codec import spec_from_json
from ddsp_backend.jobs.events import StepDone
from ddsp_backend.jobs.run import run

faults = [resource.getrusage(resource.RUSAGE_SELF).ru_minflt
          for event in run(spec_from_json(sys.argv[1]), CancelToken()) if isinstance(event, StepDone)]
print((faults[-1] - faults[-21]) / 20)
"""

_KEPT = """
import psutil
from ddsp_backend.allocator import kept_memory

def megabytes():
    return psutil.Process().memory_info().rss / 1e6

before = megabytes()
with kept_memory():
    for array in [bytearray(50_000_000) for _ in range(4)]:
        del array
    array = None
    print(megabytes() - before)
print(megabytes() - before)
"""

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="about glibc, found on Linux")


@pytest.mark.slow
def test_that_a_step_of_a_whole_training_has_few_page_faults(tmp_path: Path) -> None:
    """Its arrays are hundreds of pages each: were they mapped afresh, there would be 34,000."""
    intervals = {"steps_per_save": 100, "steps_per_held_out": 100, "steps_per_clips": 100, "steps_per_summary": 10}
    params = tiny.train_params(tmp_path / "data", num_steps=31, **intervals)
    spec = TrainSpec(save_dir=str(tmp_path / "run"), gin_files=tiny.GIN_FILES, gin_params=(*params, "batch_size = 32"))
    assert float(_output(_FAULTS, to_json(spec))) < 1000


def test_that_memory_is_kept_within_a_job_and_given_back_after_it() -> None:
    within, after = map(float, _output(_KEPT).split())
    assert within > 150
    assert after < 20


def _output(program: str, *arguments: str) -> str:
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
