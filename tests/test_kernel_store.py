"""Compiled kernels are kept for the next process, and never stand in a job's way. Each process is a real one."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ddsp_backend.kernel_store import VARIABLE
from tests import tiny
from tests.cli.shell import ENVIRONMENT, shell
from tests.remote.runs import weights

# What a job does, with the trace of TensorFlow that tells whether XLA compiled anything.
_PROCESS = """
import glob, json, os, sys, tempfile
from ddsp_backend import kernel_store
exec(sys.argv[1])
kernel_store.lend()
import tensorflow as tf
from tensorflow.tsl.profiler.protobuf.xplane_pb2 import XSpace
kernel = tf.function(lambda x: tf.sin(x) * 2.0 + x, jit_compile=True)
with tempfile.TemporaryDirectory() as folder:
    with tf.profiler.experimental.Profile(folder):
        total = float(tf.reduce_sum(kernel(tf.ones([300]))))
    space = XSpace.FromString(open(glob.glob(folder + "/**/*.xplane.pb", recursive=True)[0], "rb").read())
names = {each.name for plane in space.planes for each in plane.event_metadata.values()}
exec(sys.argv[2])
print(json.dumps([total, "CpuCompiler::RunBackend" in names]))
"""
RESULT = 804.88


def process(kernels: Path, before: str = "", after: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", _PROCESS, before, after],
        env={**os.environ, VARIABLE: str(kernels), "TF_XLA_FLAGS": "", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def has_compiled(kernels: Path, **options: str) -> bool:
    """Whether a process with these kernels at hand compiled; its result is right in any case."""
    done = process(kernels, **options)
    assert done.returncode == 0, done.stderr
    total, compiled = json.loads(done.stdout)
    assert total == pytest.approx(RESULT, abs=0.01)
    return bool(compiled)


def kept(kernels: Path) -> list[Path]:
    return [path for path in kernels.glob("*/*") if path.parent.name != "lent"]


def test_that_a_kernel_is_compiled_once_and_its_process_leaves_nothing_else(tmp_path: Path) -> None:
    assert has_compiled(tmp_path)
    assert not has_compiled(tmp_path)
    assert len(kept(tmp_path)) == 1
    assert not list((tmp_path / "lent").iterdir())


@pytest.mark.slow
def test_that_a_damaged_kernel_is_replaced(tmp_path: Path) -> None:
    assert has_compiled(tmp_path)
    (kernel,) = kept(tmp_path)
    whole = kernel.read_bytes()
    kernel.write_bytes(whole[: len(whole) // 2])
    assert has_compiled(tmp_path)
    assert [path.stat().st_size for path in kept(tmp_path)] == [len(whole)]


@pytest.mark.slow
def test_that_another_number_of_threads_has_its_own_kernels(tmp_path: Path) -> None:
    assert has_compiled(tmp_path)
    assert has_compiled(tmp_path, TF_NUM_INTRAOP_THREADS="1")


@pytest.mark.slow
def test_that_a_killed_process_leaves_what_it_gave_back_and_the_next_one_clears_up(tmp_path: Path) -> None:
    done = process(tmp_path, after="kernel_store.give_back(); os.kill(os.getpid(), 9)")
    assert done.returncode == -signal.SIGKILL
    assert len(list((tmp_path / "lent").iterdir())) == 1
    assert not has_compiled(tmp_path)
    assert not list((tmp_path / "lent").iterdir())


@pytest.mark.slow
@pytest.mark.parametrize(
    "before",
    [
        "kernel_store._SPARE = 10**18",
        "kernel_store._machine = lambda: None",
        "os.environ['TIMBRE_KERNELS'] = '/dev/null'",
    ],
    ids=["a full disk", "an unknown processor", "a folder that cannot be"],
)
def test_that_where_nothing_can_be_kept_everything_is_compiled(tmp_path: Path, before: str) -> None:
    assert has_compiled(tmp_path)
    assert has_compiled(tmp_path, before=before)


@pytest.mark.slow
def test_that_the_oldest_kernels_make_room(tmp_path: Path) -> None:
    assert has_compiled(tmp_path)
    (kernel,) = kept(tmp_path)
    other = kernel.with_name(kernel.name.replace("__", "_other_", 1))
    other.write_bytes(kernel.read_bytes())
    os.utime(other, (0, 0))
    assert not has_compiled(tmp_path, before=f"kernel_store._LARGEST = {kernel.stat().st_size}")
    assert kept(tmp_path) == [kernel]


@pytest.mark.slow
def test_that_a_training_with_kept_kernels_is_the_same_to_the_last_digit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ENVIRONMENT, VARIABLE, str(tmp_path / "kernels"))
    monkeypatch.setitem(ENVIRONMENT, "TF_XLA_FLAGS", "")
    params = tiny.train_params(tmp_path / "data", held_out=False, num_steps=3)
    words = [*(f"--gin_file={name}" for name in tiny.GIN_FILES), *(f'--gin_param="{param}"' for param in params)]
    found = []
    for name in ("compiled", "kept"):
        done = shell(f"ddsp_run --mode=train --save_dir={name} {' '.join(words)}", tmp_path)
        assert done.returncode == 0, done.stderr
        found.append((weights(tmp_path / name / "ckpt-3"), len(kept(tmp_path / "kernels"))))
    assert found[0] == found[1]
    assert found[0][1] > 10
