"""Each benchmark in a tiny size: it runs, and what it times equals the plain formulation. Not how long it takes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.__main__ import NAMES
from benchmarks.measurement import Measurement

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_that_the_benchmark_runs_and_is_right(name: str, tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    command = [sys.executable, "-m", "benchmarks", name, "--smoke", "--json", str(figures)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert all(row["median"] > 0 for row in json.loads(figures.read_text())["measurements"])


def test_that_ratios_say_how_many_times_better() -> None:
    step = Measurement("step", [1.0, 2.0, 3.0], "s", reference=8.0, gflop=100.0)
    assert (step.ratio, step.spread, step.share_of_limit(500.0)) == (4.0, 0.5, 0.1)
    assert step.ratio_at_equal_speed(424.0) == 2.0  # a machine twice as fast as the reference's
    tracking = Measurement("tracking", [39.0], "frames/s", reference=13.0, gflop=2.0)
    assert (tracking.ratio, tracking.share_of_limit(780.0)) == (3.0, 0.1)
    assert Measurement("a frame", [2.0], "ms", gflop=0.1).share_of_limit(500.0) == 0.1


def test_that_an_unknown_name_is_refused() -> None:
    done = subprocess.run([sys.executable, "-m", "benchmarks", "nothing"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert "no benchmark is called nothing" in done.stderr
