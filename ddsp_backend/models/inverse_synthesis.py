"""The model that turns audio into sinusoids, and those into a harmonic tone, both of which it plays.

B = batch, F = frames, N = audio samples, K = sinusoids or harmonics.

Source: Engel et al., "Self-supervised Pitch Detection by Inverse Audio Synthesis", ICML 2020 workshop on
self-supervision in audio and speech.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from ddsp_backend.arrays import Features
from ddsp_backend.dsp.consistency_losses import HarmonicConsistencyLoss
from ddsp_backend.dsp.core import exp_sigmoid
from ddsp_backend.dsp.effects import FilteredNoiseReverb
from ddsp_backend.dsp.harmonic import get_harmonic_frequencies
from ddsp_backend.dsp.processors import Add, ProcessorGroup
from ddsp_backend.dsp.scalings import frequencies_softmax
from ddsp_backend.dsp.synths import FilteredNoise, Sinusoidal
from ddsp_backend.errors import ConfigError, DataError
from ddsp_backend.models.audio_losses import require_same_length, with_total
from ddsp_backend.models.features import needed

Outputs = dict[str, Any]
Losses = dict[str, tf.Tensor]

_SINUSOID_DEPTH = 64  # numbers that decide one frequency
_BUILD_SAMPLES = 4096  # enough for every layer to see its input
_SELF_SUPERVISED = "self_supervised"
_INVENTED_KEY = "sin_amps"  # what examples have that nobody played, and recordings do not


class InverseSynthesis(tf.Module):
    """Audio to sinusoids to a harmonic tone, learned from recordings, from invented notes, or from both.

    Args:
      sinusoidal_encoder: Network from `audio` to raw `frequencies`, `amplitudes` and `noise_magnitudes`; a larger one
        learns more but trains slower.
      harmonic_encoder: Network from `sin_freqs` and `sin_amps` to `harm_amp`, `harm_dist` and `f0_hz`; None stops at
        sinusoids.
      losses: Each compares the example's audio with that of the sinusoids and of the tone.
      sinusoidal_consistency_losses: Losses that each compare two sets of sinusoids; without any, these may drift
        apart.
      harmonic_consistency_losses: Each compares the tone with that of an invented note.
      filtered_noise_consistency_loss: Loss that compares the noise with that of an invented note; None compares no
        noise.
      twm_loss: Loss for how badly the fundamental explains the sinusoids; None leaves the fundamental free of it.
      harmonic_distribution_prior: Loss of the harmonic distribution alone, which favours likely timbres; None favours
        no timbre.
      freq_scale_fn: Function from raw frequencies to Hz; it decides which frequencies the sinusoids can reach.
      reverb: Whether a learned room comes last; if not, the model learns the room as part of the sound.
      n_samples: Audio samples of each example; a larger number makes longer examples that need more memory.
      sample_rate: Sample rate of the audio in Hz; it must match the data set.
      stop_gradient: What goes wrong with the tone does not change the sinusoids.
    """

    def __init__(
        self,
        sinusoidal_encoder: Callable[[Features], Features] | None = None,
        harmonic_encoder: Callable[[Features], Features] | None = None,
        losses: Sequence[Any] | Any = (),
        sinusoidal_consistency_losses: Sequence[Any] | Any = (),
        harmonic_consistency_losses: Sequence[Any] | Any = (),
        filtered_noise_consistency_loss: Any = None,
        twm_loss: Any = None,
        harmonic_distribution_prior: Any = None,
        freq_scale_fn: Callable[..., Any] | None = None,
        reverb: bool = True,
        n_samples: int = 64000,
        sample_rate: int = 16000,
        stop_gradient: bool = True,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        if sinusoidal_encoder is None:
            raise ConfigError("InverseSynthesis.sinusoidal_encoder is None", "Bind it: it is what hears.")
        self.sinusoidal_encoder = sinusoidal_encoder
        self.harmonic_encoder = harmonic_encoder
        self.audio_loss_objs = _listed(losses)
        self.sinusoidal_consistency_losses = _listed(sinusoidal_consistency_losses)
        self.harmonic_consistency_losses = _listed(harmonic_consistency_losses)
        self.filtered_noise_consistency_loss = filtered_noise_consistency_loss
        self.twm_loss = twm_loss
        self.harmonic_distribution_prior = harmonic_distribution_prior
        self.freq_scale_fn = freq_scale_fn or functools.partial(frequencies_softmax, depth=_SINUSOID_DEPTH)
        self.n_samples = n_samples
        self.sample_rate = sample_rate
        self.stop_gradient = stop_gradient
        dag: list[tuple[Any, list[str]]] = [
            (
                Sinusoidal(n_samples, sample_rate, amp_scale_fn=None, freq_scale_fn=None, name="sinusoidal"),
                ["amplitudes", "frequencies"],
            ),
            (FilteredNoise(n_samples, window_size=0, scale_fn=None, name="filtered_noise"), ["noise_magnitudes"]),
            (Add(), ["filtered_noise/signal", "sinusoidal/signal"]),
        ]
        if reverb:
            room = FilteredNoiseReverb(
                trainable=True, reverb_length=2 * sample_rate, n_frames=500, n_filter_banks=16, name="reverb"
            )
            dag.append((room, ["add/signal"]))
        self.processor_group = ProcessorGroup(dag)

    def build(self, features: Features | Sequence[Features]) -> None:
        """Creates every variable by one eager pass over silence. See `Autoencoder.build`."""
        del features
        self._encode(tf.zeros([1, min(self.n_samples, _BUILD_SAMPLES)]))

    def __call__(self, features: Features | Sequence[Features], training: bool = True) -> Outputs:
        """Hears and plays examples.

        Args:
          features: With `audio` [B, N]; or invented notes, which hold `sin_amps`, `sin_freqs` and `noise_magnitudes`
            and are played first; or one of each, which run through the model as one batch.
          training: Kept for layers that behave otherwise in training. None of these does.

        Returns:
          `audio`, `sin_audio`, `sin_amps`, `sin_freqs`, `noise_magnitudes`, and with a harmonic encoder `harm_audio`,
          `harm_amp`, `harm_dist`, `f0_hz`, `harm_freqs`, `harm_amps`; what the processors made; and under
          `self_supervised` the same of the invented notes that came with recordings.
        """
        recorded, invented = _sorted_out(features)
        seed = (recorded or invented or {}).get("noise_seed", (0, 0))
        audio_BN = [] if recorded is None else [needed(recorded, "audio", self)]
        if invented is not None:
            audio_BN.append(self.generate_synthetic_audio(invented))
        outputs = self._forward(tf.concat(audio_BN, 0), seed)
        if recorded is None or invented is None:
            return outputs
        n_recorded = tf.shape(audio_BN[0])[0]
        flat = {key: value for key, value in outputs.items() if key != "noise_seed" and tf.is_tensor(value)}
        kept = {key: value[:n_recorded] for key, value in flat.items()}
        return {**kept, _SELF_SUPERVISED: {key: value[n_recorded:] for key, value in flat.items()}}

    def generate_synthetic_audio(self, features: Features) -> tf.Tensor:
        """What invented notes sound like, [B, N]."""
        return self._play(features["sin_amps"], features["sin_freqs"], features["noise_magnitudes"], (0, 0))["signal"]

    def losses(self, features: Features | Sequence[Features], outputs: Outputs) -> Losses:
        """Every loss by name, and their sum as `total_loss`. Names of those against invented notes begin with ss_."""
        _, invented = _sorted_out(features)
        found = self._losses_of_audio(outputs)
        if invented is not None:
            found.update(self._losses_of_controls(outputs.get(_SELF_SUPERVISED, outputs), invented))
        return with_total(found)

    def get_audio_from_outputs(self, outputs: Outputs) -> tf.Tensor:
        """[B, N]: of the tone where there is one, else of the sinusoids."""
        return outputs["sin_audio" if self.harmonic_encoder is None else "harm_audio"]

    def _encode(self, audio_BN: tf.Tensor) -> Outputs:
        raw = self.sinusoidal_encoder({"audio": audio_BN})
        outputs = {
            "audio": audio_BN,
            "sin_freqs": self.freq_scale_fn(raw["frequencies"]),
            "sin_amps": exp_sigmoid(raw["amplitudes"]),
            "noise_magnitudes": exp_sigmoid(raw["noise_magnitudes"]),
        }
        if self.harmonic_encoder is None:
            return outputs
        sinusoids = {key: self._stopped(outputs[key]) for key in ("sin_freqs", "sin_amps")}
        tone = self.harmonic_encoder(sinusoids)
        n_harmonics = tone["harm_dist"].shape[-1]
        return {
            **outputs,
            **tone,
            "harm_freqs": get_harmonic_frequencies(tone["f0_hz"], n_harmonics),
            "harm_amps": tone["harm_amp"] * tone["harm_dist"],
        }

    def _forward(self, audio_BN: tf.Tensor, seed: Any) -> Outputs:
        outputs = self._encode(audio_BN)
        noise = outputs["noise_magnitudes"]
        played = self._play(outputs["sin_amps"], outputs["sin_freqs"], noise, seed)
        outputs = {**played["controls"], **outputs, "sin_audio": played["signal"]}
        if self.harmonic_encoder is not None:
            tone = self._play(outputs["harm_amps"], outputs["harm_freqs"], self._stopped(noise), seed)
            outputs["harm_audio"] = tone["signal"]
        return outputs

    def _play(self, amplitudes: tf.Tensor, frequencies: tf.Tensor, noise_magnitudes: tf.Tensor, seed: Any) -> Outputs:
        return self.processor_group(
            {
                "amplitudes": amplitudes,
                "frequencies": frequencies,
                "noise_magnitudes": noise_magnitudes,
                "noise_seed": seed,
            }
        )

    def _stopped(self, x: tf.Tensor) -> tf.Tensor:
        return tf.stop_gradient(x) if self.stop_gradient else x

    def _losses_of_audio(self, outputs: Outputs) -> Losses:
        o, found = outputs, {}
        target_BN = o["audio"]
        require_same_length(target_BN, o["sin_audio"], "InverseSynthesis.n_samples")
        for loss in self.audio_loss_objs:
            found.update(_named("sin_", loss.get_losses_dict(target_BN, o["sin_audio"])))
        if self.harmonic_encoder is not None:
            if self.harmonic_distribution_prior is not None:
                found.update(self.harmonic_distribution_prior.get_losses_dict(o["harm_dist"]))
            for loss in self.audio_loss_objs:
                found.update(_named("harm_", loss.get_losses_dict(target_BN, o["harm_audio"])))
            sinusoids = (self._stopped(o["sin_amps"]), self._stopped(o["sin_freqs"]))
            for loss in self.sinusoidal_consistency_losses:
                found.update(loss.get_losses_dict(*sinusoids, o["harm_amps"], o["harm_freqs"]))
        if self.twm_loss is not None:
            candidates = o["sin_freqs"] if self.harmonic_encoder is None else o["f0_hz"]
            found.update(self.twm_loss.get_losses_dict(candidates, o["sin_freqs"], o["sin_amps"]))
        return found

    def _losses_of_controls(self, outputs: Outputs, invented: Features) -> Losses:
        o, f, found = outputs, invented, {}
        for loss in self.sinusoidal_consistency_losses:
            of_sinusoids = loss.get_losses_dict(o["sin_amps"], o["sin_freqs"], f["sin_amps"], f["sin_freqs"])
            found.update(_named("ss_", of_sinusoids))
        if self.filtered_noise_consistency_loss is not None:
            of_noise = self.filtered_noise_consistency_loss.get_losses_dict(
                o["noise_magnitudes"], f["noise_magnitudes"]
            )
            found.update(_named("ss_", of_noise))
        for loss in self.harmonic_consistency_losses if self.harmonic_encoder is not None else ():
            if isinstance(loss, HarmonicConsistencyLoss):
                pairs = [side[key] for key in ("harm_amp", "harm_dist", "f0_hz") for side in (o, f)]
                found.update(_named("ss_", loss.get_losses_dict(*pairs)))
            else:
                of_tone = loss.get_losses_dict(o["harm_amp"], o["f0_hz"], f["harm_amp"], f["f0_hz"])
                found.update(_named("ss_harm_", of_tone))
        return found


def _listed(losses: Any) -> list[Any]:
    """gin files bind a loss, a list of them, or None."""
    if losses is None:
        return []
    return list(losses) if isinstance(losses, list | tuple) else [losses]


def _named(prefix: str, losses: Losses) -> Losses:
    return {prefix + name: loss for name, loss in losses.items()}


def _sorted_out(features: Features | Sequence[Features]) -> tuple[Features | None, Features | None]:
    """The recordings and the invented notes."""
    if isinstance(features, dict):
        return (None, features) if _INVENTED_KEY in features else (features, None)
    invented = [part for part in features if _INVENTED_KEY in part]
    recorded = [part for part in features if _INVENTED_KEY not in part]
    if len(invented) != 1 or len(recorded) != 1:
        raise DataError(
            f"InverseSynthesis was given {len(recorded)} data sets of recordings and {len(invented)} of invented notes",
            "Zip one of each: ZippedProvider.data_providers = [@data.SyntheticNotes(), @data.TFRecordProvider()].",
        )
    return recorded[0], invented[0]
