"""What `import ddsp_backend` offers answers as the window and the commands do."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

import ddsp_backend
from ddsp_backend.audio.files import read_audio
from ddsp_backend.data.manifest import RUN_STATISTICS
from ddsp_backend.dsp.losses import SpectralLoss
from ddsp_backend.errors import DataError
from tests.inference.instruments import rendered, write_instrument
from tests.recordings import melody, write

KINDS = {
    "models/ae.gin": "loudness_db",
    "models/vst/vst_32k.gin": "power_db",  # centred frames, of which there is one more
}


@pytest.fixture(scope="module", params=KINDS)
def heard(request, tmp_path_factory):
    """(folder of a model, the model, a recording, its features)."""
    folder = tmp_path_factory.mktemp("model")
    write_instrument(folder, request.param, amps=5.0)
    learned = {"settings": {"tracker": "swift-f0", "crepe_capacity": "full"}, "statistics": {}}  # the faster tracker
    (folder / RUN_STATISTICS).write_text(json.dumps(learned))
    model = ddsp_backend.load_model(folder)
    recording = write(folder / "melody.wav", melody(1.1, 44100), 44100, "FLOAT")
    features = model.features(recording)
    assert set(features) - {"audio", "f0_hz", "f0_confidence", "z"} == {KINDS[request.param]}
    return folder, model, recording, features


def test_that_audio_is_what_the_command_renders(heard, tmp_path):
    folder, model, recording, features = heard
    result = rendered(model_path=str(folder), input_path=str(recording), output_path=str(tmp_path / "out.wav"))
    audio_N = model.audio(features)
    assert len(audio_N) == features["audio"].shape[1] == round(1.1 * model.sample_rate)
    assert np.abs(audio_N).max() > 0.01
    np.testing.assert_allclose(audio_N, read_audio(result["output_audio"], model.sample_rate), atol=1e-6)


def test_that_controls_that_were_not_changed_sound_as_the_features_do(heard):
    _, model, _, features = heard
    controls = model.controls(features)
    n_frames = {values.shape[:2] for values in controls.values()}
    assert len(n_frames) == 1
    np.testing.assert_allclose(model.audio(features, controls), model.audio(features), atol=1e-6)


def test_that_changed_controls_are_heard(heard):
    _, model, _, features = heard
    controls = model.controls(features)
    silent = {**controls, "amps": np.full_like(controls["amps"], -60.0)}
    assert np.abs(model.audio(features, silent)).max() < 0.01 * np.abs(model.audio(features, controls)).max()


def test_that_losses_are_those_of_the_network_at_once(heard):
    _, model, _, features = heard
    model.network.loss_objs = [SpectralLoss(fft_sizes=(256,))]  # those of the config take long to compile
    outputs, losses = model(features, return_losses=True)
    n_samples = outputs["audio_synth"].shape[1]
    audio_1N = np.pad(features["audio"][:, :n_samples], ((0, 0), (0, max(0, n_samples - features["audio"].shape[1]))))
    expected = model.network.losses({"audio": tf.constant(audio_1N)}, outputs)
    assert losses == pytest.approx({name: float(value) for name, value in expected.items()})
    assert losses["total_loss"] > 0
    assert set(model(features)) == set(outputs)


def test_that_a_call_gives_a_gradient_of_every_weight_of_the_decoder(heard):
    _, model, _, features = heard
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model(features)["audio_synth"] ** 2)
    gradients = tape.gradient(loss, model.network.decoder.trainable_variables)
    assert gradients
    assert all(gradient is not None for gradient in gradients)


def test_that_the_whole_recording_at_once_is_what_sounds_in_pieces(heard):
    """But for the noise, which each draws as it goes."""
    _, model, _, features = heard
    at_once_N = np.asarray(model(features)["audio_synth"])[0]
    in_pieces_N = model.audio(features)
    n = min(len(at_once_N), len(in_pieces_N))
    loudest = np.abs(in_pieces_N).max()
    np.testing.assert_allclose(at_once_N[:n], in_pieces_N[:n], atol=0.05 * loudest)


def test_that_a_changed_loudness_counts_although_the_audio_lies_beside_it(heard):
    _, model, _, features = heard
    (level,) = {"loudness_db", "power_db"} & set(features)
    softer = {**features, level: features[level] - 30}
    assert not np.allclose(model(softer)["amps"], model(features)["amps"])


def test_that_audio_in_memory_is_heard_as_the_file_is(heard):
    _, model, _, features = heard
    audio_N = melody(1.1, 44100)
    found = model.features(audio_N.astype("f8"), 44100)
    assert found.keys() == features.keys()
    assert all(np.array_equal(found[key], features[key]) for key in features)
    with pytest.raises(DataError, match=r"the shape \[1, 48510\], not \[samples\]"):
        model.features(audio_N[None], 44100)


def test_that_features_without_audio_play_as_long_as_their_frames(tmp_path):
    model = ddsp_backend.load_model(write_instrument(tmp_path, "models/solo_instrument.gin"))
    features = {"f0_hz": np.full([1, 100], 220.0), "loudness_db": np.full([1, 100], -20.0)}
    assert model.audio(features).shape == (100 * model.sample_rate // model.frame_rate,)
    with pytest.raises(DataError, match="no audio"):
        model(features, return_losses=True)
    with pytest.raises(DataError, match="no loudness_db, only f0_hz"):
        model.audio({"f0_hz": features["f0_hz"]})
    with pytest.raises(DataError, match="loudness_db has 90 frames, but the features are of 100"):
        model.audio({**features, "loudness_db": features["loudness_db"][:, :90]})


def test_that_importing_the_package_loads_nothing_heavy():
    code = "import ddsp_backend, sys; dir(ddsp_backend); print(*sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert not {"tensorflow", "numpy", "gin", "PySide6"} & set(child.stdout.split())


def test_that_a_name_that_is_not_offered_is_an_attribute_error():
    assert "load_model" in dir(ddsp_backend)
    with pytest.raises(AttributeError, match="no attribute 'load_nothing'"):
        _ = ddsp_backend.load_nothing
