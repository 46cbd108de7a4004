"""CREPE in TensorFlow against numpy, and against what the crepe package itself said (tests/golden)."""

from pathlib import Path

import h5py
import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.dsp.crepe import LAYERS, CrepeLayers, compute_f0
from ddsp_backend.dsp.crepe import PretrainedCREPE as PitchOfCREPE
from ddsp_backend.dsp.embedding_losses import EmbeddingLoss, PretrainedCREPE, PretrainedCREPEEmbeddingLoss
from ddsp_backend.dsp.losses import LossGroup
from ddsp_backend.errors import ConfigError
from ddsp_backend.pitch.crepe_network import weights_path

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
RANDOM = np.random.default_rng(0)


@pytest.fixture(scope="module")
def sweep():
    with np.load(GOLDEN / "crepe_sweep.npz") as arrays:
        return dict(arrays)


@pytest.fixture(scope="module")
def tiny():
    return PitchOfCREPE("tiny", hop_size=160)


def tone(hz, seconds=0.5):
    return np.sin(2 * np.pi * hz * np.arange(int(16000 * seconds)) / 16000).astype("f4")


def cents(hz, expected):
    return 1200 * np.abs(np.log2(hz / expected))


def test_that_the_first_layers_are_numpys():
    layers, frames = CrepeLayers(weights_path("tiny")), RANDOM.normal(size=(2, 1024)).astype("f4")
    weights = {}
    with h5py.File(weights_path("tiny")) as file:
        file.visititems(lambda name, item: weights.update({name: item[()]} if isinstance(item, h5py.Dataset) else {}))
    first = {name.split("/")[-1].split(":")[0]: values for name, values in weights.items() if name.startswith("conv1/")}
    normal = {name.split("/")[-1].split(":")[0]: v for name, v in weights.items() if name.startswith("conv1-BN/")}
    kernel = first["kernel"].reshape(512, -1).astype("f8")
    padded = np.pad(frames.astype("f8"), [(0, 0), (254, 254)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, 512, 1)[:, ::4]
    conv = np.maximum(windows @ kernel + first["bias"], 0)
    scale = normal["gamma"] / np.sqrt(normal["moving_variance"] + 1e-3)
    normalized = (conv - normal["moving_mean"]) * scale + normal["beta"]
    pooled = np.maximum(normalized[:, 0::2], normalized[:, 1::2])
    for name, expected in {"conv1": conv, "conv1-BN": normalized, "conv1-maxpool": pooled}.items():
        assert np.abs(layers(frames, name) - expected).max() < 1e-4 * np.abs(expected).max()
    assert np.array_equal(layers(frames, "conv1-dropout"), layers(frames, "conv1-maxpool"))
    assert np.array_equal(layers(frames, "input"), frames)


def test_that_every_layer_has_the_shape_of_the_package():
    layers, frames = CrepeLayers(weights_path("tiny")), tf.zeros([1, 1024])
    sizes = {name: int(np.prod(layers(frames, name).shape[1:])) for name in LAYERS}
    assert len(sizes) == 2 + 4 * 6 + 3
    channels = (128, 16, 16, 16, 32, 64)
    for n, (c, positions) in enumerate(zip(channels, (256, 128, 64, 32, 16, 8), strict=True), 1):
        assert sizes[f"conv{n}"] == sizes[f"conv{n}-BN"] == c * positions
        assert sizes[f"conv{n}-maxpool"] == c * positions // 2
    assert (sizes["transpose"], sizes["flatten"], sizes["classifier"]) == (256, 256, 360)


def test_that_activations_and_pitch_are_those_of_the_package(tiny, sweep):
    frames = tf.signal.frame(np.pad(sweep["audio"], 512), 1024, 160)[:40]
    activations = tiny.core_model(tiny.normalize_frames(frames))
    assert np.abs(activations - sweep["sweep_tiny_activation"]).max() < 1e-4
    f0_hz, confidence = tiny.predict_f0_and_confidence(sweep["audio"])
    assert f0_hz.shape == confidence.shape == (1, 276)
    assert np.abs(confidence[0] - sweep["sweep_tiny_confidence"]).max() < 1e-3
    sure = sweep["sweep_tiny_confidence"] > 0.5
    # the reference averages one bin more than the package
    assert cents(f0_hz[0], sweep["sweep_tiny_f0_hz"])[sure].max() < 5


def test_that_a_batch_is_decoded_recording_by_recording(tiny):
    audio = np.stack([tone(220), tone(587.3)])
    f0_hz, confidence = tiny.predict_f0_and_confidence(audio, viterbi=True, padding="same")
    assert f0_hz.shape == (2, 50)
    assert cents(f0_hz[0, 2:40], 220).max() < 30
    assert cents(f0_hz[1, 2:40], 587.3).max() < 30
    assert np.asarray(confidence)[:, 5:40].min() > 0.5


def test_that_a_path_prefers_small_steps(tiny):
    activations = np.full((1, 7, 360), 0.01, "f4")
    activations[0, :, 100] = 0.8
    activations[0, 3, 300] = 0.9  # one frame is mistaken by a leap
    assert tiny.viterbi_decode(tf.constant(activations)).numpy().tolist() == [[100] * 7]


def test_that_pitch_has_a_gradient_and_silence_none_that_is_infinite(tiny):
    audio = tf.constant(np.stack([tone(220, 0.1), np.zeros(1600, "f4")]))
    with tf.GradientTape() as tape:
        tape.watch(audio)
        f0_hz, confidence = tiny.predict_f0_and_confidence(audio)
        total = tf.reduce_sum(f0_hz) + tf.reduce_sum(confidence)
    gradient = tape.gradient(total, audio)
    assert np.isfinite(gradient).all()
    assert np.abs(gradient[0]).max() > 0


def test_that_a_file_of_weights_will_do():
    assert np.array_equal(
        PitchOfCREPE(str(weights_path("tiny"))).core_model(tf.ones([1, 1024])),
        PitchOfCREPE("tiny").core_model(tf.ones([1, 1024])),
    )
    with pytest.raises(ConfigError, match="'huge' model are not installed"):
        PitchOfCREPE("huge")


def test_that_the_full_model_finds_the_pitch_of_a_tone():
    f0_hz, confidence = compute_f0(tone(330, 0.3), 50)
    assert f0_hz.shape == confidence.shape == (16,)
    assert cents(f0_hz[2:-2], 330).max() < 20


def test_that_valid_frames_are_those_that_lie_within_the_audio():
    audio_N = tone(330, 0.3)
    n_frames = 1 + (len(audio_N) - 1024) // 320
    valid, same = (compute_f0(audio_N, 50, viterbi=False, padding=padding)[0] for padding in ("valid", "same"))
    assert np.array_equal(valid, same[:n_frames])
    with pytest.raises(ConfigError, match="1000 samples of audio are less than one frame of 1024"):
        compute_f0(audio_N[:1000], 50, padding="valid")


@pytest.mark.parametrize("layer", ["conv5-maxpool", "classifier"])
def test_that_an_embedding_is_the_layer_of_each_normalised_frame(layer):
    audio = RANDOM.normal(size=(2, 3000)).astype("f4")
    embedding = PretrainedCREPE(activation_layer=layer)(audio)
    padded = np.pad(audio.astype("f8"), [(0, 0), (512, 512)])
    frames = np.stack([padded[:, start : start + 1024] for start in (0, 1024, 2048)], 1)
    frames = (frames - frames.mean(-1, keepdims=True)) / (frames.std(-1, keepdims=True) + 1e-5)
    expected = CrepeLayers(weights_path("tiny"))(tf.constant(frames.reshape(6, 1024), tf.float32), layer)
    assert embedding.shape[:2] == (2, 3)
    assert np.allclose(embedding, np.reshape(expected, (2, 3, -1)), atol=1e-4)


def test_that_weights_are_variables_only_when_they_may_be_trained():
    assert PretrainedCREPE().variables == ()
    assert len(PretrainedCREPE(trainable=True).trainable_variables) == 6 * 6 + 2


def test_that_an_embedding_loss_is_the_distance_of_embeddings():
    target, audio = RANDOM.normal(size=(2, 2, 2048)).astype("f4")
    model = PretrainedCREPE(activation_layer="conv2-BN")
    distance = np.abs(model(target).numpy() - model(audio)).mean()
    assert float(EmbeddingLoss(0.5, "L1", model)(target, audio)) == pytest.approx(0.5 * distance, rel=1e-4)
    scaled = PretrainedCREPEEmbeddingLoss(0.5, activation_layer="conv2-BN")
    assert float(scaled(target, audio)) == pytest.approx(0.5 * 20 * 1.4 * distance, rel=1e-4)
    group = LossGroup([(scaled, ["audio", "synth"])])
    assert list(group({"audio": target, "synth": audio})) == ["pretrained_crepe_embedding_loss"]


def test_that_an_embedding_loss_has_a_gradient_for_silence_too():
    target, audio = tf.constant(tone(440, 0.128)[None]), tf.zeros([1, 2048])
    with tf.GradientTape() as tape:
        tape.watch(audio)
        loss = PretrainedCREPEEmbeddingLoss()(target, audio)
    assert np.isfinite(tape.gradient(loss, audio)).all()


def test_that_what_cannot_be_compared_is_refused():
    with pytest.raises(ConfigError, match=r"activation_layer='conv7' is no layer of CREPE.*conv1-BN"):
        PretrainedCREPE(activation_layer="conv7")
    with pytest.raises(ConfigError, match=r"activation_layer='conv1' cannot be compared.*conv1-BN"):
        PretrainedCREPEEmbeddingLoss(activation_layer="conv1")
    with pytest.raises(ConfigError, match=r"EmbeddingLoss.pretrained_model is None"):
        EmbeddingLoss()
    with pytest.raises(ConfigError, match=r"target is 2048, but that of the audio is 2047"):
        PretrainedCREPEEmbeddingLoss()(np.zeros((1, 2048)), np.zeros((1, 2047)))
