"""Losses on controls against scipy."""

import numpy as np
import pytest
import scipy.special
import scipy.stats
import tensorflow as tf

from ddsp_backend.dsp.consistency_losses import (
    FilteredNoiseConsistencyLoss,
    HarmonicConsistencyLoss,
    KDEConsistencyLoss,
    WassersteinConsistencyLoss,
    amp_loss,
    freq_loss,
    wasserstein_distance,
)
from ddsp_backend.dsp.two_way_mismatch import TWMLoss
from ddsp_backend.errors import ConfigError

RANDOM = np.random.default_rng(0)


def midi(hz):
    return 12 * np.log2(hz / 440) + 69


def sinusoids(n, n_batch=2, n_frames=3):
    return (
        RANDOM.uniform(0.1, 1, (n_batch, n_frames, n)).astype("f4"),
        RANDOM.uniform(100, 2000, (n_batch, n_frames, n)).astype("f4"),
    )


def test_that_amplitudes_and_frequencies_are_compared_on_their_scales():
    a, b = np.array([[0.1, 1.0, 0.0]]), np.array([[1.0, 0.5, 0.0]])
    assert float(amp_loss(a, b)) == pytest.approx(1.4 / 3)
    expected = (1 + np.log10(2)) / 3
    assert float(amp_loss(a, b, log=True)) == pytest.approx(expected, rel=1e-5)
    assert float(freq_loss([220.0, 440.0], [440.0, 440.0])) == pytest.approx(6, rel=1e-5)
    assert float(freq_loss([220.0, 440.0], [440.0, 440.0], "L2", [0.5, 1.0])) == pytest.approx(36, rel=1e-5)


def test_that_harmonic_controls_count_where_the_target_is_heard():
    amp, distribution, f0 = (RANDOM.uniform(0.1, 1, (1, 2, n)).astype("f4") for n in (1, 4, 1))
    target = np.array([[[1.0], [1e-5]]], "f4")
    losses = HarmonicConsistencyLoss(1.0, 2.0, 3.0).get_losses_dict(
        amp, target, distribution, distribution + 0.1, 220 * f0, 440 * f0
    )
    assert float(losses["harm_amp_loss"]) == pytest.approx(np.abs(amp - target).mean(), rel=1e-5)
    assert float(losses["harm_dist_loss"]) == pytest.approx(2 * 0.1 / 2, rel=1e-4)  # one frame of two
    assert float(losses["f0_hz_loss"]) == pytest.approx(3 * 12 / 2, rel=1e-4)


def test_that_noise_magnitudes_are_compared_and_must_fit():
    a, b = RANDOM.uniform(0, 1, (2, 2, 3, 5)).astype("f4")
    loss = FilteredNoiseConsistencyLoss(weight=2.0)
    assert float(loss(a, b)) == pytest.approx(2 * np.abs(a - b).mean(), rel=1e-5)
    with pytest.raises(ConfigError, match=r"number of channels is 4, but that of the target is 5"):
        loss(a[..., :4], b)
    with pytest.raises(ConfigError, match=r"number of frames is 2, but that of the target is 3"):
        loss(a[:, :2], b)


@pytest.mark.parametrize("weighted", [False, True])
def test_that_the_wasserstein_distance_is_scipys(weighted):
    u, v = RANDOM.normal(size=(2, 3, 6)), RANDOM.normal(size=(2, 3, 4))
    weights = RANDOM.dirichlet(np.ones(6), (2, 3)), RANDOM.dirichlet(np.ones(4), (2, 3))
    distance = wasserstein_distance(u, v, *(weights if weighted else ()))
    assert distance.shape == (2, 3)
    for b, f in np.ndindex(2, 3):
        given = [w[b, f] for w in weights] if weighted else []
        assert float(distance[b, f]) == pytest.approx(
            scipy.stats.wasserstein_distance(u[b, f], v[b, f], *given), rel=1e-4
        )


def test_that_the_norm_of_degree_two_is_the_energy_distance_and_has_a_gradient_at_zero():
    u, v = RANDOM.normal(size=6), RANDOM.normal(size=4)
    # scipy's energy distance is the same norm times the root of two
    expected = scipy.stats.energy_distance(u, v) / np.sqrt(2)
    assert float(wasserstein_distance(u, v, p=2.0)) == pytest.approx(expected, rel=1e-4)
    x = tf.constant(u, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(x)
        distance = wasserstein_distance(x, u, p=2.0)
    assert float(distance) == 0.0
    assert np.isfinite(tape.gradient(distance, x)).all()


def test_that_amplitudes_that_differ_in_sum_count_over_the_range():
    # 1 at 0 and 1 at 2, against 0.5 at 0: the cumulative weights differ by 0.5 from 0 to 2
    distance = wasserstein_distance([[0.0, 2.0]], [[0.0]], [[1.0, 1.0]], [[0.5]])
    assert float(distance[0]) == pytest.approx(1.0)


@pytest.mark.parametrize("scale", [True, False])
def test_that_carrying_amplitude_costs_its_distance(scale):
    loss = WassersteinConsistencyLoss(weight=2.0, midi=scale)
    value = loss(
        np.full((1, 1, 1), 0.5, "f4"),
        np.full((1, 1, 1), 220.0),
        np.full((1, 1, 1), 0.5, "f4"),
        np.full((1, 1, 1), 440.0),
    )
    assert float(value) == pytest.approx(2 * 0.5 * (12 if scale else 220), rel=1e-4)


def log_density(hz, amps, freqs, scale):
    """Of hz [..., X] around sinusoids [..., S]."""
    shares = amps / amps.sum(-1, keepdims=True)
    each = scipy.stats.norm.logpdf(midi(hz)[..., None], midi(freqs)[..., None, :], scale)
    return scipy.special.logsumexp(each, axis=-1, b=shares[..., None, :])


def test_that_the_kernel_density_loss_is_scipys_mixture():
    (amps_a, freqs_a), (amps_b, freqs_b) = sinusoids(5), sinusoids(4)

    def nll(amps, freqs, amps_target, freqs_target, scale):
        shares = amps / amps.sum(-1, keepdims=True)
        return -(log_density(freqs.astype("f8"), amps_target, freqs_target, scale) * shares).mean(-1).mean()

    expected = 0.5 * nll(amps_a, freqs_a, amps_b, freqs_b, 3.0) + 2 * nll(amps_b, freqs_b, amps_a, freqs_a, 1.5)
    expected += 4 * np.abs(amps_a.mean(-1) - amps_b.mean(-1)).mean()
    loss = KDEConsistencyLoss(0.5, 2.0, 4.0, scale_a=1.5, scale_b=3.0)
    assert float(loss(amps_a, freqs_a, amps_b, freqs_b)) == pytest.approx(expected, rel=1e-3)


def test_that_two_way_mismatch_is_the_sum_of_both_likelihoods():
    candidates = RANDOM.uniform(90, 1500, (2, 3, 4)).astype("f4")
    amps, freqs = sinusoids(5)
    loss = TWMLoss(2.0, 3.0, n_harmonic_points=6, n_harmonic_gaussians=20, softmin_temperature=0.5, sample_rate=12000)
    ratios = freqs[:, :, None].astype("f8") / candidates[..., None]
    each = scipy.stats.norm.logpdf(ratios[..., None], np.arange(1, 21), 0.2)
    of_sinusoids = -scipy.special.logsumexp(each, axis=-1, b=1 / 20)
    of_sinusoids = (of_sinusoids * amps[:, :, None]).sum(-1) / amps.sum(-1)[..., None]
    harmonics = candidates[..., None].astype("f8") * np.arange(1, 7)
    of_harmonics = -log_density(harmonics, amps[:, :, None], freqs[:, :, None], 0.5)
    heard = harmonics < 6000
    of_harmonics = (of_harmonics * np.linspace(1, 1 / 6, 6) * heard / heard.mean(-1, keepdims=True)).mean(-1)
    tensors = loss.get_loss_tensors(candidates, freqs, amps)
    assert np.allclose(tensors[0], of_sinusoids, rtol=1e-3)
    assert np.allclose(tensors[1], of_harmonics, rtol=1e-3)
    total = 2 * of_sinusoids + 3 * of_harmonics
    expected = (total * scipy.special.softmax(-total / 0.5, axis=-1)).mean()
    assert float(loss(candidates, freqs, amps)) == pytest.approx(expected, rel=1e-3)


def test_that_two_way_mismatch_finds_the_fundamental_among_its_octaves():
    freqs = np.array([[220.0, 440, 660, 880, 1100], [300.0, 600, 900, 1200, 1500]], "f4")[None]
    candidates = np.array([[110.0, 220, 440, 330], [600, 150, 300, 900]], "f4")[None]
    f0 = TWMLoss().predict_f0(candidates, freqs, np.full_like(freqs, 0.2))
    assert f0.tolist() == [[[220.0], [300.0]]]


@pytest.mark.parametrize("loss", [WassersteinConsistencyLoss(), KDEConsistencyLoss(), TWMLoss()])
def test_that_gradients_are_finite_and_point_to_something(loss):
    (amps_a, freqs_a), (amps_b, freqs_b) = sinusoids(5), sinusoids(4)
    amps_a[0, 0], freqs_a[0, 1, 0] = 0.0, 0.0  # silence, and a sinusoid of no frequency
    inputs = [freqs_b, freqs_a, amps_a] if isinstance(loss, TWMLoss) else [amps_a, freqs_a, amps_b, freqs_b]
    inputs = [tf.constant(values) for values in inputs]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        value = loss(*inputs)
    gradients = tape.gradient(value, inputs)
    assert all(np.isfinite(gradient).all() for gradient in gradients)
    assert all(np.abs(gradient).max() > 0 for gradient in gradients)


@pytest.mark.parametrize("loss", [WassersteinConsistencyLoss(), KDEConsistencyLoss()])
def test_that_sets_that_do_not_fit_are_named(loss):
    (amps_a, freqs_a), (amps_b, freqs_b) = sinusoids(5), sinusoids(4, n_frames=2)
    with pytest.raises(ConfigError, match=r"number of amplitudes is 5, but that of frequencies is 4"):
        loss(amps_a, freqs_a[..., :4], amps_b, freqs_b)
    with pytest.raises(ConfigError, match=r"number of frames is 3, but that of the other set is 2"):
        loss(amps_a, freqs_a, amps_b, freqs_b)


def test_that_candidates_of_other_frames_are_named():
    amps, freqs = sinusoids(5)
    with pytest.raises(ConfigError, match=r"number of frames is 3, but that of f0 candidates is 2"):
        TWMLoss()(freqs[:, :2], freqs, amps)
