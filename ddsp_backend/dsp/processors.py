"""Processors and the graph that connects them. B = batch, N = audio samples."""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from ddsp_backend.dsp.core import resample
from ddsp_backend.dsp.dags import DAGLayer
from ddsp_backend.dsp.nested import Tensors
from ddsp_backend.dsp.tensors import between, require_same, tf_float32
from ddsp_backend.errors import ConfigError


class Processor(tf.Module):
    """Turns a network's outputs into controls that make sense, and controls into a signal.

    Attributes:
      is_stochastic: The processor draws noise: it takes `noise_seed`, int32 [2], as a keyword.
      has_length: The processor decides how long its signal is: it takes `n_samples` as a keyword.
    """

    is_stochastic = False
    has_length = False

    def __call__(self, *inputs: tf.Tensor, return_outputs_dict: bool = False, **options: Any) -> Any:
        """The signal; with `return_outputs_dict`, what `process` returns."""
        outputs = self.process(*inputs, **options)
        return outputs if return_outputs_dict else outputs["signal"]

    def process(self, *inputs: tf.Tensor, **options: Any) -> Tensors:
        """{"signal": tensor, "controls": what the signal was made of}. Inputs may be of any number type."""
        controls = self.get_controls(*map(tf_float32, inputs))
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
        require_same(
            {
                f"{self.name}: the length of the one signal": signal_one.shape[1],
                "that of the other": signal_two.shape[1],
            },
            "Each synthesizer's n_samples, and Crop.frame_size, decide how long its signal is.",
        )
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
      frame_size: Number of samples to cut off; it is the frame size that the audio was padded for.
      crop_location: Where to cut: "front", "center" (half at each end) or "back"; it must match the padding.
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
        return between(audio_BN, start, start + audio_BN.shape[1] - 2 * half)


class ProcessorGroup(DAGLayer):
    """Runs processors in order, each on what the features and the processors before it gave.

    Args:
      dag: Nodes `(processor, [input key, ...])`, see `DAGLayer`; a key such as "add/signal" or
        "harmonic/controls/f0_hz" looks into nested results.
      **processors: Further processors, which nodes may name by text.
    """

    part = "processor"

    def __init__(self, dag: Sequence[Sequence[Any]], name: str = "processor_group", **processors: Processor) -> None:
        super().__init__(dag, name, **processors)
        for processor in self.processors:
            if not isinstance(processor, Processor):
                raise ConfigError(f"ProcessorGroup.dag holds {processor!r}, which is no processor")

    @property
    def processor_names(self) -> list[str]:
        """One for each node, in the order they run."""
        return self.module_names

    @property
    def processors(self) -> list[Processor]:
        """One for each node, in the order they run."""
        return self.modules

    def __call__(self, inputs: Tensors, n_samples: int | None = None, **options: Any) -> Tensors:
        """{"signal": of the last processor, "controls": everything}, see `get_controls`."""
        controls = self.get_controls(inputs, n_samples, **options)
        return {"signal": self.get_signal(controls), "controls": controls}

    def get_controls(self, inputs: Tensors, n_samples: int | None = None, **options: Any) -> Tensors:
        """Runs every processor.

        Args:
          inputs: Features, as tensors by name; `noise_seed`, int32 [2], chooses the noise ([0, 0] if absent).
          n_samples: Length of the synthesizers' signals in place of their own, to render other lengths.
          **options: Without effect on processors.

        Returns: The inputs, and for each processor {"signal", "controls"}; "out" is the last one.
        """
        return self.run_dag(inputs, n_samples=n_samples, **options)

    def get_signal(self, outputs: Tensors) -> tf.Tensor:
        """The last processor's signal, of what `get_controls` returned."""
        return outputs["out"]["signal"]
