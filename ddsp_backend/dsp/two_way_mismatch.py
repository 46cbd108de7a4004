"""f0 as what sinusoids are harmonics of. B = batch, F = frames, C = candidates for f0, S = sinusoids, K = harmonics."""

from typing import Any

import numpy as np
import tensorflow as tf

from ddsp_backend.dsp.core import safe_divide
from ddsp_backend.dsp.densities import log_density_around_sinusoids, log_mixture_of_normals
from ddsp_backend.dsp.losses import Loss
from ddsp_backend.dsp.tensors import require_same, tf_float32


class TWMLoss(Loss):
    """How badly sinusoids fit the harmonics of the best of some candidates for f0, and these the sinusoids.

    Sinusoids that lie on harmonics speak for low candidates, whose harmonics are dense; harmonics that lie on sinusoids
    speak for high ones, whose harmonics are few. Both together are smallest at f0. Experimental, as in the reference.

    Args:
      sinusoids_weight: Weight of how unlikely the sinusoids are, given the harmonics; a higher value punishes
        sinusoids between harmonics more.
      harmonics_weight: Weight of how unlikely the harmonics are, given the sinusoids; a higher value punishes missing
        harmonics more.
      sinusoids_scale: Standard deviation around a sinusoid in MIDI notes; a larger value tolerates more mistuning.
      harmonics_scale: Standard deviation around a harmonic in parts of the fundamental; a larger value tolerates more
        mistuning.
      n_harmonic_points: Harmonics of each candidate that are looked for among the sinusoids.
      n_harmonic_gaussians: How many harmonics of each candidate may explain sinusoids; more harmonics explain higher
        sinusoids.
      softmin_temperature: How evenly the candidates count; the lower it is, the more the best one counts alone.
      sample_rate: Sample rate of the audio in Hz; harmonics above half of it do not count.

    Source: Maher & Beauchamp, "Fundamental frequency estimation of musical signals using a two-way mismatch procedure",
    JASA 95 (1994), made probabilistic.
    """

    def __init__(
        self,
        sinusoids_weight: float = 1.0,
        harmonics_weight: float = 1.0,
        sinusoids_scale: float = 0.5,
        harmonics_scale: float = 0.2,
        n_harmonic_points: int = 10,
        n_harmonic_gaussians: int = 30,
        softmin_temperature: float = 1.0,
        sample_rate: int = 16000,
        name: str = "twm_loss",
    ) -> None:
        super().__init__(name)
        self.sinusoids_weight = sinusoids_weight
        self.harmonics_weight = harmonics_weight
        self.sinusoids_scale = sinusoids_scale
        self.harmonics_scale = harmonics_scale
        self.n_harmonic_points = n_harmonic_points
        self.n_harmonic_gaussians = n_harmonic_gaussians
        self.softmin_temperature = softmin_temperature
        self.sample_rate = sample_rate

    def __call__(self, f0_candidates: Any, freqs: Any, amps: Any) -> tf.Tensor:
        """One number for the batch.

        Args:
          f0_candidates: Hz, [B, F, C].
          freqs: Of the sinusoids, in Hz, [B, F, S].
          amps: Of the sinusoids, not negative, [B, F, S].
        """
        loss_BFC = self._combined(f0_candidates, freqs, amps)
        return tf.reduce_mean(loss_BFC * tf.nn.softmax(-loss_BFC / self.softmin_temperature, -1))

    def predict_f0(self, f0_candidates: Any, freqs: Any, amps: Any) -> Any:
        """The best candidate of each frame, a float32 array [B, F, 1] without gradient."""
        best_BF1 = np.nanargmin(np.asarray(self._combined(f0_candidates, freqs, amps)), -1)[..., None]
        return np.take_along_axis(np.asarray(f0_candidates, np.float32), best_BF1, -1)

    def get_loss_tensors(self, f0_candidates: Any, freqs: Any, amps: Any) -> tuple[tf.Tensor, tf.Tensor]:
        """Unlikelihood of the sinusoids given each candidate's harmonics, and the other way round, both [B, F, C]."""
        f0_BFC, freqs_BFS, amps_BFS = tf_float32(f0_candidates), tf_float32(freqs), tf_float32(amps)
        hint = "n_sinusoids, and the preprocessor's frames, decide them."
        sizes = {
            f"{self.name}: the number of amplitudes": amps_BFS.shape[-1],
            "that of frequencies": freqs_BFS.shape[-1],
        }
        require_same(sizes, hint)
        sizes = {f"{self.name}: the number of frames": freqs_BFS.shape[1], "that of f0 candidates": f0_BFC.shape[1]}
        require_same(sizes, hint)
        return self._of_sinusoids(f0_BFC, freqs_BFS, amps_BFS), self._of_harmonics(f0_BFC, freqs_BFS, amps_BFS)

    def _combined(self, f0_candidates: Any, freqs: Any, amps: Any) -> tf.Tensor:
        sinusoids_BFC, harmonics_BFC = self.get_loss_tensors(f0_candidates, freqs, amps)
        return self.sinusoids_weight * sinusoids_BFC + self.harmonics_weight * harmonics_BFC

    def _of_sinusoids(self, f0_BFC: tf.Tensor, freqs_BFS: tf.Tensor, amps_BFS: tf.Tensor) -> tf.Tensor:
        harmonic_numbers = tf.range(1, self.n_harmonic_gaussians + 1, dtype=tf.float32)
        evenly = tf.ones_like(harmonic_numbers) / self.n_harmonic_gaussians
        ratios_BFCS = safe_divide(freqs_BFS[:, :, None], f0_BFC[..., None])
        nll_BFCS = -log_mixture_of_normals(ratios_BFCS, evenly, harmonic_numbers, self.harmonics_scale)
        total_BF1 = tf.reduce_sum(amps_BFS, -1, keepdims=True)
        return safe_divide(tf.reduce_sum(nll_BFCS * amps_BFS[:, :, None], -1), total_BF1)

    def _of_harmonics(self, f0_BFC: tf.Tensor, freqs_BFS: tf.Tensor, amps_BFS: tf.Tensor) -> tf.Tensor:
        n_points = self.n_harmonic_points
        harmonics_BFCK = f0_BFC[..., None] * tf.range(1, n_points + 1, dtype=tf.float32)
        nll_BFCK = -log_density_around_sinusoids(
            harmonics_BFCK, amps_BFS[:, :, None], freqs_BFS[:, :, None], self.sinusoids_scale
        )
        # Higher harmonics count less; those above Nyquist not at all, and the others more instead, or else the highest
        # candidate would always win.
        is_heard_BFCK = tf.cast(harmonics_BFCK < self.sample_rate / 2.0, tf.float32)
        is_heard_BFCK = safe_divide(is_heard_BFCK, tf.reduce_mean(is_heard_BFCK, -1, keepdims=True))
        return tf.reduce_mean(nll_BFCK * tf.linspace(1.0, 1.0 / n_points, n_points) * is_heard_BFCK, -1)
