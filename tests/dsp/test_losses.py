"""Losses against numpy and scipy."""

import numpy as np
import pytest
import scipy.signal
import tensorflow as tf

from ddsp_backend.dsp.losses import LossGroup, ParamLoss, SpectralLoss, mean_difference
from ddsp_backend.errors import ConfigError

RANDOM = np.random.default_rng(0)
TARGET, AUDIO = (RANDOM.normal(size=(2, 700)).astype("f4") for _ in range(2))
WEIGHTS = ("mag", "delta_time", "delta_freq", "cumsum_freq", "logmag")


def unit(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


DISTANCES = {
    "L1": lambda a, b, w: np.mean(np.abs((a - b) * w)),
    "L2": lambda a, b, w: np.mean((a - b) ** 2 * w),
    "COSINE": lambda a, b, w: np.mean((1 - (a * b).sum(-1)) * (w if np.isscalar(w) else w[..., 0])),
}


@pytest.mark.parametrize("loss_type", ["L1", "l2", "Cosine"])
def test_that_the_mean_difference_is_numpys(loss_type):
    a, b = unit(RANDOM.normal(size=(2, 5, 4))), unit(RANDOM.normal(size=(2, 5, 4)))
    distance = DISTANCES[loss_type.upper()]
    assert float(mean_difference(a, b, loss_type)) == pytest.approx(distance(a, b, 1.0), rel=1e-5)
    weights = RANDOM.uniform(0, 1, (2, 5, 1))
    given = weights[..., 0] if loss_type == "Cosine" else weights
    assert float(mean_difference(a, b, loss_type, given)) == pytest.approx(distance(a, b, weights), rel=1e-5)


def magnitudes(audio, size):
    hop, n_frames = size // 4, -(-audio.shape[-1] * 4 // size)
    padded = np.pad(audio.astype("f8"), [(0, 0), (0, size * 2)])
    starts = np.arange(n_frames) * hop
    frames = np.stack([padded[:, start : start + size] for start in starts], 1)
    return np.abs(np.fft.rfft(frames * scipy.signal.get_window("hann", size)))


PARTS = {
    "mag": lambda m: m,
    "delta_time": lambda m: np.diff(m, axis=1),
    "delta_freq": lambda m: np.diff(m, axis=2),
    "cumsum_freq": lambda m: np.cumsum(m, 2),
    "logmag": lambda m: np.log(np.where(m <= 0, 1e-5, m)),
}


@pytest.mark.parametrize("part", WEIGHTS)
@pytest.mark.parametrize("loss_type", ["L1", "L2"])
def test_that_every_weight_of_the_spectral_loss_weighs_its_part(part, loss_type):
    options = {f"{name}_weight": 0.7 * (name == part) for name in WEIGHTS}
    loss = SpectralLoss(fft_sizes=(128, 32), loss_type=loss_type, **options)
    expected = sum(
        0.7 * DISTANCES[loss_type](*(PARTS[part](magnitudes(audio, size)) for audio in (TARGET, AUDIO)), 1.0)
        for size in (128, 32)
    )
    assert float(loss(TARGET, AUDIO)) == pytest.approx(expected, rel=1e-4)


def test_that_examples_can_be_weighed():
    loss = SpectralLoss(fft_sizes=(64,), logmag_weight=1.0)
    both = [float(loss(TARGET, AUDIO, np.array([a, b], "f4")[:, None, None])) for a, b in ((2, 0), (0, 2), (1, 1))]
    alone = [float(loss(TARGET[i : i + 1], AUDIO[i : i + 1])) for i in range(2)]
    assert both[:2] == pytest.approx(alone, rel=1e-4)
    assert both[2] == pytest.approx(np.mean(alone), rel=1e-4)


def test_that_loudness_is_compared_as_levels():
    loss = SpectralLoss(fft_sizes=(), loudness_weight=0.5)
    assert float(loss(TARGET, 0.1 * TARGET)) == pytest.approx(0.5 * 20, rel=1e-3)


@pytest.mark.parametrize("loss_type", ["L1", "L2", "COSINE"])
def test_that_gradients_are_finite_even_for_silence(loss_type):
    loss = SpectralLoss((64,), loss_type, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0)
    audio = tf.zeros([1, 700])
    with tf.GradientTape() as tape:
        tape.watch(audio)
        value = loss(TARGET[:1], audio)
    assert np.isfinite(tape.gradient(value, audio)).all()


def test_that_lengths_that_differ_are_named_with_their_settings():
    with pytest.raises(ConfigError, match=r"target is 700, but that of the audio is 699.*example_secs.*n_samples"):
        SpectralLoss()(TARGET, AUDIO[:, :-1])
    with pytest.raises(ConfigError, match=r"axis 1 of the prediction is 699, but that of its target is 700"):
        ParamLoss()(AUDIO[:, :-1], TARGET)


@pytest.mark.parametrize("kind", [SpectralLoss, ParamLoss])
def test_that_an_unknown_type_is_refused(kind):
    with pytest.raises(ConfigError, match=rf"{kind.__name__}.loss_type='L3' is unknown"):
        kind(loss_type="L3")


def test_that_a_parameter_loss_is_the_weighed_difference():
    loss = ParamLoss(weight=3.0, loss_type="L2")
    assert float(loss(TARGET, AUDIO)) == pytest.approx(3 * np.mean((TARGET - AUDIO) ** 2), rel=1e-5)
    assert loss.get_losses_dict(TARGET, AUDIO)["param_loss"] == loss(TARGET, AUDIO)


def test_that_a_group_finds_what_it_compares_in_the_models_outputs():
    outputs = {"audio": TARGET, "synth": {"signal": AUDIO, "controls": {"f0": TARGET[:, :5]}}}
    group = LossGroup(
        [
            (SpectralLoss(fft_sizes=(64,)), ["audio", "synth/signal"]),
            ("f0_loss", ["synth/controls/f0", "synth/controls/f0"]),
        ],
        f0_loss=ParamLoss(name="f0_loss"),
    )
    losses = group(outputs)
    assert losses == group.get_losses_dict(outputs)
    assert list(losses) == group.loss_names == ["spectral_loss", "f0_loss"]
    assert [type(loss) for loss in group.losses] == [SpectralLoss, ParamLoss]
    assert float(losses["spectral_loss"]) == float(SpectralLoss(fft_sizes=(64,))(TARGET, AUDIO))
    assert float(losses["f0_loss"]) == 0.0
    with pytest.raises(ConfigError, match="no loss of it"):
        LossGroup([("f1_loss", ["a", "b"])])
