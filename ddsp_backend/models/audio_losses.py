"""What the losses of every model of audio have in common. N = audio samples."""

import tensorflow as tf

from ddsp_backend.errors import ConfigError


def require_same_length(target_BN: tf.Tensor, audio_BN: tf.Tensor, settings: str) -> None:
    """Raises ConfigError where an example is not as long as what the model makes: `settings` decide the latter."""
    if target_BN.shape[-1] != audio_BN.shape[-1]:
        raise ConfigError(
            f"An example has {target_BN.shape[-1]} samples, but the model makes {audio_BN.shape[-1]}",
            f"The example's length is TFRecordProvider.example_secs times sample_rate; the model's is {settings}.",
        )


def with_total(losses: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """The losses, and their sum as `total_loss`."""
    return {**losses, "total_loss": tf.add_n(list(losses.values())) if losses else tf.zeros([])}
