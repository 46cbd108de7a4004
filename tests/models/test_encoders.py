import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.dsp.mel import compute_mfcc
from ddsp_backend.errors import ConfigError, DataError
from ddsp_backend.models.encoders import (
    AggregateFeaturesEncoder,
    Embedding,
    ExpressionEncoder,
    MfccEncoder,
    MfccRnnEncoder,
    MfccTimeDistributedRnnEncoder,
    OneHotEncoder,
)
from ddsp_backend.models.sequences import Identity, RnnSandwich
from tests.models.checks import assert_a_checkpoint_brings_it_back, assert_every_weight_learns, tensor

N_SAMPLES, N_FRAMES = 6400, 50
FEATURES = {
    "audio": tensor(2, N_SAMPLES) * 0.1,
    "f0_scaled": tensor(2, N_FRAMES, 1, seed=1),
    "ld_scaled": tensor(2, N_FRAMES, 1, seed=2),
    "instrument": tf.constant([3, 1]),
}
ENCODERS = {
    "MfccTimeDistributedRnnEncoder": (lambda: MfccTimeDistributedRnnEncoder(5, "gru", 4, 125), 50),
    "of one step a frame": (lambda: MfccTimeDistributedRnnEncoder(5, "lstm", 4, 500), 50),
    "MfccEncoder": (lambda: MfccEncoder((512, 256), (30, 20), (3, 1), time_steps=20), 50),
    "MfccRnnEncoder": (lambda: MfccRnnEncoder(5, "gru", 4), 50),
    "of the mean": (lambda: MfccRnnEncoder(5, "gru", 4, mean_aggregate=True), 50),
    "OneHotEncoder": (lambda: OneHotEncoder(vocab_size=4, n_dims=4), 1),
    "at every frame": (lambda: OneHotEncoder(vocab_size=4, n_dims=4, skip_expand=False), 50),
    "AggregateFeaturesEncoder": (lambda: AggregateFeaturesEncoder(4), 50),
    "ExpressionEncoder": (lambda: ExpressionEncoder(RnnSandwich(6, 1, 5), 4), 50),
    "of audio": (lambda: ExpressionEncoder(RnnSandwich(6, 1, 5), 4, ("audio", "f0_scaled"), 8, pool_time=False), 50),
}


@pytest.mark.parametrize("name", ENCODERS)
def test_that_its_weights_learn_and_come_back(name, tmp_path):
    make, n_frames = ENCODERS[name]
    assert make()(FEATURES)["z"].shape == [2, n_frames, 4]
    assert_every_weight_learns(make(), FEATURES)
    if name != "MfccEncoder":  # it always starts from ones and zeros
        assert_a_checkpoint_brings_it_back(make, tmp_path, FEATURES)


def normalized(x):
    """Each coefficient over the example's time."""
    return (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-5)


def mfccs(size, overlap, n):
    """Of the reference's settings; that function has a test of its own."""
    return compute_mfcc(FEATURES["audio"], 20.0, 8000.0, size, 128, n, overlap, True).numpy()


@pytest.mark.parametrize(
    ("z_time_steps", "size", "overlap"),
    [(63, 2048, 0.5), (125, 1024, 0.5), (250, 1024, 0.75), (500, 512, 0.75), (1000, 256, 0.75)],
)
def test_that_z_is_a_recurrent_layer_over_normalized_cepstra(z_time_steps, size, overlap):
    encoder = MfccTimeDistributedRnnEncoder(5, "gru", 4, z_time_steps)
    found = encoder.compute_z(FEATURES)
    expected = encoder.dense_out(encoder.rnn(tf.constant(normalized(mfccs(size, overlap, 30)))))
    np.testing.assert_allclose(found, expected, atol=2e-3)
    four_seconds = {**FEATURES, "audio": tf.zeros([1, 64000])}
    assert encoder.compute_z(four_seconds).shape[1] == z_time_steps


def test_that_one_z_is_what_the_recurrent_layer_knows_at_the_end():
    encoder = MfccRnnEncoder(5, "gru", 4)
    z = encoder(FEATURES)["z"].numpy()
    np.testing.assert_array_equal(z, np.repeat(z[:, :1], N_FRAMES, 1))
    steps = encoder.rnn(tf.constant(normalized(mfccs(1024, 0.75, 30))))
    np.testing.assert_allclose(z[:, 0], encoder.dense_z(steps[:, -1]), atol=2e-3)


def test_that_an_instrument_has_a_vector_of_its_own():
    encoder = OneHotEncoder(vocab_size=4, n_dims=5)
    found = encoder(FEATURES)["z"]
    np.testing.assert_array_equal(found[:, 0], encoder.embedding.embeddings.numpy()[[3, 1]])
    np.testing.assert_array_equal(encoder({**FEATURES, "instrument": tf.constant([[3], [1]])})["z"], found)


def test_that_a_number_without_a_vector_is_an_error():
    embedding = Embedding(4, 2)
    with pytest.raises(tf.errors.InvalidArgumentError):
        embedding(tf.constant([4]))


def test_that_a_mean_over_time_is_the_same_at_every_frame():
    encoder = AggregateFeaturesEncoder(4)
    found = encoder(FEATURES)["z"]
    inputs = np.concatenate([FEATURES["f0_scaled"], FEATURES["ld_scaled"]], -1).mean(1, keepdims=True)
    expected = np.repeat(inputs @ encoder.fc.kernel.numpy(), N_FRAMES, 1)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_that_expression_is_normalized_before_its_output_layer():
    encoder = ExpressionEncoder(Identity(), 4, pool_time=False)
    found = encoder(FEATURES)["z"]
    x = np.concatenate([FEATURES["f0_scaled"], FEATURES["ld_scaled"]], -1)
    x = (x - x.mean((1, 2), keepdims=True)) / np.sqrt(x.var((1, 2), keepdims=True) + 1e-5)
    np.testing.assert_allclose(found, x @ encoder.dense_out.kernel.numpy(), atol=1e-4)


def test_that_what_cannot_be_used_is_named():
    with pytest.raises(ConfigError, match=r"z_time_steps=200 cannot be used"):
        MfccTimeDistributedRnnEncoder(z_time_steps=200)
    with pytest.raises(ConfigError, match=r"2 fft_sizes, 1 mel_bins and 1 mfcc_bins"):
        MfccEncoder(fft_sizes=(512, 256))
    with pytest.raises(ConfigError, match=r"ExpressionEncoder.net is None"):
        ExpressionEncoder()
    with pytest.raises(DataError, match="MfccRnnEncoder needs 'audio'"):
        MfccRnnEncoder()({"f0_scaled": FEATURES["f0_scaled"]})
