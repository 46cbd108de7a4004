"""ddsp_export with the flags of the reference: the plug-in's file, its metadata, and what cannot be had."""

import io
import json
import zipfile
from pathlib import Path

import pytest
import soundfile
import tensorflow as tf

from ddsp_backend.cli.ddsp_export import main
from ddsp_backend.errors import ConfigError
from ddsp_backend.jobs.spec import ExportSpec
from ddsp_backend.plugin.conformance import require_conforming
from tests.inference.instruments import write_instrument
from tests.plugin.instruments import write_examples

STATELESS = "--inference_model=vst_stateless_predict_controls"


def fields_in(path: Path) -> dict[str, object]:
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        return json.loads(archive.read("metadata.json"))


def files_below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A streaming model that is too small for the plug-in."""
    return write_instrument(tmp_path_factory.mktemp("small"), "models/vst/vst.gin")


@pytest.mark.slow
def test_that_the_command_of_the_notebook_works_as_it_is_printed(model, plugin_file, tmp_path, capsys):
    folder = tmp_path / "My Tuba"
    words = ["--name=My Tuba", f"--model_path={model}", f"--save_dir={folder}", STATELESS, "--tflite", "--notfjs"]
    assert main(words) == 0
    written = folder / "tflite" / "My Tuba.tflite"
    require_conforming(written.read_bytes())
    assert written.read_bytes() == plugin_file.read_bytes()
    assert json.loads((folder / "metadata.json").read_text()) == fields_in(written)
    assert list(tf.saved_model.load(folder).signatures) == ["call"]
    assert f"Written: {written}" in capsys.readouterr().out
    # The room is as long at its own rate as at the one that was asked for.
    own, other = (soundfile.info(folder / f"reverb_ir_{rate}_hz.wav") for rate in (16000, 44100))
    assert (own.samplerate, other.samplerate) == (16000, 44100)
    assert own.duration == pytest.approx(other.duration, abs=1e-3)


def test_that_the_range_is_that_of_the_data_set_that_is_given(model, tmp_path):
    other = write_examples(tmp_path / "high.tfrecord", [(80.0, -12.0)])
    folder = tmp_path / "out"
    words = [f"--model_path={model}", f"--save_dir={folder}", STATELESS, "--tflite", f"--dataset_path={other}"]
    assert main([*words, "--noreverb", "--nometadata"]) == 0
    assert files_below(folder / "tflite") == ["model.tflite"]
    fields = fields_in(folder / "tflite" / "model.tflite")
    assert 79.99 < fields["mean_min_pitch_note"] < fields["mean_max_pitch_note"] < 81
    assert not (folder / "metadata.json").exists()


def test_that_a_data_set_that_is_not_there_is_said(model, tmp_path, capsys):
    words = [f"--model_path={model}", f"--save_dir={tmp_path / 'out'}", STATELESS, "--tflite"]
    assert main([*words, f"--dataset_path={tmp_path}/none*"]) == 1
    assert f"No file fits the pattern {tmp_path}/none*" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()


def test_that_metadata_of_ones_own_is_taken_if_the_plugin_can_read_it(model, tmp_path, capsys):
    own = {
        "export_time": "2022-01-28T15:26:51.291375", "version": "0", "mean_min_pitch_note_hz": 300.4,
        "mean_max_pitch_note_hz": 879, "mean_min_power_note": -34.3, "mean_max_power_note": -14.6, "maker": "me",
    }  # fmt: skip
    path = tmp_path / "mine.json"
    words = [f"--model_path={model}", f"--save_dir={tmp_path / 'out'}", STATELESS, "--tflite", "--noreverb"]
    for wrong in ('{"version": 1', json.dumps([1]), json.dumps({**own, "export_time": 20220128})):
        path.write_text(wrong)
        assert main([*words, f"--metadata_file={path}"]) == 1
        assert "mine.json" in capsys.readouterr().out
        assert not (tmp_path / "out").exists()
    path.write_text(json.dumps(own))
    assert main([*words, f"--metadata_file={path}"]) == 0
    assert fields_in(tmp_path / "out" / "tflite" / "model.tflite") == own


def test_that_debug_makes_everything_and_writes_nothing(model, small, tmp_path, capsys):
    folder = tmp_path / "out"
    assert main([f"--model_path={model}", f"--save_dir={folder}", STATELESS, "--tflite", "--debug"]) == 0
    assert "nothing was written" in capsys.readouterr().out
    assert main([f"--model_path={small}", f"--save_dir={folder}", STATELESS, "--tflite", "--debug"]) == 1
    assert "has 6 harmonics" in capsys.readouterr().out
    assert not folder.exists()


def test_that_metadata_can_be_written_without_the_plugins_file(small, tmp_path, capsys):
    folder = tmp_path / "out"
    assert main([f"--model_path={small}", f"--save_dir={folder}", STATELESS, "--metadata", "--noreverb"]) == 0
    assert json.loads((folder / "metadata.json").read_text())["num_harmonics"] == 6
    assert not (folder / "tflite").exists()
    assert "range of its notes is unknown" in capsys.readouterr().out


def test_that_what_cannot_be_had_is_refused_with_the_reason(model, tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        main([f"--model_path={model}", "--tfjs"])
    assert end.value.code == 2
    assert "needs TensorFlow 2.19" in capsys.readouterr().err
    words = [f"--model_path={model}", f"--save_dir={tmp_path / 'out'}", "--tflite"]
    assert main([*words, "--inference_model=vst_synthesize"]) == 1
    assert "--inference_model=vst_stateless_predict_controls" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["../up", "a/b", "a\\b", ".hidden", "a:b"])
def test_that_a_name_cannot_leave_its_folder(name):
    with pytest.raises(ConfigError, match="name"):
        ExportSpec(model_path="run", name=name)


def test_that_gin_params_are_the_flags_of_their_meaning(small, tmp_path):
    words = [f"--model_path={small}", f"--save_dir={tmp_path / 'out'}", "--noreverb", "--length_seconds=4"]
    params = ["AutoencoderInference.length_seconds = 1", "inference.AutoencoderInference.remove_reverb = False"]
    assert main([*words, *(f"--gin_param={param}" for param in params)]) == 0
    play = tf.saved_model.load(tmp_path / "out").signatures["serving_default"]
    assert play.structured_input_signature[1]["f0_hz"].shape == (51,)  # centred frames of a second


@pytest.mark.parametrize(
    ("param", "said"),
    [
        ("AutoencoderInference.length = 1", "there is no AutoencoderInference.length here. There are Autoencoder"),
        ("AutoencoderInference.length_seconds = 'long'", "length_seconds = 'long' cannot be used. It must be float"),
        ("VSTSynthesize.new_hop_size = True", "It must be int"),
        ("VSTSynthesize", "is not a gin statement"),
    ],
)
def test_that_a_gin_param_of_no_meaning_is_a_sentence(param, said, capsys):
    with pytest.raises(SystemExit) as end:
        main(["--model_path=run", f"--gin_param={param}"])
    assert end.value.code == 2
    assert said in capsys.readouterr().err
