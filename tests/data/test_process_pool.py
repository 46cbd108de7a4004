"""Several processes prepare what one prepares, to the byte, and stop, go on and end as one does."""

import dataclasses
import itertools
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from ddsp_backend.data.pitch_gaps import with_gaps_filled
from ddsp_backend.data.process_pool import ProcessPool
from ddsp_backend.data.stages import Stage
from ddsp_backend.errors import DataError, DdspError
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import Failed, Noted, Progressed, Stopped
from ddsp_backend.jobs.kinds import Unit
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.steps import Steps
from ddsp_backend.pitch.tracker import Pitch
from tests import recordings
from tests.data.odd import Odd
from tests.data.prepared import contents, prepare, run_until, spec_for, write_recordings

CREPE = {"tracker": "crepe", "crepe_capacity": "tiny", "chunk_secs": 4, "split": "chunk", "held_out_fraction": 0.2}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_recordings(tmp_path_factory.mktemp("takes"))


@pytest.mark.parametrize("settings", [CREPE, {"sample_rate": 48000, "center": True}], ids=["crepe", "swift-f0"])
def test_that_two_processes_write_the_bytes_of_one(folder, tmp_path, settings):
    _, one_manifest, _ = prepare(folder, tmp_path / "one" / "data.tfrecord", processes=1, **settings)
    _, two_manifest, _ = prepare(folder, tmp_path / "two" / "data.tfrecord", processes=2, **settings)
    assert len(contents(tmp_path / "one")) >= 3
    assert contents(tmp_path / "two") == contents(tmp_path / "one")
    assert two_manifest == one_manifest


@pytest.mark.slow
def test_that_processes_stopped_in_the_middle_go_on_there_to_the_same_bytes(folder, tmp_path):
    prepare(folder, tmp_path / "whole" / "data.tfrecord", processes=1, **CREPE)
    spec = spec_for(folder, tmp_path / "parts" / "data.tfrecord", processes=2, **CREPE)
    assert run_until(spec, "Finding pitch and loudness", share=0.1)[-1] == Stopped()
    assert list((tmp_path / "parts" / ".feature_cache").rglob("*.npz"))
    assert not list((tmp_path / "parts").glob(".data*"))
    prepare(folder, tmp_path / "parts" / "data.tfrecord", processes=2, **CREPE)
    assert contents(tmp_path / "parts") == contents(tmp_path / "whole")


def test_that_a_bad_recording_is_left_out_by_processes_too(folder, tmp_path):
    (tmp_path / "bad.wav").write_bytes(b"RIFF")
    spec = spec_for(folder, tmp_path / "data.tfrecord", processes=2)
    spec = dataclasses.replace(spec, inputs=(*spec.inputs, str(tmp_path / "bad.wav")))
    events = list(run(spec, CancelToken()))
    assert next(event.title for event in events if isinstance(event, Noted)).startswith("bad.wav is left out.")
    assert not isinstance(events[-1], Failed)


def events_and_results(wishes: list[str]):
    stages = [Stage("Wishing", len(wishes), Unit.FILES, [Odd(wish) for wish in wishes])]
    steps = Steps(ProcessPool(2, 1).run(stages, CancelToken()))
    return list(steps), steps.result


def test_that_results_come_in_the_order_of_the_pieces_whoever_was_first():
    wishes = [f"{number}" for number in range(9)]
    events, (results,) = events_and_results(wishes)
    assert [result["wish"] for result in results] == wishes
    assert {result["threads"] for result in results} == {1}
    assert isinstance(events[-1], Progressed)
    assert events[-1].done == events[-1].total == 9
    assert os.getpid() not in {result["process"] for result in results}


def test_that_an_error_in_a_process_is_the_job_s_error():
    with pytest.raises(DataError, match="There is nothing here") as caught:
        events_and_results(["a", "complain", "b"])
    assert caught.value.hint == "Look elsewhere."
    with pytest.raises(OSError, match="No space left") as full:
        events_and_results(["a", "run out of disk", "b"])
    assert full.value.filename == "a file"


def test_that_the_death_of_a_process_ends_the_job_with_a_sentence():
    with pytest.raises(DdspError, match="ended unexpectedly"):
        events_and_results(["a", "die", "b", "c"])


def test_that_the_processes_end_with_the_job_that_was_killed(folder, tmp_path):
    code = (
        "import sys; from ddsp_backend.cli.ddsp_prepare_tfrecord import main\n"
        "if __name__ == '__main__': sys.exit(main(sys.argv[1:]))"
    )
    script = tmp_path / "prepare.py"
    script.write_text(code)
    recordings.write(tmp_path / "long" / "a.wav", recordings.melody(120))
    flags = [f"--input_audio_filepatterns={tmp_path / 'long'}", f"--output_tfrecord_path={tmp_path / 'data.tfrecord'}"]
    flags += ["--crepe_capacity=full", "--processes=2"]
    with subprocess.Popen([sys.executable, str(script), *flags], stdout=subprocess.DEVNULL) as job:
        while len(children := psutil.Process(job.pid).children(recursive=True)) < 3:  # and Python's resource tracker
            time.sleep(0.05)
        job.kill()
    gone, alive = psutil.wait_procs(children, timeout=20)
    assert not alive
    assert len(gone) >= 3


@pytest.mark.parametrize("seed", range(30))
def test_that_gaps_filled_part_by_part_are_those_of_the_whole(seed):
    rng = np.random.default_rng(seed)
    n_frames = 400
    f0_hz = rng.uniform(50, 900, n_frames).astype(np.float32)
    for start in rng.integers(0, n_frames, rng.integers(0, 12)):
        f0_hz[start : start + rng.integers(1, 150)] = np.nan
    if seed == 0:
        f0_hz[:] = np.nan
    confidence = (rng.uniform(0, 1, n_frames) * rng.choice([0.4, 1.0])).astype(np.float32)
    confidence[np.isnan(f0_hz)] = 0
    edges = [0, *sorted(rng.choice(np.arange(1, n_frames), 5, replace=False)), n_frames]
    parts = [
        {"f0_hz": f0_hz[a:b], "f0_confidence": confidence[a:b], "loudness_db": f0_hz[a:b], "power_db": f0_hz[a:b]}
        for a, b in itertools.pairwise(edges)
    ]
    found = np.concatenate([part["f0_hz"] for part in with_gaps_filled(len(parts), lambda index: parts[index])])
    np.testing.assert_array_equal(found, Pitch(f0_hz, confidence).filled().f0_hz)
