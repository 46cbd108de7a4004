"""An Apache Beam pipeline with several workers writes what one process writes, to the byte."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import Failed
from ddsp_backend.jobs.run import run
from tests.data.prepared import contents, prepare, spec_for, write_recordings

ROOT = Path(__file__).parents[2]
TWO_WORKERS = ("--runner=DirectRunner", "--direct_num_workers=2", "--direct_running_mode=multi_processing")


def python(*words: object) -> str:
    """Beam has a process of its own: it changes logging, and warns."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, *map(str, words)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=400)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.slow
def test_that_two_workers_of_a_pipeline_write_the_bytes_of_one_process(tmp_path):
    takes = write_recordings(tmp_path / "takes")
    (takes / "bad.wav").write_bytes(b"RIFF")
    settings = {"split": "chunk", "held_out_fraction": 0.2, "chunk_secs": 4, "sample_rate": 48000}
    _, manifest, _ = prepare(takes, tmp_path / "alone" / "data.tfrecord", processes=1, **settings)
    said = python(
        "-m",
        "ddsp_backend.cli.ddsp_prepare_tfrecord",
        *("--tracker=swift-f0", "--num_shards=3", "--eval_split_fraction=0.2", "--chunk_secs=4", "--sample_rate=48000"),
        f"--input_audio_filepatterns={takes}",
        f"--output_tfrecord_path={tmp_path / 'together' / 'data.tfrecord'}",
        f"--pipeline_options={','.join(TWO_WORKERS)}",
    )
    assert "bad.wav is left out." in said
    assert len(contents(tmp_path / "alone")) >= 4
    assert contents(tmp_path / "together") == contents(tmp_path / "alone")
    assert json.loads((tmp_path / "together" / "data.manifest.json").read_text()) == manifest
    assert not list((tmp_path / "together").glob(".data*"))


@pytest.mark.slow
def test_that_the_pieces_are_shared_out_and_an_error_in_one_is_the_job_s_error(tmp_path):
    found = json.loads(python(Path(__file__).with_name("beam_of_odd.py"), tmp_path, *TWO_WORKERS).splitlines()[-1])
    first, second = found["results"]
    assert [result["wish"] for result in first] == [f"{number}" for number in range(40)]
    assert len({result["process"] for result in first}) == 2
    assert [result["wish"] for result in second] == ["later"]
    assert found["error"] == ["DataError", "There is nothing here", "Look elsewhere."]


def test_that_a_missing_beam_is_said_with_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "apache_beam", None)  # what Python does where it is not installed
    takes = write_recordings(tmp_path / "takes")
    last = list(run(spec_for(takes, tmp_path / "data.tfrecord", pipeline_options=TWO_WORKERS), CancelToken()))[-1]
    assert isinstance(last, Failed)
    assert "needs Apache Beam" in last.title
    assert 'pip install "timbre-studio[beam]"' in last.hint
    assert [path.name for path in tmp_path.iterdir()] == ["takes"]


def test_that_beam_is_not_loaded_unless_it_is_asked_for(tmp_path):
    takes = write_recordings(tmp_path / "takes")
    code = (
        "import sys; from ddsp_backend.cli.ddsp_prepare_tfrecord import main; code = main(sys.argv[1:])\n"
        "sys.exit(code or 'apache_beam' in sys.modules or 'tensorflow' in sys.modules)"
    )
    output = tmp_path / "data.tfrecord"
    python("-c", code, "--tracker=swift-f0", f"--input_audio_filepatterns={takes}", f"--output_tfrecord_path={output}")
