"""What evaluation makes of examples that hold no recording."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.config.settings import EvaluateConfig
from ddsp_backend.evaluation.session import EvaluationSession
from ddsp_backend.models.inverse_synthesis import InverseSynthesis
from ddsp_backend.models.sinusoidal import ResnetSinusoidalEncoder

N_FRAMES, N_SAMPLES = 50, 3200
HZ = np.where(np.arange(N_FRAMES) < 40, 500.0, 0.0)


@pytest.fixture
def session(tmp_path: Path) -> EvaluationSession:
    model = InverseSynthesis(ResnetSinusoidalEncoder(), n_samples=N_SAMPLES, reverb=False)
    return EvaluationSession(tmp_path, tmp_path, "evaluate", EvaluateConfig(), model, n_examples=1)


def test_that_invented_notes_are_heard_and_their_pitch_is_known(session: EvaluationSession) -> None:
    invented = {
        "f0_hz": tf.constant(HZ[None, :, None], tf.float32),
        "sin_freqs": tf.constant(HZ[None, :, None], tf.float32),
        "sin_amps": tf.constant(0.5 * (HZ > 0)[None, :, None], tf.float32),
        "noise_magnitudes": tf.zeros([1, N_FRAMES, 5]),
    }
    batch = session.heard(invented)
    spectrum = np.abs(np.fft.rfft(batch["audio"][0, : N_SAMPLES // 2]))
    assert np.argmax(spectrum) * 16000 / (N_SAMPLES // 2) == 500
    np.testing.assert_array_equal(batch["f0_confidence"][0, :, 0], HZ > 0)
    assert all(batch[key] is value for key, value in invented.items())  # the losses compare with them


def test_that_recordings_stay_as_they_are(session: EvaluationSession) -> None:
    batch = {"audio": tf.zeros([1, N_SAMPLES])}
    assert session.heard(batch) is batch
    assert session.heard(({"sin_amps": tf.zeros([1, N_FRAMES, 1])}, batch)) is batch  # of zipped data sets
