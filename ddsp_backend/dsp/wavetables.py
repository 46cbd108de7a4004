"""Sound read from tables, and from its own past.

B = batch, F = control frames, N = audio samples, W = samples of a table.
"""

from typing import Any

import tensorflow as tf

from ddsp_backend.dsp.core import resample
from ddsp_backend.dsp.tensors import require_same, tf_float32


def linear_lookup(phase: Any, wavetables: Any) -> tf.Tensor:
    """Reads wavetables, interpolating linearly between their samples and from the last one on to the first.

    Args:
      phase: Position in the table in cycles, [B, N, 1] or [B, N]; only the part after the point counts.
      wavetables: [B, W], or one for every sample, [B, N, W].

    Returns: audio_BN.
    Raises:
      ConfigError: There are neither one table nor N.
    """
    phase_BN, tables = tf_float32(phase), tf_float32(wavetables)
    if phase_BN.shape.rank == 3:
        phase_BN = phase_BN[..., 0]
    if tables.shape.rank == 3 and tables.shape[1] == 1:
        tables = tables[:, 0]
    if tables.shape.rank == 3:
        sizes = {"The number of samples to read": phase_BN.shape[1], "that of wavetables": tables.shape[1]}
        require_same(sizes, "Give one wavetable, or one for every sample: resample them to n_samples.")
    n_wavetable = tables.shape[-1]
    # Two samples gathered for each read: the weights of all others in the table are zero.
    position_BN = (phase_BN - tf.stop_gradient(tf.floor(phase_BN))) * n_wavetable
    index_BN = tf.minimum(tf.cast(position_BN, tf.int32), n_wavetable - 1)
    fraction_BN = position_BN - tf.cast(index_BN, tf.float32)
    n_batch_dims = tables.shape.rank - 1
    if n_batch_dims == 1:
        here_BN = tf.gather(tables, index_BN, batch_dims=1)
        next_BN = tf.gather(tables, (index_BN + 1) % n_wavetable, batch_dims=1)
    else:
        tables = tf.broadcast_to(tables, tf.concat([tf.shape(index_BN), [n_wavetable]], 0))
        here_BN = tf.gather(tables, index_BN[..., None], batch_dims=2)[..., 0]
        next_BN = tf.gather(tables, (index_BN[..., None] + 1) % n_wavetable, batch_dims=2)[..., 0]
    return here_BN + (next_BN - here_BN) * fraction_BN


def wavetable_synthesis(
    frequencies: Any, amplitudes: Any, wavetables: Any, n_samples: int = 64000, sample_rate: int = 16000
) -> tf.Tensor:
    """Plays wavetables at a frequency.

    Args:
      frequencies: Hz, [B, F, 1].
      amplitudes: Linear, [B, F, 1].
      wavetables: One period of sound, [B, W] or [B, F, W]; between frames one fades into the next.
      n_samples: N.
      sample_rate: Hz.

    Returns: audio_BN.
    """
    wavetables = tf_float32(wavetables)
    if wavetables.shape.rank == 3 and wavetables.shape[1] > 1:
        wavetables = resample(wavetables, n_samples)
    cycles_BN = tf.cast(resample(frequencies, n_samples)[..., 0] / float(sample_rate), tf.float64)
    # Single precision would detune by thousandths of a Hz, and more the longer it plays.
    phase_BN = tf.cumsum(cycles_BN, 1, exclusive=True)
    phase_BN = tf.cast(phase_BN - tf.stop_gradient(tf.floor(phase_BN)), tf.float32)
    return linear_lookup(phase_BN, wavetables) * resample(amplitudes, n_samples, method="window")[..., 0]


def variable_length_delay(phase: Any, audio: Any, max_length: int = 512) -> tf.Tensor:
    """Audio as it was some time before, interpolating linearly between samples; before its beginning is silence.

    Args:
      phase: The delay as a share of `max_length`, 0 to 1, [B, N, 1] or [B, N].
      audio: [B, N].
      max_length: Longest delay in samples.

    Returns: audio_BN.
    Raises:
      ConfigError: Phase and audio have different numbers of samples.
    """
    phase_BN, audio_BN = tf_float32(phase), tf_float32(audio)
    if phase_BN.shape.rank == 3:
        phase_BN = phase_BN[..., 0]
    sizes = {"The number of samples of the delay's phase": phase_BN.shape[1], "that of the audio": audio_BN.shape[1]}
    require_same(sizes, "Resample what modulates the delay to the audio's n_samples.")
    delay_BN = tf.clip_by_value(phase_BN, 0.0, 1.0) * max_length
    whole_BN = tf.minimum(tf.cast(delay_BN, tf.int32), max_length - 1)
    fraction_BN = delay_BN - tf.cast(whole_BN, tf.float32)
    padded = tf.pad(audio_BN, [[0, 0], [max_length, 0]])
    index_BN = tf.range(max_length, max_length + tf.shape(audio_BN)[1]) - whole_BN
    later_BN, earlier_BN = (tf.gather(padded, index_BN - lag, batch_dims=1) for lag in (0, 1))
    return later_BN + (earlier_BN - later_BN) * fraction_BN
