"""ddsp_run with flags, names and folders that make no sense: a sentence with the cure, and an exit code."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from ddsp_backend.checkpoints.files import find_checkpoints
from ddsp_backend.cli.ddsp_run import main
from ddsp_backend.config.operative import latest_operative_config
from ddsp_backend.data.tfrecord_writing import serialize_example, write_record
from ddsp_backend.training.strategy import choose_strategy
from tests import tiny
from tests.cli.shell import shell

FINISHED, FAILED, USAGE = 0, 1, 2


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two steps on a tiny data set."""
    folder = tmp_path_factory.mktemp("trained") / "run"
    assert main(_train(folder)) == FINISHED
    return folder


def _train(folder: Path, *more: str) -> list[str]:
    params = tiny.train_params(folder.parent / "data", held_out=False, num_steps=2)
    return [
        "--mode=train",
        f"--save_dir={folder}",
        *(f"--gin_file={name}" for name in tiny.GIN_FILES),
        *(f"--gin_param={param}" for param in params),
        *more,
    ]


def test_that_a_mistyped_name_in_a_process_of_its_own_says_what_was_meant(tmp_path: Path) -> None:
    done = shell('ddsp_run --mode=train --save_dir=RUN --gin_param="RnnFcDecoder.rnn_chanels=16"', tmp_path)
    assert done.returncode == FAILED
    assert "has no parameter rnn_chanels" in done.stdout
    assert "Did you mean rnn_channels" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert not (tmp_path / "RUN").exists()


@pytest.mark.parametrize("mode", ["train", "eval", "sample"])
@pytest.mark.parametrize(
    ("flag", "meant"),
    [
        ("--gin_param=F0LoudnesPreprocessor.time_steps = 5", "F0LoudnessPreprocessor"),
        ("--gin_param=bach_size = 5", "batch_size"),
        ("--gin_file=models/solo_instrumnt.gin", "solo_instrument.gin"),
    ],
)
def test_that_every_mode_says_what_was_meant(
    trained: Path, capsys: pytest.CaptureFixture[str], mode: str, flag: str, meant: str
) -> None:
    assert main([f"--mode={mode}", f"--save_dir={trained}", flag, "--run_once"]) == FAILED
    said = capsys.readouterr().out
    assert "Did you mean" in said
    assert meant in said


def test_that_evaluation_of_an_empty_folder_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--mode=eval", f"--save_dir={tmp_path}", "--gin_file=datasets/tfrecord.gin", "--run_once"]) == FAILED
    assert f"Failed: There is no checkpoint in {tmp_path}" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("mode", ["train", "eval", "sample"])
def test_that_a_folder_with_another_model_is_left_as_it_is(
    trained: Path, capsys: pytest.CaptureFixture[str], mode: str
) -> None:
    before = {path: path.read_bytes() for path in trained.rglob("*") if path.is_file()}
    other = "--gin_param=RnnFcDecoder.rnn_channels = 24"
    assert main([f"--mode={mode}", f"--save_dir={trained}", other, "--run_once"]) == FAILED
    assert "holds another model" in capsys.readouterr().out
    assert {path: path.read_bytes() for path in trained.rglob("*") if path.is_file()} == before


def test_that_a_data_set_of_another_rate_than_the_model_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """First as the provider finds it, then as the model does when the provider is told of it."""
    files = tmp_path / "32k.tfrecord"
    seconds = tiny.SECONDS
    lengths = {"audio": 32000 * seconds, "audio_16k": 16000 * seconds}
    lengths |= dict.fromkeys(("f0_hz", "f0_confidence", "loudness_db"), tiny.FRAME_RATE * seconds)
    with files.open("wb") as stream:
        for _ in range(4):
            zeros = {key: np.zeros(round(n), np.float32) for key, n in lengths.items()}
            write_record(stream, serialize_example(zeros))
    flags = _train(tmp_path / "run", f"--gin_param=TFRecordProvider.file_pattern = '{files}'")
    assert main(flags) == FAILED
    said = capsys.readouterr().out
    assert "12800 values of 'audio'" in said
    assert "16000 Hz" in said
    assert main([*flags, "--gin_param=TFRecordProvider.sample_rate = 32000"]) == FAILED
    said = capsys.readouterr().out
    assert "The data set has 32000 Hz, and the model plays at 16000 Hz" in said
    assert not find_checkpoints(tmp_path / "run")


def test_that_search_paths_and_files_of_ones_own_are_read(trained: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(trained, tmp_path / "run"))
    (tmp_path / "mine.gin").write_text("train.num_steps = 3\n")
    flags = ["--mode=train", f"--save_dir={folder}", f"--gin_search_path={tmp_path}", "--gin_file=mine.gin"]
    assert main([*flags, "--gin_param=train.num_steps = 2"]) == FINISHED
    assert find_checkpoints(folder)[0].step == 2  # single bindings come after files
    assert main(flags) == FINISHED
    assert find_checkpoints(folder)[0].step == 3


@pytest.mark.parametrize(
    ("flag", "sentence"),
    [
        ("--tpu=grpc://10.0.0.1", "--tpu='grpc://10.0.0.1' is no address"),
        ("--cluster_config={}", "The cluster's config cannot be used"),
    ],
)
def test_that_a_place_to_train_that_makes_no_sense_ends_the_run_with_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], flag: str, sentence: str
) -> None:
    assert main([*_train(tmp_path / "run"), flag]) == FAILED
    assert sentence in capsys.readouterr().out
    assert find_checkpoints(tmp_path / "run") == []


@pytest.mark.slow
def test_that_a_training_on_chips_begins_with_their_defaults_and_goes_on_with_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Chips are said to be there; what computes is this machine. So does a host that has some (see job_bundle.py)."""
    monkeypatch.setattr(
        "ddsp_backend.training.session.choose_strategy", lambda tpu, cluster: choose_strategy("", cluster)
    )

    def trained_with(folder: str, *more: str) -> str:
        flags = [flag for flag in _train(tmp_path / folder) if "batch_size" not in flag]
        assert main([*flags, *more]) == FINISHED
        return latest_operative_config(tmp_path / folder).read_text()

    there = trained_with("there", "--tpu=local")
    assert "\nbatch_size = 64\n" in there
    assert "steps_per_save = 300" in there  # of base.gin, which it includes
    moved = ("--tpu=local", "--gin_param=train.num_steps = 3")
    assert "\nbatch_size = 32\n" in trained_with("here")
    assert "\nbatch_size = 32\n" in trained_with("here", *moved)


def test_that_restore_dir_is_where_training_begins(trained: Path, tmp_path: Path) -> None:
    flags = _train(tmp_path / "run", f"--restore_dir={trained}", "--gin_param=train.num_steps = 5")
    assert main(flags) == FINISHED
    assert find_checkpoints(tmp_path / "run")[0].step == 5


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--hypertune"], "--hypertune is not offered"),
        (["--mode=play"], "invalid choice: 'play'"),
        (["--initial_delay_secs=-1"], "It must be from 0"),
        (["--save_dir="], "save_dir='' cannot be used"),
        (["--stepz=3"], "unrecognized arguments: --stepz=3"),
    ],
)
def test_that_flags_that_make_no_sense_are_refused_before_any_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], flags: list[str], sentence: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([f"--save_dir={tmp_path / 'run'}", *flags])
    assert ended.value.code == USAGE
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_that_empty_flags_of_the_reference_are_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["--tpu=", "--cluster_config=", "--nohypertune", "--alsologtostderr", "--allow_memory_growth=false"]
    assert main(["--mode=eval", f"--save_dir={tmp_path}", "--run_once", *flags]) == FAILED
    assert "There is no checkpoint" in capsys.readouterr().out


def test_that_a_run_of_a_preset_is_measured_on_its_held_out_part_with_its_folder_alone(tmp_path: Path) -> None:
    learned, kept = tmp_path / "train.tfrecord", tmp_path / "kept.tfrecord"
    tiny.write_examples(learned)
    tiny.write_examples(kept, n_examples=3, seed=1)
    params = (
        *tiny.MODEL_PARAMS,
        f"train_pattern = '{learned}'",
        f"held_out_pattern = '{kept}'",
        "batch_size = 4",
        "train.num_steps = 2",
        "train.n_clips = 0",
    )
    run = tmp_path / "run"
    flags = [f"--gin_param={param}" for param in params]
    assert main(["--mode=train", f"--save_dir={run}", "--gin_file=presets/tiny.gin", *flags]) == FINISHED
    assert main(["--mode=eval", f"--save_dir={run}", "--run_once"]) == FINISHED
    written = json.loads((run / "metrics.json").read_text())
    assert (written["step"], written["n_examples"]) == (2, 3)
    assert {"total_loss", "loudness_distance_db", "f0_outlier_ratio"} <= written["metrics"].keys()
    assert "F0LdEvaluator.crepe_capacity = 'tiny'" in (run / "operative_config-0.gin").read_text()
