"""How far controls are from controls: what an encoder hears against what was played. All are experimental, as in the
reference. B = batch, F = frames, K = harmonics, S = sinusoids.
"""

from typing import Any

import tensorflow as tf

from ddsp_backend.dsp.core import hz_to_midi, safe_divide
from ddsp_backend.dsp.densities import log_density_around_sinusoids
from ddsp_backend.dsp.losses import Loss, mean_difference
from ddsp_backend.dsp.tensors import diff, require_same, tf_float32
from ddsp_backend.dsp.units import log10


def amp_loss(
    amp: Any, amp_target: Any, loss_type: str = "L1", weights: Any = None, log: bool = False, amin: float = 1e-5
) -> tf.Tensor:
    """Mean distance of amplitudes; with `log`, of their logarithms to base 10, not below that of `amin`."""
    amp, amp_target = tf_float32(amp), tf_float32(amp_target)
    if log:
        amp, amp_target = log10(tf.maximum(amin, amp)), log10(tf.maximum(amin, amp_target))
    return mean_difference(amp, amp_target, loss_type, weights)


def freq_loss(f_hz: Any, f_hz_target: Any, loss_type: str = "L1", weights: Any = None) -> tf.Tensor:
    """Mean distance of frequencies in MIDI notes."""
    return mean_difference(hz_to_midi(f_hz), hz_to_midi(f_hz_target), loss_type, weights)


class FilteredNoiseConsistencyLoss(Loss):
    """Distance of the magnitudes of noise filters."""

    def __init__(self, weight: float = 1.0, name: str = "filtered_noise_consistency_loss") -> None:
        super().__init__(name)
        self.weight = weight

    def __call__(self, noise_magnitudes: tf.Tensor, noise_magnitudes_target: tf.Tensor) -> tf.Tensor:
        """One number for the batch, of [B, F, n_frequencies] each."""
        _require_same_sizes(self.name, noise_magnitudes, noise_magnitudes_target)
        return self.weight * amp_loss(noise_magnitudes, noise_magnitudes_target)


class HarmonicConsistencyLoss(Loss):
    """Distances of amplitude, distribution and f0 of harmonic synthesizers.

    Args:
      amp_weight: Weight of the difference in amplitude; a higher value makes loudness count more.
      dist_weight: Weight of the difference between the harmonic distributions; a higher value makes timbre count more.
      f0_weight: Weight of the difference in pitch, in MIDI notes; a higher value makes pitch count more.
      amp_threshold: Where the target is quieter, its distribution and f0 do not count.
    """

    def __init__(
        self,
        amp_weight: float = 1.0,
        dist_weight: float = 1.0,
        f0_weight: float = 1.0,
        amp_threshold: float = 1e-4,
        name: str = "harmonic_consistency_loss",
    ) -> None:
        super().__init__(name)
        self.amp_weight = amp_weight
        self.dist_weight = dist_weight
        self.f0_weight = f0_weight
        self.amp_threshold = amp_threshold

    def __call__(
        self,
        harm_amp: tf.Tensor,
        harm_amp_target: tf.Tensor,
        harm_dist: tf.Tensor,
        harm_dist_target: tf.Tensor,
        f0_hz: tf.Tensor,
        f0_hz_target: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        """Three losses by name, of amplitudes and f0 [B, F, 1] and distributions [B, F, K]."""
        for value, target in ((harm_amp, harm_amp_target), (harm_dist, harm_dist_target), (f0_hz, f0_hz_target)):
            _require_same_sizes(self.name, value, target)
        is_heard = tf.cast(harm_amp_target >= self.amp_threshold, tf.float32)
        return {
            "harm_amp_loss": self.amp_weight * amp_loss(harm_amp, harm_amp_target),
            "harm_dist_loss": self.dist_weight * amp_loss(harm_dist, harm_dist_target, weights=is_heard),
            "f0_hz_loss": self.f0_weight * freq_loss(f0_hz, f0_hz_target, weights=is_heard),
        }


class WassersteinConsistencyLoss(Loss):
    """How far amplitude has to be carried to turn one set of sinusoids into another.

    Args:
      weight: Weight of this loss; a higher value makes it count more against the other losses.
      midi: Whether distances count in MIDI notes; if not, they count in Hz, so high notes matter more.
    """

    def __init__(self, weight: float = 1.0, midi: bool = True, name: str = "wasserstein_consistency_loss") -> None:
        super().__init__(name)
        self.weight = weight
        self.midi = midi

    def __call__(self, amps_a: tf.Tensor, freqs_a: tf.Tensor, amps_b: tf.Tensor, freqs_b: tf.Tensor) -> tf.Tensor:
        """One number for the batch, of amplitudes and frequencies in Hz, [B, F, S]; a and b may differ in S."""
        _require_same_counts(self.name, amps_a, freqs_a, amps_b, freqs_b)
        if self.midi:
            freqs_a, freqs_b = hz_to_midi(freqs_a), hz_to_midi(freqs_b)
        return self.weight * tf.reduce_mean(wasserstein_distance(freqs_a, freqs_b, amps_a, amps_b))


def wasserstein_distance(
    u_values: Any, v_values: Any, u_weights: Any = None, v_weights: Any = None, p: float = 1.0
) -> tf.Tensor:
    """Distance of the cumulative weights of two sets of values on a line, in the norm `p`, with gradients.

    Weights are taken as they are, as the reference takes them: with weights that sum to one on both sides, or none, it
    is the Wasserstein distance (p = 1); otherwise a difference of the sums counts over the range that values cover.

    Args:
      u_values: [..., U].
      v_values: [..., V].
      u_weights: Not negative, [..., U]; None shares 1 out evenly.
      v_weights: Likewise, [..., V].
      p: Degree of the norm.

    Returns: [...].
    """
    u_values, v_values = tf_float32(u_values), tf_float32(v_values)
    all_values = tf.sort(tf.concat([u_values, v_values], -1), -1)
    apart = tf.abs(_cumulative(u_values, u_weights, all_values) - _cumulative(v_values, v_weights, all_values))
    if p == 1.0:
        return tf.reduce_sum(diff(all_values) * apart, -1)
    total = tf.reduce_sum(diff(all_values) * apart**p, -1)
    is_apart = total > 0.0  # the root has no gradient at zero
    return tf.where(is_apart, tf.where(is_apart, total, 1.0) ** (1.0 / p), 0.0)


def _cumulative(values: tf.Tensor, weights: Any, all_values: tf.Tensor) -> tf.Tensor:
    """Sum of the weights of the values up to each of `all_values` but the last."""
    weights = tf.ones_like(values) / float(values.shape[-1]) if weights is None else tf_float32(weights)
    order, n_batch_dims = tf.argsort(values, -1), len(values.shape) - 1
    ordered = tf.gather(values, order, batch_dims=n_batch_dims)
    sums = tf.cumsum(tf.gather(weights, order, batch_dims=n_batch_dims), -1)
    sums = tf.concat([tf.zeros_like(sums[..., :1]), sums], -1)
    n_below = tf.searchsorted(ordered, all_values[..., :-1], side="right")
    return tf.gather(sums, n_below, batch_dims=n_batch_dims)


class KDEConsistencyLoss(Loss):
    """How unlikely each of two sets of sinusoids is where the other one lies.

    Around every sinusoid there is a normal distribution, weighted by its amplitude. The likelihoods do not depend on
    the overall amplitude, so that is compared as well.

    Args:
      weight_a: Weight of how unlikely a is, given b; a higher value punishes sinusoids of a without a partner more.
      weight_b: Weight of how unlikely b is, given a; a higher value punishes sinusoids of b without a partner more.
      weight_mean_amp: Weight of the difference between the mean amplitudes; a higher value makes loudness count more.
      scale_a: Standard deviation around the sinusoids of a, in MIDI notes.
      scale_b: Standard deviation around the sinusoids of b, in MIDI notes; a larger value tolerates larger distances.
    """

    def __init__(
        self,
        weight_a: float = 1.0,
        weight_b: float = 1.0,
        weight_mean_amp: float = 1.0,
        scale_a: float = 0.1,
        scale_b: float = 0.1,
        name: str = "kde_consistency_loss",
    ) -> None:
        super().__init__(name)
        self.weight_a = weight_a
        self.weight_b = weight_b
        self.weight_mean_amp = weight_mean_amp
        self.scale_a = scale_a
        self.scale_b = scale_b

    def __call__(self, amps_a: tf.Tensor, freqs_a: tf.Tensor, amps_b: tf.Tensor, freqs_b: tf.Tensor) -> tf.Tensor:
        """One number for the batch, of amplitudes and frequencies in Hz, [B, F, S]; a and b may differ in S."""
        _require_same_counts(self.name, amps_a, freqs_a, amps_b, freqs_b)
        loss = tf.zeros([])
        if self.weight_a > 0.0:
            loss += self.weight_a * tf.reduce_mean(self.nll(amps_a, freqs_a, amps_b, freqs_b, self.scale_b))
        if self.weight_b > 0.0:
            loss += self.weight_b * tf.reduce_mean(self.nll(amps_b, freqs_b, amps_a, freqs_a, self.scale_a))
        if self.weight_mean_amp > 0.0:
            means = tf.reduce_mean(amps_a, -1), tf.reduce_mean(amps_b, -1)
            loss += self.weight_mean_amp * mean_difference(*means)
        return loss

    def nll(
        self, amps: tf.Tensor, freqs: tf.Tensor, amps_target: tf.Tensor, freqs_target: tf.Tensor, scale_target: float
    ) -> tf.Tensor:
        """Negative log likelihood of sinusoids around target sinusoids: their mean weighted by amplitude, over S."""
        nll_BFS = -log_density_around_sinusoids(freqs, amps_target, freqs_target, scale_target)
        shares_BFS = safe_divide(amps, tf.reduce_sum(amps, -1, keepdims=True))
        return tf.reduce_mean(nll_BFS * shares_BFS, -1)


def _require_same_sizes(name: str, value: tf.Tensor, target: tf.Tensor) -> None:
    """Refuses controls of another number of frames or channels than their target's. Raises ConfigError."""
    for axis, what in ((1, "frames"), (-1, "channels")):
        require_same(
            {f"{name}: the number of {what}": value.shape[axis], "that of the target": target.shape[axis]},
            "The preprocessor's frames, and the output splits of encoder and decoder, decide them.",
        )


def _require_same_counts(
    name: str, amps_a: tf.Tensor, freqs_a: tf.Tensor, amps_b: tf.Tensor, freqs_b: tf.Tensor
) -> None:
    """Refuses sets with unlike numbers of amplitudes and frequencies, or of frames. Raises ConfigError."""
    hint = "n_sinusoids and n_harmonics, and the preprocessor's frames, decide them."
    for amps, freqs in ((amps_a, freqs_a), (amps_b, freqs_b)):
        sizes = {f"{name}: the number of amplitudes": amps.shape[-1], "that of frequencies": freqs.shape[-1]}
        require_same(sizes, hint)
    require_same({f"{name}: the number of frames": freqs_a.shape[1], "that of the other set": freqs_b.shape[1]}, hint)
