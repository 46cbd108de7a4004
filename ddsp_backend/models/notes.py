"""Notes of one voice as masks over time. B = batch, F = control frames, R = regions, D = numbers of a value.

A region is a stretch of frames between two changes of pitch: a note, or a rest, whose pitch is 0.
"""

from typing import Any

import tensorflow as tf

from ddsp_backend.dsp.core import safe_divide

SHORT_NOTE_FRAMES = 40


def get_note_mask(q_pitch: tf.Tensor, max_regions: int = 100, note_on_only: bool = True) -> tf.Tensor:
    """Which frames each region holds, 0 or 1, [B, F, max_regions].

    Args:
      q_pitch: Whole numbers, [B, F] or [B, F, 1]. Each change of them starts a region.
      max_regions: Regions that are told apart; frames of later ones are in none.
      note_on_only: Leave out the rests.
    """
    q_pitch_BF = _without_channel(q_pitch)
    starts_BF = tf.cast(q_pitch_BF[:, 1:] != q_pitch_BF[:, :-1], tf.int32)
    mask_BFR = _regions(starts_BF, max_regions)
    if note_on_only:
        pitches_BR = get_note_moments(q_pitch_BF, mask_BFR, return_std=False)
        mask_BFR *= tf.cast(pitches_BR > 0.0, tf.float32)[:, tf.newaxis]
    return mask_BFR


def get_note_mask_from_onset(
    q_pitch: tf.Tensor, onset: tf.Tensor, max_regions: int = 100, note_on_only: bool = True
) -> tf.Tensor:
    """The same where 1 in `onset`, [B, F] or [B, F, 1], starts a region: a pitch can be played again.

    Within a region, frames whose pitch is 0 are left out with `note_on_only`.
    """
    starts_BF = tf.cast(_without_channel(onset)[:, 1:], tf.int32)
    mask_BFR = _regions(starts_BF, max_regions)
    if note_on_only:
        mask_BFR *= tf.cast(_without_channel(q_pitch) > 0.0, tf.float32)[:, :, tf.newaxis]
    return mask_BFR


def get_note_lengths(note_mask_BFR: tf.Tensor) -> tf.Tensor:
    """Frames of each region, [B, R]."""
    return tf.reduce_sum(note_mask_BFR, 1)


def get_note_moments(x: tf.Tensor, note_mask_BFR: tf.Tensor, return_std: bool = True) -> Any:
    """Mean of x over each region, and with `return_std` beside it its standard deviation. Those of none are 0.

    Args:
      x: [B, F, D] or [B, F].

    Returns:
      [B, R, D], or [B, R] for x without D.
    """
    x_BFD = x[..., tf.newaxis] if x.shape.rank == 2 else x
    lengths_BR1 = get_note_lengths(note_mask_BFR)[..., tf.newaxis]
    mean_BRD = safe_divide(tf.einsum("bfd,bfr->brd", x_BFD, note_mask_BFR), lengths_BR1)
    deviation_BFRD = (x_BFD[:, :, tf.newaxis] - mean_BRD[:, tf.newaxis]) * note_mask_BFR[..., tf.newaxis]
    variance_BRD = safe_divide(tf.reduce_sum(tf.square(deviation_BFRD), 1), lengths_BR1)
    # The square root has no finite gradient at zero, which is what every empty region has.
    std_BRD = tf.where(variance_BRD > 0.0, tf.sqrt(tf.where(variance_BRD > 0.0, variance_BRD, 1.0)), 0.0)
    moments = [part[..., 0] if x.shape.rank == 2 else part for part in (mean_BRD, std_BRD)]
    return (moments[0], moments[1]) if return_std else moments[0]


def pool_over_notes(x_BFD: tf.Tensor, note_mask_BFR: tf.Tensor, return_std: bool = True) -> Any:
    """At each frame, the mean of x over the note that sounds there, 0 in between; with `return_std` the deviation too.

    Returns:
      [B, F, D], or two of them.
    """
    moments = tf.nest.flatten(get_note_moments(x_BFD, note_mask_BFR, return_std))
    pooled = [tf.einsum("brd,bfr->bfd", moment_BRD, note_mask_BFR) for moment_BRD in moments]
    return (pooled[0], pooled[1]) if return_std else pooled[0]


def get_short_note_loss_mask(
    note_mask_BFR: tf.Tensor,
    note_lengths_BR: tf.Tensor,
    note_pitches_BR: tf.Tensor,
    min_length: int = SHORT_NOTE_FRAMES,
) -> tf.Tensor:
    """1 at the frames of notes (not rests) shorter than `min_length`, [B, F]."""
    is_short = tf.logical_and(note_lengths_BR < min_length, note_pitches_BR > 0.0)
    return tf.einsum("bfr,br->bf", note_mask_BFR, tf.cast(is_short, tf.float32))


def _regions(starts_BF: tf.Tensor, max_regions: int) -> tf.Tensor:
    """The first frame starts region 0, and each 1 at a later frame the next one."""
    region_BF = tf.pad(tf.cumsum(starts_BF, 1), [[0, 0], [1, 0]])
    return tf.one_hot(region_BF, max_regions)


def _without_channel(x: tf.Tensor) -> tf.Tensor:
    return x[..., 0] if x.shape.rank == 3 else x
