"""A disk that fills up during a preparation: a sentence, nothing lost, and the same command goes on."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ddsp_backend.audio.files import write_wav
from tests import recordings
from tests.data.prepared import contents, counting, prepare

ROOT = Path(__file__).parents[2]
# Either decoded audio (1.2 MB) or only shards (4 MB) do not fit.
SIZES = {"while recordings are read": 20_000, "while examples are written": 1_500_000}
# Runs the rest of the command line with files limited to so many bytes, as on a disk that is nearly full.
LIMITED = "import resource, os, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2); "
ON_SMALL_DISK = 'mount -t tmpfs -o size="$1" none "$2" && shift 2 && exec "$@"'


def flags(takes: Path, output: Path) -> list[str]:
    return [
        "--tracker=swift-f0",
        f"--input_audio_filepatterns={takes}",
        f"--output_tfrecord_path={output}",
        "--num_shards=2",
    ]


@pytest.fixture
def takes(tmp_path: Path) -> Path:
    recordings.write(tmp_path / "takes" / "a.wav", recordings.melody(19))
    return tmp_path / "takes"


@pytest.mark.parametrize("size", SIZES.values(), ids=list(SIZES))
def test_that_a_limit_of_the_disk_is_said_and_the_older_set_stays(takes, tmp_path, monkeypatch, size):
    output = tmp_path / "out" / "data.tfrecord"
    prepare(takes, output, n_shards=2, hop_secs=4)
    before = contents(output.parent)
    recordings.write(takes / "b.wav", recordings.melody(19, hz=500))
    code = LIMITED + "from ddsp_backend.cli.ddsp_prepare_tfrecord import main; sys.exit(main(sys.argv[2:]))"
    done = python("-c", code, str(size), *flags(takes, output))
    assert done.returncode == 1, done.stdout + done.stderr
    failure, hint = done.stdout.splitlines()[-2:]
    assert failure.startswith("Failed: The file is too large for this disk's file system: ")
    assert str(output.parent) in failure
    assert "choose another folder" in hint
    assert "Traceback" not in done.stdout + done.stderr
    assert contents(output.parent) == before
    assert {path.name for path in output.parent.iterdir()} == {*before, "data.manifest.json", ".feature_cache"}
    frames = counting(monkeypatch)
    prepare(takes, output, n_shards=2)
    assert len(frames) == (1 if size == SIZES["while recordings are read"] else 0)  # what was finished is kept


@pytest.mark.skipif(sys.platform != "linux", reason="a disk of two megabytes can be mounted on Linux only")
def test_that_a_disk_without_space_is_named(takes, tmp_path):
    disk = tmp_path / "disk"
    done = on_small_disk(disk, "ddsp_prepare_tfrecord", *flags(takes, disk / "data.tfrecord"))
    assert done.returncode == 1, done.stdout + done.stderr
    failure, hint = done.stdout.splitlines()[-2:]
    assert failure.startswith(f"Failed: The disk is full: {disk}/data.tfrecord-0000")
    assert hint.startswith("Free some space")


@pytest.mark.skipif(sys.platform != "linux", reason="a disk of two megabytes can be mounted on Linux only")
def test_that_a_shared_model_that_does_not_fit_is_refused_before_it_is_read(tmp_path):
    (tmp_path / "Tuba.timbre").write_bytes(bytes(3_000_000))
    disk = tmp_path / "disk"
    done = on_small_disk(disk, "ddsp_import", str(tmp_path / "Tuba.timbre"), f"--library={disk}")
    assert done.returncode == 1, done.stdout + done.stderr
    failure, hint = done.stdout.splitlines()[-2:]
    assert failure == f"Failed: The disk of {disk} has 2 MB left, and Tuba.timbre needs 6 MB."
    assert hint.startswith("Free some space")


def on_small_disk(disk: Path, command: str, *words: str) -> "subprocess.CompletedProcess[str]":
    """Runs a command while a disk of two megabytes lies at `disk`."""
    disk.mkdir()
    # A namespace of its own: the mount is seen by this child alone and ends with it, and needs no rights.
    own = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    if subprocess.run([*own, "sh", "-c", ON_SMALL_DISK, "sh", "4k", disk, "true"], check=False).returncode:
        pytest.skip("this container lets nobody mount anything; the test before it fills a disk by a limit instead")
    python_command = [sys.executable, "-m", f"ddsp_backend.cli.{command}", *words]
    return subprocess.run(
        [*own, "sh", "-c", ON_SMALL_DISK, "sh", "2m", disk, *python_command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


def test_that_a_wav_that_does_not_fit_is_an_error_and_leaves_the_older_one(tmp_path):
    write_wav(tmp_path / "a.wav", recordings.tone(0.1), 16000)
    before = (tmp_path / "a.wav").read_bytes()
    code = LIMITED + (
        "import numpy as np; from ddsp_backend.audio.files import write_wav\n"
        "try: write_wav(sys.argv[2], np.zeros(160000), 16000)\n"
        "except OSError as error: print(error.filename)"
    )
    assert python("-c", code, "20000", str(tmp_path / "a.wav")).stdout.strip() == str(tmp_path / "a.wav")
    assert (tmp_path / "a.wav").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


def python(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False, timeout=100)
