from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.errors import ConfigError, DataError
from ddsp_backend.models.preprocessing import (
    F0LoudnessPreprocessor,
    F0PowerPreprocessor,
    OnlineF0PowerPreprocessor,
    inv_scale_db,
    inv_scale_f0_hz,
    scale_db,
    scale_f0_hz,
)

GOLDEN = Path(__file__).parent.parent / "golden" / "preprocess_f0_loudness.npz"
TONE_BN = tf.constant(0.5 * np.sin(2 * np.pi * 440 * np.arange(16000) / 16000), tf.float32)[None]


def test_that_pitch_and_loudness_are_the_references():
    golden = np.load(GOLDEN)
    found = F0LoudnessPreprocessor()(
        {"audio": tf.constant(golden["audio"], tf.float32), "f0_hz": tf.constant(golden["f0_hz"])}
    )
    for key in ("f0_hz", "f0_scaled"):
        np.testing.assert_allclose(found[key], golden[f"out_{key}"], rtol=1e-6)
    # Thousandths of a dB, because the audio is stored in half precision.
    np.testing.assert_allclose(found["loudness_db"], golden["out_loudness_db"], atol=2e-3)
    np.testing.assert_allclose(found["ld_scaled"], golden["out_ld_scaled"], atol=2e-3 / 80)


def test_that_scaling_can_be_undone():
    np.testing.assert_allclose(inv_scale_db(scale_db(tf.constant([-80.0, -12.5, 0.0]))), [-80, -12.5, 0], atol=1e-5)
    np.testing.assert_allclose(inv_scale_f0_hz(scale_f0_hz(tf.constant([55.0, 440.0]))), [55, 440], rtol=1e-5)


def test_that_no_pitch_scales_to_zero():
    assert float(scale_f0_hz(tf.constant([0.0]))[0]) == 0.0


def test_that_loudness_of_the_features_is_used_where_there_is_no_audio():
    features = {"f0_hz": tf.fill([1, 10], 440.0), "loudness_db": tf.fill([1, 10], -40.0)}
    found = F0LoudnessPreprocessor(time_steps=10)(features)
    np.testing.assert_allclose(found["ld_scaled"], np.full([1, 10, 1], 0.5))


def test_that_features_without_loudness_and_audio_are_refused_by_name():
    with pytest.raises(DataError, match=r"F0LoudnessPreprocessor needs 'loudness_db', but .* only f0_hz"):
        F0LoudnessPreprocessor(time_steps=10)({"f0_hz": tf.fill([1, 10], 440.0)})


def test_that_any_frame_rate_is_resampled_to_the_models():
    found = F0LoudnessPreprocessor(time_steps=250)({"audio": TONE_BN, "f0_hz": tf.fill([1, 50], 440.0)})
    assert {key: value.shape.as_list() for key, value in found.items()} == {
        key: [1, 250, 1] for key in ("f0_hz", "loudness_db", "f0_scaled", "ld_scaled")
    }


def test_that_power_is_computed_or_taken():
    f0_hz = tf.fill([1, 250], 440.0)
    computed = F0PowerPreprocessor(time_steps=250)({"audio": TONE_BN, "f0_hz": f0_hz})
    np.testing.assert_allclose(np.median(computed["pw_db"]), 10 * np.log10(0.125), atol=0.3)
    taken = F0PowerPreprocessor(time_steps=250)({"power_db": tf.fill([1, 250], -20.0), "f0_hz": f0_hz})
    np.testing.assert_allclose(taken["pw_scaled"], np.full([1, 250, 1], 0.75))


class TestOnline:
    """The frames of the streaming models: one more than the audio has hops, and never resampled."""

    preprocessor = OnlineF0PowerPreprocessor(frame_rate=50, compute_f0=False)

    def test_that_a_steady_tone_has_its_power_on_centred_frames(self):
        found = self.preprocessor({"audio": TONE_BN, "f0_hz": tf.fill([1, 51], 440.0)})
        assert found["pw_scaled"].shape == [1, 51, 1]
        np.testing.assert_allclose(found["pw_db"][0, 5:-5, 0], 10 * np.log10(0.125), atol=0.1)

    def test_that_audio_at_16_khz_is_preferred(self):
        features = {"audio": tf.zeros([1, 48000]), "audio_16k": TONE_BN, "f0_hz": tf.fill([1, 51], 440.0)}
        assert float(self.preprocessor(features)["pw_db"][0, 25, 0]) > -10

    def test_that_frames_which_do_not_fit_are_named_with_their_settings(self):
        with pytest.raises(ConfigError) as caught:
            self.preprocessor({"audio": TONE_BN, "f0_hz": tf.fill([1, 250], 440.0)})
        assert "f0_hz has 250 frames, but 16000 samples at 16000 Hz make 51 frames" in caught.value.title
        assert "OnlineF0PowerPreprocessor.frame_rate=50 and padding='center'" in caught.value.title
        assert "TFRecordProvider.frame_rate and TFRecordProvider.centered" in caught.value.hint

    def test_that_the_pitch_of_the_audio_is_tracked_inside_the_model(self):
        online = OnlineF0PowerPreprocessor(frame_rate=50, crepe_saved_model_path="tiny")
        audio_BN = tf.concat([TONE_BN, TONE_BN * 0.5], 0)
        found = tf.function(online, autograph=False)({"audio": audio_BN})
        assert found["f0_hz"].shape == found["f0_confidence"].shape == [2, 51, 1]
        cents = 1200 * np.log2(found["f0_hz"].numpy()[:, 3:-3] / 440.0)
        assert np.abs(cents).max() < 20
        assert found["f0_confidence"].numpy()[:, 3:-3].min() > 0.5
        np.testing.assert_allclose(found["f0_scaled"][0, 25, 0], float(scale_f0_hz(440.0)), atol=2e-3)

    def test_that_a_pitch_without_audio_is_taken_as_it_is(self):
        online = OnlineF0PowerPreprocessor(frame_rate=50, crepe_saved_model_path="tiny")
        found = online({"f0_hz": tf.fill([1, 2], 440.0), "pw_db": tf.fill([1, 2], -20.0)})
        np.testing.assert_allclose(found["f0_hz"][0, :, 0], [440.0, 440.0])

    def test_that_tracking_without_a_tracker_is_refused_with_the_cure(self):
        with pytest.raises(ConfigError, match=r"crepe_saved_model_path is not set.*Set it to 'full' or 'tiny'"):
            OnlineF0PowerPreprocessor(crepe_saved_model_path=None)

    def test_that_a_frame_rate_that_does_not_divide_16_khz_is_refused(self):
        with pytest.raises(ConfigError, match=r"frame_rate=60 does not divide 16000 Hz"):
            OnlineF0PowerPreprocessor(frame_rate=60, compute_f0=False)
