"""Processors and the graph that connects them. B = batch, N = audio samples."""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from ddsp_backend.dsp.core import resample
from ddsp_backend.errors import ConfigError

Tensors = dict[str, Any]


class Processor(tf.Module):
    """Turns a network's outputs into controls that make sense, and controls into a signal.

    Attributes:
      is_stochastic: The processor draws noise: it takes `noise_seed`, int32 [2], as a keyword.
      has_length: The processor decides how long its signal is: it takes `n_samples` as a keyword.
    """

    is_stochastic = False
    has_length = False

    def __call__(self, *inputs: tf.Tensor, **options: Any) -> tf.Tensor:
        return self.process(*inputs, **options)["signal"]

    def process(self, *inputs: tf.Tensor, **options: Any) -> Tensors:
        """{"signal": tensor, "controls": what the signal was made of}."""
        controls = self.get_controls(*inputs)
        return {"signal": self.get_signal(**controls, **options), "controls": controls}

    def get_controls(self, *inputs: tf.Tensor) -> Tensors:
        raise NotImplementedError

    def get_signal(self, **controls: Any) -> tf.Tensor:
        raise NotImplementedError


class Add(Processor):
    """Sum of two signals."""

    def __init__(self, name: str = "add") -> None:
        super().__init__(name)

    def get_controls(self, *inputs: tf.Tensor) -> Tensors:
        signal_one, signal_two = inputs
        return {"signal_one": signal_one, "signal_two": signal_two}

    def get_signal(self, **controls: Any) -> tf.Tensor:
        return controls["signal_one"] + controls["signal_two"]


class Mix(Processor):
    """Mixes two signals of one length by a level that a network gives.

    The gains are the reference's, for its models' sake: sqrt(level) and 1 - sqrt(1 - level).
    """

    def __init__(self, name: str = "mix") -> None:
        super().__init__(name)

    def get_controls(self, *inputs: tf.Tensor) -> Tensors:
        signal_one, signal_two, nn_out_mix_level = inputs
        n_one, n_two = signal_one.shape[1], signal_two.shape[1]
        if n_one != n_two:
            raise ConfigError(f"Mix cannot mix {n_one} samples with {n_two}", "Give both signals the same length.")
        mix_level = resample(tf.nn.sigmoid(nn_out_mix_level), n_one)
        return {"signal_one": signal_one, "signal_two": signal_two, "mix_level": mix_level}

    def get_signal(self, **controls: Any) -> tf.Tensor:
        level = controls["mix_level"]
        one, two = tf.sqrt(level), 1.0 - tf.sqrt(1.0 - level)
        return one * controls["signal_one"] + two * controls["signal_two"]


class Crop(Processor):
    """Cuts the frame that centring added.

    Args:
      frame_size: Samples to cut.
      crop_location: "front", "center" (half at each end) or "back".
    """

    def __init__(self, frame_size: int, crop_location: str = "back", name: str = "crop") -> None:
        super().__init__(name)
        if crop_location not in ("front", "center", "back"):
            raise ConfigError(f"Crop.crop_location={crop_location!r} is unknown", "Use 'front', 'center' or 'back'.")
        self.frame_size = frame_size
        self.crop_location = crop_location

    def get_controls(self, *inputs: tf.Tensor) -> Tensors:
        (audio,) = inputs
        return {"audio": audio}

    def get_signal(self, **controls: Any) -> tf.Tensor:
        audio_BN = controls["audio"]
        half = self.frame_size // 2
        start = {"front": 2 * half, "center": half, "back": 0}[self.crop_location]
        return audio_BN[:, start : start + audio_BN.shape[1] - 2 * half]


class ProcessorGroup(tf.Module):
    """Runs processors in order, each on what the features and the processors before it gave.

    Args:
      dag: Nodes `(processor, [input key, ...])`; a key such as "add/signal" or "harmonic/controls/f0_hz" looks into
        nested results. Each processor becomes an attribute under its name, so checkpoints hold `reverb/...`.
      **processors: Further processors, which nodes may name by text.
    """

    def __init__(self, dag: Sequence[Sequence[Any]], name: str = "processor_group", **processors: Processor) -> None:
        super().__init__(name)
        if not dag:
            raise ConfigError("ProcessorGroup.dag is empty, so the model makes no sound", "List its processors.")
        for key, processor in processors.items():
            setattr(self, key, processor)
        self.nodes: list[tuple[str, tuple[str, ...]]] = []
        for node in dag:
            processor, inputs = node[0], tuple(node[1])
            key = processor if isinstance(processor, str) else processor.name
            if not isinstance(processor, str):
                setattr(self, key, processor)
            elif not isinstance(getattr(self, key, None), Processor):
                raise ConfigError(f"ProcessorGroup.dag names {key!r}, which is no processor of the group")
            self.nodes.append((key, inputs))

    @property
    def processors(self) -> list[Processor]:
        """In the order they run."""
        return [getattr(self, key) for key, _ in self.nodes]

    def __call__(self, features: Tensors, n_samples: int | None = None) -> Tensors:
        """{"signal": of the last processor, "controls": everything}, see `get_controls`."""
        controls = self.get_controls(features, n_samples)
        return {"signal": controls["out"]["signal"], "controls": controls}

    def get_controls(self, features: Tensors, n_samples: int | None = None) -> Tensors:
        """Runs every processor.

        Args:
          features: Tensors by name; `noise_seed`, int32 [2], chooses the noise ([0, 0] if absent).
          n_samples: Length of the synthesizers' signals in place of their own, to render other lengths.

        Returns: The features, and for each processor {"signal", "controls"}; "out" is the last one.
        """
        results: Tensors = {**features, "inputs": features}
        seed = tf.convert_to_tensor(features.get("noise_seed", (0, 0)), tf.int32)
        for index, (key, input_keys) in enumerate(self.nodes):
            processor: Processor = getattr(self, key)
            options: Tensors = {}
            if processor.is_stochastic:
                options["noise_seed"] = seed + tf.constant([0, 1_000_003 * (index + 1)], tf.int32)
            if processor.has_length and n_samples is not None:
                options["n_samples"] = n_samples
            results[key] = processor.process(*(_lookup(results, input_key) for input_key in input_keys), **options)
            results["out"] = results[key]
        return results


def _lookup(results: Tensors, key: str) -> Any:
    value: Any = results
    for part in key.split("/"):
        if not isinstance(value, dict) or part not in value:
            known = ", ".join(sorted(value)) if isinstance(value, dict) else "nothing"
            raise ConfigError(
                f"ProcessorGroup.dag asks for {key!r}, and there is no {part!r}", f"At this place it could be: {known}."
            )
        value = value[part]
    return value
