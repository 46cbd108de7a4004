"""One training step, batch 16. The smoke run compares losses and gradients with the plain formulation."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import numpy as np
import tensorflow as tf

from benchmarks.measurement import Measurement, seconds_of
from benchmarks.models import gflop_a_frame, trainer_and_batch
from ddsp_backend.dsp import filters, losses, synths
from ddsp_backend.dsp.core import resample
from ddsp_backend.dsp.harmonic import remove_above_nyquist
from ddsp_backend.dsp.spectral import compute_mag
from ddsp_backend.models import layers, recurrent
from ddsp_backend.models.gru import gru_step

REFERENCE_SECONDS = {"solo_instrument": 9.84, "vst": 2.9, "tiny_instrument": 3.8, "ae": 14.1}
SMOKE_BATCH = 48  # times 21 frames or 100: as many vectors as the fused kernels ask for


def measure(smoke: bool) -> Iterator[Measurement]:
    for name, reference in REFERENCE_SECONDS.items():
        trainer, batch = trainer_and_batch(name, SMOKE_BATCH if smoke else 16, smoke)
        if smoke:
            compare_with_plain(trainer.model, batch)
        values = seconds_of(lambda trainer=trainer, batch=batch: trainer.train_step(batch), 1 if smoke else 7)
        n_frames = batch["f0_hz"].shape[0] * batch["f0_hz"].shape[1]
        gflop = 3 * gflop_a_frame(trainer.model) * n_frames  # forward once and backward twice
        yield Measurement(f"train step, {name}, batch 16", values, "s", reference, gflop)


def compare_with_plain(model: Any, batch: dict[str, Any]) -> None:
    """Raises AssertionError unless losses and gradients are those of the plain formulation.

    In two parts that meet at the audio: the loss there with its slope, and each variable's gradient for a given slope.
    Joined, they could not be compared: the slope of a logarithm is 1 / |X|, which in a bin that is nearly empty makes
    percents of the audio's last digits, whatever the formulation.
    """
    audio_BN, gradients = _audio_and_gradients(model, batch)
    loss, d_audio_BN = _loss_and_slope(model, batch, audio_BN)
    with plain_formulation():
        plain_audio_BN, plain_gradients = _audio_and_gradients(model, batch)
        plain_loss, plain_d_audio_BN = _loss_and_slope(model, batch, audio_BN)
    _require_equal("audio", audio_BN, plain_audio_BN, 1e-5)
    _require_equal("loss", loss, plain_loss, 1e-5)
    _require_equal("slope of the loss", d_audio_BN, plain_d_audio_BN, 1e-5)
    for variable, *pair in zip(model.trainable_variables, gradients, plain_gradients, strict=True):
        _require_equal(f"gradient of {variable.name} {variable.shape}", *pair, 1e-5)


def _require_equal(what: str, found: Any, expected: Any, most: float) -> None:
    error = np.linalg.norm(found - expected) / max(np.linalg.norm(expected), 1e-20)
    assert error < most, f"{what}: {error:.1e} away from the plain formulation"


def _audio_and_gradients(model: Any, batch: dict[str, Any]) -> tuple[Any, list[Any]]:
    """The gradient of each variable where the audio's is white noise."""
    variables = model.trainable_variables
    slope_BN = tf.random.stateless_normal(batch["audio"].shape, (1, 2))

    @tf.function(autograph=False)
    def run() -> Any:
        with tf.GradientTape() as tape:
            audio_BN = model({**batch, "noise_seed": tf.constant([0, 0])})["audio_synth"]
        zero = tf.UnconnectedGradients.ZERO
        return audio_BN, tape.gradient(audio_BN, variables, slope_BN, unconnected_gradients=zero)

    audio_BN, gradients = run()
    return np.asarray(audio_BN), [np.asarray(gradient) for gradient in gradients]


def _loss_and_slope(model: Any, batch: dict[str, Any], audio_BN: Any) -> tuple[Any, Any]:
    @tf.function(autograph=False)
    def run(audio_BN: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(audio_BN)
            loss = model.losses(batch, {"audio_synth": audio_BN})["total_loss"]
        return loss, tape.gradient(loss, audio_BN)

    loss, d_audio_BN = run(tf.constant(audio_BN))
    return np.asarray(loss), np.asarray(d_audio_BN)


@contextmanager
def plain_formulation() -> Iterator[None]:
    """In this scope models are traced with everything as the formulas say it, and differentiated automatically."""
    with ExitStack() as patches:
        for place, name, plain in (
            (synths, "harmonic_synthesis", _harmonics),
            (losses, "magnitude_distance", _magnitude_distance),
            (filters, "_convolve_frames", _convolve_frames),
            (recurrent, "gru_scan", _gru_scan),
            (layers, "FUSED_FROM", float("inf")),
        ):
            patches.enter_context(patch.object(place, name, plain))
        yield


def _harmonics(
    f0_hz_BF1: Any, amplitudes_BF1: Any, distribution_BFK: Any, n_samples: int, sample_rate: int, method: str, _: bool
) -> Any:
    """Sines in double precision: in single precision the phases of the plain formulation drift, an error of its own."""
    order_K = tf.range(1, distribution_BFK.shape[-1] + 1, dtype=tf.float64)
    f0_hz_BN1 = tf.cast(resample(f0_hz_BF1, n_samples), tf.float64)
    sines_BNK = tf.sin(2 * np.pi * order_K * tf.cumsum(f0_hz_BN1 / sample_rate, 1))
    envelopes_BNK = resample(amplitudes_BF1 * distribution_BFK, n_samples, method)
    envelopes_BNK = remove_above_nyquist(f0_hz_BN1 * order_K, envelopes_BNK, sample_rate)
    return tf.reduce_sum(envelopes_BNK * tf.cast(sines_BNK, tf.float32), -1)


def _magnitude_distance(target_BN: Any, audio_BN: Any, size: int, mag_weight: float, logmag_weight: float) -> Any:
    loss = losses.SpectralLoss((size,), mag_weight=mag_weight, logmag_weight=logmag_weight)
    return loss.of_magnitudes(compute_mag(target_BN, size), compute_mag(audio_BN, size))


def _convolve_frames(frames_BFN: Any, responses_BFT: Any) -> Any:
    size = [filters.get_fft_size(frames_BFN.shape[-1], responses_BFT.shape[-1])]
    return tf.signal.irfft(tf.signal.rfft(frames_BFN, size) * tf.signal.rfft(responses_BFT, size), size)


def _gru_scan(projected_TBG: Any, h_BH: Any, recurrent_kernel_HG: Any, bias_2G: Any) -> Any:
    states = []
    for projected_BG in tf.unstack(projected_TBG):
        h_BH, _ = gru_step(projected_BG, h_BH, recurrent_kernel_HG, bias_2G)
        states.append(h_BH)
    return tf.stack(states)
