"""Configs of older versions of magenta/ddsp."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.config.operative import write_operative_config
from ddsp_backend.config.parse import parse
from ddsp_backend.errors import ConfigError
from ddsp_backend.models.old_loudness import LegacyF0LoudnessPreprocessor

GOLDEN = (Path(__file__).parent.parent / "golden" / "magenta_checkpoint_solo" / "operative_config-0.gin").read_text()


def parsed(folder: Path, text: str):
    path = folder / "operative_config-0.gin"
    path.write_text(text)
    return parse(operative_config=path)


def without(*names: str) -> str:
    return "".join(line for line in GOLDEN.splitlines(True) if not line.startswith(names))


def test_that_one_of_today_needs_no_change(tmp_path):
    assert parsed(tmp_path, GOLDEN).notes == ()


@pytest.mark.parametrize(
    ("old_name", "keys"),
    [("RnnFcDecoder", ("f0_scaled", "ld_scaled")), ("ZRnnFcDecoder", ("f0_scaled", "ld_scaled", "z"))],
)
def test_that_a_decoder_without_input_keys_has_those_of_its_time(tmp_path, old_name, keys):
    config = parsed(tmp_path, without("RnnFcDecoder.input_keys").replace("RnnFcDecoder", old_name))
    assert config.model().decoder.input_keys == keys
    assert any(f"RnnFcDecoder.input_keys is {keys!r}" in note for note in config.notes)
    assert any("ZRnnFcDecoder is called RnnFcDecoder today" in note for note in config.notes) == (old_name[0] == "Z")


def test_that_a_removed_weight_is_left_out_and_said(tmp_path):
    text = GOLDEN + "SpectralLoss.delta_delta_freq_weight = 0.0\nSpectralLoss.delta_delta_time_weight = 0.5\n"
    config = parsed(tmp_path, text)
    assert config.model().loss_objs[0].logmag_weight == 1.0
    nothing, lost = config.notes
    assert nothing.endswith("SpectralLoss.delta_delta_freq_weight=0.0 is no more")
    assert lost.endswith("SpectralLoss.delta_delta_time_weight=0.5 is no more: its loss or layer is left out")


def test_that_what_nothing_refers_to_is_left_out_and_said(tmp_path):
    config = parsed(tmp_path, GOLDEN + "audio_summary.max_outputs = 5\nwrite_gin_file.step = 1\n")
    assert config.model()
    assert [note.rsplit(": ", 1)[1] for note in config.notes] == [
        "audio_summary is not known here, and is left out",
        "write_gin_file is not known here, and is left out",
    ]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("synths.Harmonic()", "synths.Additive()", "Additive cannot be used: it is called Harmonic"),
        ("Reverb.add_dry", "Reverb.ad_dry", "Reverb has no parameter ad_dry. Did you mean add_dry?"),
        (
            "F0LoudnessPreprocessor()",
            "DefaultPreprocessor()",
            "magenta/ddsp 1.0 removed it, and older checkpoints have other layers",
        ),
    ],
)
def test_that_what_would_change_the_model_is_refused_by_name(tmp_path, old, new, sentence):
    with pytest.raises(ConfigError, match=sentence.replace("?", r"\?")):
        parsed(tmp_path, GOLDEN.replace(old, new))


def of_version_1(text: str) -> str:
    """The preprocessor knew nothing but its length, and a data set nothing of centred frames."""
    gone = ("F0LoudnessPreprocessor", "TFRecordProvider.centered")
    kept = (line for line in text.splitlines(True) if not line.startswith(gone) or ".time_steps" in line)
    return "".join(kept) + "TFRecordProvider.frame_rate = 250\n"


def test_that_loudness_of_version_1_stays_what_it_was(tmp_path):
    assert "F0LoudnessPreprocessor.compute_loudness" in GOLDEN
    config = parsed(tmp_path, of_version_1(GOLDEN))
    assert any("called LegacyF0LoudnessPreprocessor here" in note for note in config.notes)
    model = config.model()
    assert isinstance(model.preprocessor, LegacyF0LoudnessPreprocessor)
    assert model.preprocessor.time_steps == 1000
    half = model.preprocess({"f0_hz": tf.fill([1, 1000], 440.0), "loudness_db": tf.fill([1, 1000], -60.0)})
    np.testing.assert_array_equal(half["ld_scaled"], np.full([1, 1000, 1], 0.5))
    again = parsed(tmp_path, config.operative_text())
    assert isinstance(again.model().preprocessor, LegacyF0LoudnessPreprocessor)
    assert again.notes == ()


def test_that_power_of_version_1_is_refused_by_name(tmp_path):
    text = of_version_1(GOLDEN).replace("F0LoudnessPreprocessor", "F0PowerPreprocessor")
    with pytest.raises(ConfigError, match=r"F0PowerPreprocessor gave twice the dB, on a scale of 120"):
        parsed(tmp_path, text)
    assert parsed(tmp_path, text + "TFRecordProvider.centered = False\n").model()


def test_that_a_file_that_is_not_an_operative_config_is_migrated_too(tmp_path):
    path = tmp_path / "mine.gin"
    path.write_text("include 'models/ae.gin'\nAutoencoder.decoder = @decoders.ZRnnFcDecoder()\nZRnnFcDecoder.ch = 7\n")
    config = parse([str(path)])
    assert config.model().decoder.out_stack.layers[0].dense.n_out == 7
    assert len(config.notes) == 1


def test_that_the_original_is_kept_beside_what_we_write(tmp_path):
    text = parsed(tmp_path, GOLDEN).operative_text()
    write_operative_config(tmp_path, 0, text)
    write_operative_config(tmp_path, 0, text + "# again\n")
    assert (tmp_path / "original_operative_config-0.gin").read_text() == GOLDEN
    assert (tmp_path / "operative_config-0.gin").read_text().endswith("# again\n")
    write_operative_config(tmp_path, 1, text)
    write_operative_config(tmp_path, 1, text)
    assert not (tmp_path / "original_operative_config-1.gin").exists()
