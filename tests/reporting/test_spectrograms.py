"""Spectrograms to look at."""

import numpy as np
import pytest

from ddsp_backend.reporting.spectrograms import GrowingSpectrogram, mel_spectrogram
from tests import recordings


@pytest.mark.parametrize("sample_rate", [16000, 44100])
def test_that_columns_of_pieces_are_those_of_the_whole(sample_rate):
    audio = recordings.melody(1.3, sample_rate)
    whole = mel_spectrogram(audio, sample_rate)
    growing = GrowingSpectrogram(sample_rate)
    pieces = [growing.add(piece) for piece in np.split(audio, [1, 2, 900, 7000])]
    np.testing.assert_array_equal(np.concatenate([*pieces, growing.end()], axis=1), whole)
    assert whole.shape == (128, growing.n_frames(len(audio)))


def test_that_a_sine_at_full_scale_reaches_the_top_where_it_lies():
    picture = mel_spectrogram(recordings.tone(1.0, hz=1000, level=1.0), 16000)
    band = np.argmax(picture[:, 30])
    assert picture[band, 30] >= 245
    mel = 2595 * np.log10(1 + np.array([1000, 8000]) / 700)
    assert band / 128 == pytest.approx(mel[0] / mel[1], abs=0.02)
    assert picture[:20, 30].max() == 0


def test_that_what_is_no_number_is_drawn_without_complaint():
    audio_N = np.full(16000, np.nan, np.float32)
    assert mel_spectrogram(audio_N, 16000).max() == 0
    audio_N[:8000] = np.inf
    assert mel_spectrogram(audio_N, 16000).max() == 255
