"""The file that the plug-in gets: its form, its sound, its metadata, and where it lies."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.errors import ConfigError
from ddsp_backend.inference.model_player import load_player
from ddsp_backend.inference.plugin_contract import INPUT_NAMES, OUTPUT_NAMES, SIZES
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import ArtifactWritten, Failed, Finished, Noted
from ddsp_backend.jobs.spec import PluginSpec
from ddsp_backend.models.preprocessing import scale_db, scale_f0_hz
from ddsp_backend.plugin.conformance import problems_of, require_conforming
from ddsp_backend.plugin.conversion import identity, with_metadata
from ddsp_backend.plugin.model_file import read_facts, with_names
from ddsp_backend.plugin.note_range import Source, whole_range
from ddsp_backend.plugin.trial import Decoder, require_playing
from tests.inference.instruments import write_instrument
from tests.plugin.conftest import NOTES
from tests.plugin.instruments import events_of, write_model

N_FRAMES = 60


def fields_of(content: bytes) -> dict[str, object]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return json.loads(archive.read("metadata.json"))


def model_of(content: bytes) -> bytes:
    """The file without the archive behind the model."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return content[: archive.getinfo("metadata.json").header_offset]


def refused(**settings: object) -> Failed:
    *_, last = events_of(PluginSpec(**settings))
    assert isinstance(last, Failed), last
    assert not last.traceback
    return last


def test_that_names_sizes_and_operators_are_those_that_the_plugin_asks_for(model, plugin_file):
    content = plugin_file.read_bytes()
    require_conforming(content)
    assert content[4:8] == b"TFL3"
    facts = read_facts(content)
    assert {tensor.name: tensor.size for tensor in (*facts.inputs, *facts.outputs)} == SIZES
    assert len(facts.operators) > 10
    assert not any(operator.is_custom for operator in facts.operators)
    # Its weights are in it: a converter that does not find them makes a file of some kilobytes.
    n_weights = sum(int(tf.size(each)) for each in load_player(model).model.decoder.variables)
    assert n_weights > 1_000_000
    assert len(content) > 0.99 * 4 * n_weights


def test_that_it_plays_what_our_own_decoder_plays(model, plugin_file):
    """Frame by frame from one state to the next, against the decoder that renders whole pieces."""
    random = np.random.default_rng(0)
    f0_hz = (300 * 2 ** np.cumsum(random.normal(0, 0.03, N_FRAMES))).astype(np.float32)
    power_db = random.uniform(-60, -5, N_FRAMES).astype(np.float32)
    player = load_player(model)
    (piece,) = player.decode(player.encode({"f0_hz": f0_hz, "power_db": power_db}, N_FRAMES))
    wanted = player.scaled(piece)
    decoder = Decoder(plugin_file.read_bytes())
    scaled = zip(scale_f0_hz(f0_hz).numpy(), scale_db(tf.constant(power_db)).numpy(), strict=True)
    found = [decoder.step(float(f0), float(power)) for f0, power in scaled]
    for index, key in enumerate(("amplitudes", "harmonic_distribution_scaled", "noise_magnitudes_scaled")):
        own = np.asarray(wanted[key])[0]
        assert own.std(axis=0).max() > 1e-3 * np.abs(own).max(), f"{key} never moves, so it proves nothing"
        track = np.stack([controls[index] for controls in found])
        np.testing.assert_allclose(track, own, atol=1e-4 * np.abs(own).max(), err_msg=key)


def test_that_its_metadata_has_every_key_and_the_range_of_the_notes(model, plugin_file):
    fields = fields_of(plugin_file.read_bytes())
    assert set(fields) == {
        "mean_min_pitch_note", "mean_max_pitch_note", "mean_min_pitch_note_hz", "mean_max_pitch_note_hz",
        "mean_min_power_note", "mean_max_power_note", "version", "export_time", "num_harmonics", "num_noise_amps",
        "frame_rate", "frame_size", "sample_rate",
    }  # fmt: skip
    sizes = ("num_harmonics", "num_noise_amps", "frame_rate", "frame_size", "sample_rate")
    assert [fields[key] for key in sizes] == [60, 65, 50, 1024, 16000]
    # Of each note the glide of a semitone and the swell of 6 dB, less the end that is trimmed.
    midi, db = np.mean(NOTES, axis=0)
    assert fields["mean_min_pitch_note"] == pytest.approx(midi, abs=0.3)
    assert midi + 0.4 < fields["mean_max_pitch_note"] < midi + 1
    hz = 440 * 2 ** ((fields["mean_max_pitch_note"] - 69) / 12)
    assert fields["mean_max_pitch_note_hz"] == pytest.approx(hz, rel=1e-4)
    assert fields["mean_min_power_note"] == pytest.approx(db, abs=2)
    assert db + 2 < fields["mean_max_power_note"] < db + 6


def test_that_the_same_model_is_the_same_file_and_another_has_another_identity(model, plugin_file, data_set, tmp_path):
    """The plug-in knows a model in a saved session by its export_time."""
    copied = tmp_path / "copied"
    copied.mkdir()
    for path in model.iterdir():
        (copied / path.name).write_bytes(path.read_bytes())
    other = write_model(tmp_path / "other", data=str(data_set), seed=1)
    *_, last = events_of(PluginSpec(model_path=str(copied), output_path=str(tmp_path / "copied.tflite")))
    assert isinstance(last, Finished), last
    assert (tmp_path / "copied.tflite").read_bytes() == plugin_file.read_bytes()
    own = fields_of(plugin_file.read_bytes())["export_time"]
    assert own == identity(load_player(model))
    assert own != identity(load_player(other))


def test_that_an_unknown_data_set_is_said_and_the_whole_keyboard_is_the_range(tmp_path):
    model = write_model(tmp_path / "model")
    events = events_of(PluginSpec(model_path=str(model), output_path=str(tmp_path / "a.tflite")))
    assert any(isinstance(event, Noted) and "range of its notes is unknown" in event.title for event in events)
    fields = fields_of((tmp_path / "a.tflite").read_bytes())
    assert whole_range().source is Source.NOTHING
    assert (fields["mean_min_power_note"], fields["mean_max_power_note"]) == (-80.0, 0.0)
    assert fields["mean_min_pitch_note_hz"] == pytest.approx(8.1758, rel=1e-3)


def test_that_nothing_is_replaced_that_was_not_asked_for(model, plugin_file):
    before = plugin_file.read_bytes()
    failed = refused(model_path=str(model), output_path=str(plugin_file))
    assert failed.title == "There is a file Tuba.tflite already"
    assert plugin_file.read_bytes() == before


def test_that_a_file_is_replaced_when_it_is_asked_for_and_nothing_else_lies_beside(model, tmp_path):
    path = tmp_path / "Tuba.tflite"
    path.write_text("an older one")
    *_, last = events_of(PluginSpec(model_path=str(model), output_path=str(path), replace=True))
    assert isinstance(last, Finished), last
    assert list(problems_of(path.read_bytes())) == []
    assert list(tmp_path.iterdir()) == [path]


def test_that_a_stop_leaves_no_file(model, tmp_path):
    cancel = CancelToken()
    cancel.set()
    events = events_of(PluginSpec(model_path=str(model), output_path=str(tmp_path / "a.tflite")), cancel)
    assert not any(isinstance(event, ArtifactWritten | Finished) for event in events)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("gin_file", "reason"),
    [
        ("models/solo_instrument.gin", "plays from loudness, and the plug-in gives pitch and power"),
        ("models/vst/vst_32k.gin", "works at 32000 Hz, and the plug-in works with 16000"),
        ("models/vst/vst.gin", "has 6 harmonics, and the plug-in works with 60"),
    ],
)
def test_that_another_model_is_refused_with_what_to_train_instead(gin_file, reason, tmp_path):
    model = write_instrument(tmp_path / "model", gin_file)
    failed = refused(model_path=str(model), output_path=str(tmp_path / "a.tflite"))
    assert reason in failed.title
    assert "Streaming instrument" in failed.hint
    assert not (tmp_path / "a.tflite").exists()


def test_that_a_48_khz_model_and_a_smaller_memory_are_refused(tmp_path):
    model = write_model(tmp_path / "48k", gin_file="models/vst/vst_48k.gin")
    assert "works at 48000 Hz" in refused(model_path=str(model), output_path=str(tmp_path / "a.tflite")).title
    model = write_model(tmp_path / "small", "RnnFcDecoder.rnn_channels = 256")
    failed = refused(model_path=str(model), output_path=str(tmp_path / "a.tflite"))
    assert "remembers 256 numbers from frame to frame, and the plug-in works with 512" in failed.title


def test_that_a_model_whose_training_went_astray_is_refused(model, tmp_path):
    player = load_player(write_model(tmp_path / "model"))
    weights = player.model.decoder.dense_out.kernel
    weights.assign(tf.fill(weights.shape, float("nan")))
    tf.train.Checkpoint(model=player.model).write(str(tmp_path / "model" / "ckpt-1"))
    failed = refused(model_path=str(tmp_path / "model"), output_path=str(tmp_path / "a.tflite"))
    assert "not a number" in failed.title
    assert "earlier step" in failed.hint
    assert not (tmp_path / "a.tflite").exists()


def test_that_a_file_under_other_names_is_noticed_and_can_be_renamed(plugin_file):
    """As another version of the converter may call them."""
    model = model_of(plugin_file.read_bytes())
    ours = {**INPUT_NAMES, **OUTPUT_NAMES}
    theirs = {end: name.replace("StatefulPartitionedCall", "PartitionedCall") for end, name in ours.items()}
    turned = {**theirs, "output_0": "StatefulPartitionedCall:1", "output_1": "StatefulPartitionedCall:0"}
    for names in (theirs, turned):
        renamed = with_names(model, "call", names)
        file = with_metadata(renamed, fields_of(plugin_file.read_bytes()))
        assert list(problems_of(file)) != []
        back = with_names(renamed, "call", ours)
        whole = with_metadata(back, fields_of(plugin_file.read_bytes()))
        require_conforming(whole)
        require_playing(whole)
        expected = Decoder(plugin_file.read_bytes()).step(0.5, 0.7)
        for own, found in zip(expected, Decoder(whole).step(0.5, 0.7), strict=True):
            np.testing.assert_array_equal(own, found)


@pytest.mark.parametrize("output_path", ["", "gs://bucket/a.tflite"])
def test_that_a_place_that_cannot_be_is_refused(output_path):
    with pytest.raises(ConfigError, match="output_path"):
        PluginSpec(model_path="run", output_path=output_path)


def test_that_another_ending_is_refused(model, tmp_path):
    failed = refused(model_path=str(model), output_path=str(tmp_path / "a.wav"))
    assert "does not end in .tflite" in failed.title
    assert Path(tmp_path / "a.wav").exists() is False
