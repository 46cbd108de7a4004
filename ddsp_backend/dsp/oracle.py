"""The best that a harmonic and a noise synthesizer can do: their controls fitted to a recording, without a network.

What is left of every distance then is the floor under any model with these synthesizers: the pitch that was found, the
frames, and the draw of the noise set it.

B = batch, N = samples, F = control frames, K = harmonics, M = noise bands.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from ddsp_backend.arrays import Array
from ddsp_backend.dsp.analysis_targets import analysis_targets
from ddsp_backend.dsp.filters import frequency_filter
from ddsp_backend.dsp.harmonic import get_harmonic_frequencies, harmonic_synthesis
from ddsp_backend.dsp.losses import SpectralLoss
from ddsp_backend.dsp.noise import uniform_noise

_QUIETEST = 1e-5  # -100 dB, from where a control can still rise
_RATE = 0.1  # nepers of a step at the start: a decibel; it falls to zero
_BETA_1, _BETA_2, _EPSILON = 0.9, 0.99, 1e-8
_NOISE_SEED = (0, 0)  # the clips' own
_WINDOW_SIZE = 257  # of the noise's filter, as the models have it


@dataclass(frozen=True)
class Fitted:
    """What the synthesizers play with the fitted controls, [B, N]."""

    audio: Array
    harmonic: Array
    noise: Array


def fit(
    audio_BN: Array,
    f0_hz_BF: Array,
    is_voiced_BF: npt.NDArray[np.bool_],
    sample_rate: int,
    n_harmonics: int = 60,
    n_bands: int = 65,
    n_steps: int = 30,
) -> Fitted:
    """Starts from an analysis of the recording, then descends the models' spectral loss. The same input gives the same.

    Args:
      audio_BN: Recordings, full scale 1.
      f0_hz_BF: Their pitch, at every hop of round(N / F) samples, the first frame at sample 0.
      is_voiced_BF: Whether there is one: elsewhere noise alone plays.
      sample_rate: Hz.
      n_harmonics: K.
      n_bands: M.
      n_steps: Steps of the descent; 0 plays the analysis itself.
    """
    n_samples, n_frames = audio_BN.shape[1], f0_hz_BF.shape[1]
    hop = round(n_samples / n_frames)
    n_played = hop * n_frames
    f0_hz_BF1 = tf.constant(f0_hz_BF, tf.float32)[..., tf.newaxis]
    target_BN = tf.constant(audio_BN, tf.float32)
    targets = analysis_targets(
        target_BN, f0_hz_BF1[..., 0], tf.constant(is_voiced_BF), hop, sample_rate, n_harmonics, n_bands
    )
    is_heard_BFK = get_harmonic_frequencies(f0_hz_BF1, n_harmonics) < sample_rate / 2.0
    plays_BFK = tf.cast(is_heard_BFK & tf.constant(is_voiced_BF)[..., tf.newaxis], tf.float32)
    source_BN = uniform_noise(audio_BN.shape[0], n_played, tf.constant(_NOISE_SEED, tf.int32))
    source_BN = tf.ensure_shape(source_BN, [audio_BN.shape[0], n_played])
    missing = max(0, n_samples - n_played)

    def play(harmonics_BFK: tf.Tensor, noise_BFM: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        harmonics_BFK = plays_BFK * tf.exp(harmonics_BFK)
        harmonic_BN = harmonic_synthesis(
            f0_hz_BF1, tf.ones_like(f0_hz_BF1), harmonics_BFK, n_samples=n_played, sample_rate=sample_rate
        )
        noise_BN = frequency_filter(source_BN, tf.exp(noise_BFM), _WINDOW_SIZE)
        harmonic_BN, noise_BN = (
            tf.pad(part_BN[:, :n_samples], [[0, 0], [0, missing]]) for part_BN in (harmonic_BN, noise_BN)
        )
        return harmonic_BN, noise_BN

    loss_of = SpectralLoss(logmag_weight=1.0)

    @tf.function(autograph=False)
    def step(controls: list[tf.Tensor], ms: list[tf.Tensor], vs: list[tf.Tensor], n: tf.Tensor) -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(controls)
            loss = loss_of(target_BN, tf.add_n(play(*controls)))
        gradients = tape.gradient(loss, controls)
        ms = [_BETA_1 * m + (1.0 - _BETA_1) * g for m, g in zip(ms, gradients, strict=True)]
        vs = [_BETA_2 * v + (1.0 - _BETA_2) * tf.square(g) for v, g in zip(vs, gradients, strict=True)]
        rate = _RATE * (1.0 - n / n_steps) * tf.sqrt(1.0 - _BETA_2 ** (n + 1.0)) / (1.0 - _BETA_1 ** (n + 1.0))
        moved = [c - rate * m / (tf.sqrt(v) + _EPSILON) for c, m, v in zip(controls, ms, vs, strict=True)]
        return [*moved, *ms, *vs]

    controls = [tf.math.log(value + _QUIETEST) for value in (targets.harmonics, targets.noise)]
    ms, vs = ([tf.zeros_like(control) for control in controls] for _ in range(2))
    for n in range(n_steps):
        state = step(controls, ms, vs, tf.constant(float(n)))
        controls, ms, vs = state[:2], state[2:4], state[4:]
    harmonic_BN, noise_BN = play(*controls)
    return Fitted((harmonic_BN + noise_BN).numpy(), harmonic_BN.numpy(), noise_BN.numpy())
