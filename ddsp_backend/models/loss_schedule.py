"""What is learned at which step."""

import tensorflow as tf

from ddsp_backend.errors import ConfigError


class LossSchedule:
    """At first controls alone are learned, then the audio comes in.

    A loss of audio cannot tell a quiet harmonic from none, and drives it out. Harmonics that are there it refines.

    Args:
      steps_without_audio: First steps, in which the model learns from the analysis only; audio losses start after them.
      steps_of_rise: Number of steps in which their weight then rises to 1; more steps make a gentler change.
    """

    def __init__(self, steps_without_audio: int = 40, steps_of_rise: int = 20) -> None:
        for name, value in (("steps_without_audio", steps_without_audio), ("steps_of_rise", steps_of_rise)):
            if value < 0:
                raise ConfigError(f"LossSchedule.{name}={value} cannot be used", "It must be 0 or more.")
        self.steps_without_audio = steps_without_audio
        self.steps_of_rise = steps_of_rise

    def audio_weight(self, step: tf.Tensor) -> tf.Tensor:
        """Of the gradient of the audio's losses, 0 to 1, at a step counted from 0."""
        risen = tf.cast(step - self.steps_without_audio + 1, tf.float32) / (self.steps_of_rise + 1.0)
        return tf.clip_by_value(risen, 0.0, 1.0)
