"""Notes as masks, against loops over frames."""

import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.models.notes import (
    get_note_lengths,
    get_note_mask,
    get_note_mask_from_onset,
    get_note_moments,
    get_short_note_loss_mask,
    pool_over_notes,
)
from tests.models.checks import tensor

PITCHES_BF = tf.constant([[60, 60, 0, 0, 62, 62, 62, 64], [0, 0, 0, 50, 50, 50, 0, 51]], tf.float32)
REGIONS_BF = np.array([[0, 0, 1, 1, 2, 2, 2, 3], [0, 0, 0, 1, 1, 1, 2, 3]])
IS_NOTE_BF = PITCHES_BF.numpy() > 0


@pytest.mark.parametrize("shape", [(2, 8), (2, 8, 1)])
def test_that_each_change_of_pitch_starts_a_region(shape):
    found = get_note_mask(tf.reshape(PITCHES_BF, shape), max_regions=5, note_on_only=False)
    np.testing.assert_array_equal(found, np.eye(5)[REGIONS_BF])


def test_that_rests_can_be_left_out():
    found = get_note_mask(PITCHES_BF, max_regions=5)
    np.testing.assert_array_equal(found, np.eye(5)[REGIONS_BF] * IS_NOTE_BF[..., None])


def test_that_a_pitch_can_be_played_again():
    onset = np.array([[1, 0, 0, 1, 0, 0, 1, 0]], np.float32)
    pitch = np.array([[60, 60, 0, 60, 60, 60, 61, 61]], np.float32)
    found = get_note_mask_from_onset(tf.constant(pitch), tf.constant(onset[..., None]), max_regions=3)
    expected = np.eye(3)[[[0, 0, 0, 1, 1, 1, 2, 2]]] * (pitch > 0)[..., None]
    np.testing.assert_array_equal(found, expected)


def test_that_mean_and_deviation_are_those_of_each_note():
    x, mask = tensor(2, 8, 3), get_note_mask(PITCHES_BF, max_regions=5)
    mean, std = get_note_moments(x, mask)
    pooled_mean, pooled_std = pool_over_notes(x, mask)
    for example in range(2):
        for region in range(5):
            frames = np.flatnonzero(mask[example, :, region])
            part = x.numpy()[example, frames]
            expected = (part.mean(0), part.std(0)) if len(frames) else (np.zeros(3), np.zeros(3))
            for found, value in zip((mean, std), expected, strict=True):
                np.testing.assert_allclose(found[example, region], value, atol=1e-6)
            for found, value in zip((pooled_mean, pooled_std), expected, strict=True):
                for frame in frames:
                    np.testing.assert_allclose(found[example, frame], value, atol=1e-6)
    np.testing.assert_array_equal(pooled_mean.numpy()[~IS_NOTE_BF], 0.0)


def test_that_a_value_without_channels_keeps_its_rank():
    mask = get_note_mask(PITCHES_BF, max_regions=5, note_on_only=False)
    found = get_note_moments(PITCHES_BF, mask, return_std=False)
    np.testing.assert_array_equal(found, [[60, 0, 62, 64, 0], [0, 50, 0, 51, 0]])
    np.testing.assert_array_equal(get_note_lengths(mask), [[2, 2, 3, 1, 0], [3, 3, 1, 1, 0]])


def test_that_short_notes_are_marked_and_short_rests_are_not():
    mask = get_note_mask(PITCHES_BF, max_regions=5, note_on_only=False)
    pitches = get_note_moments(PITCHES_BF, mask, return_std=False)
    found = get_short_note_loss_mask(mask, get_note_lengths(mask), pitches, min_length=3)
    np.testing.assert_array_equal(found, [[1, 1, 0, 0, 0, 0, 0, 1], [0, 0, 0, 0, 0, 0, 0, 1]])


def test_that_its_gradient_is_finite_with_empty_regions_and_constant_notes():
    x = tf.ones([2, 8, 3])
    with tf.GradientTape() as tape:
        tape.watch(x)
        mean, std = pool_over_notes(x, get_note_mask(PITCHES_BF))
        loss = tf.reduce_sum(mean) + tf.reduce_sum(std)
    assert np.isfinite(tape.gradient(loss, x)).all()
