"""The reference's command lines as they are written, each in a process of its own, from a recording to its sound."""

import json
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.cli.shell import ENVIRONMENT, shell
from tests.recordings import melody, write

PREPARE = (
    "ddsp_prepare_tfrecord --input_audio_filepatterns='DIR/*wav' --output_tfrecord_path=OUT/data.tfrecord "
    "--num_shards=10"
)
TRAIN = (
    "ddsp_run --mode=train --save_dir=RUN --gin_file=models/solo_instrument.gin --gin_file=datasets/tfrecord.gin "
    "--gin_file=eval/basic_f0_ld.gin --gin_param=\"TFRecordProvider.file_pattern='OUT/data.tfrecord*'\" "
    '--gin_param="batch_size=16"'
)
EVALUATE, SAMPLE = (
    f"ddsp_run --mode={mode} --save_dir=RUN --gin_file=datasets/tfrecord.gin --gin_file=eval/basic_f0_ld.gin --run_once"
    for mode in ("eval", "sample")
)
# A model that needs milliseconds where that of the paper needs seconds; said after the rest, so it wins.
SMALL = (
    ' --gin_param="batch_size=2" --gin_param="RnnFcDecoder.rnn_channels=16" --gin_param="RnnFcDecoder.ch=16"'
    ' --gin_param="RnnFcDecoder.layers_per_stack=1" --gin_param="SpectralLoss.fft_sizes=(512, 64)"'
)
THREE_STEPS = ' --gin_param="train_util.train.num_steps=3"'


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """(folder with DIR and OUT, what the command said)."""
    folder = tmp_path_factory.mktemp("commands")
    write(folder / "DIR" / "a melody.wav", melody(5.0))
    done = shell(PREPARE, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, done.stdout


@pytest.fixture(scope="module")
def trained(prepared: tuple[Path, str]) -> tuple[Path, str]:
    """(folder with RUN, what the command said)."""
    folder, _ = prepared
    done = shell(TRAIN + SMALL + THREE_STEPS, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, done.stdout


def test_that_recordings_become_a_data_set(prepared: tuple[Path, str]) -> None:
    folder, said = prepared
    assert len(list((folder / "OUT").glob("data.tfrecord-*-of-00010"))) == 10
    assert "2 training examples" in said


@pytest.mark.slow
def test_that_training_leaves_checkpoint_config_and_curves(trained: tuple[Path, str]) -> None:
    folder, said = trained
    assert (folder / "RUN" / "ckpt-3.index").is_file()
    assert "batch_size = 2" in (folder / "RUN" / "operative_config-0.gin").read_text()
    assert list((folder / "RUN" / "summaries" / "train").iterdir())
    assert "step 3 of 3" in said


@pytest.mark.slow
def test_that_the_run_is_measured(trained: tuple[Path, str]) -> None:
    folder, _ = trained
    done = shell(EVALUATE, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    metrics = json.loads((folder / "RUN" / "metrics.json").read_text())
    assert metrics["step"] == 3
    assert {"total_loss", "spectral_loss", "loudness_distance_db", "f0_outlier_ratio"} <= metrics["metrics"].keys()
    assert "Step 3: " in done.stdout
    assert "loudness_distance_db" in done.stdout


@pytest.mark.slow
def test_that_the_run_is_heard(trained: tuple[Path, str]) -> None:
    folder, _ = trained
    done = shell(SAMPLE, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    for number in (1, 2):
        audio_N, rate = soundfile.read(folder / "RUN" / "samples" / "step-3" / f"sample {number} output.wav")
        assert (rate, len(audio_N)) == (16000, 64000)
        assert np.isfinite(audio_N).all()
        assert np.abs(audio_N).max() > 1e-4


@pytest.mark.slow
def test_that_ctrl_c_ends_training_with_a_checkpoint(prepared: tuple[Path, str], tmp_path: Path) -> None:
    folder, _ = prepared
    command = TRAIN.replace("--save_dir=RUN", f"--save_dir={tmp_path}/RUN") + SMALL
    with subprocess.Popen(  # noqa: S602 - as shell.py does it
        f"exec {command}", shell=True, cwd=folder, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        lines = []
        for line in child.stdout:
            lines.append(line)
            if line.startswith("Training:"):
                child.send_signal(signal.SIGINT)
                break
        lines += child.stdout.readlines()
    assert child.returncode == 130, lines
    assert any(line.startswith("Stopping") for line in lines)
    assert lines[-1].startswith("Stopped.")
    assert list((tmp_path / "RUN").glob("ckpt-*.index"))
