"""Filter design against scipy."""

import numpy as np
import pytest
import scipy.fft
import scipy.signal

from ddsp_backend.dsp.filter_design import sinc, sinc_impulse_response
from ddsp_backend.dsp.filters import crop_and_compensate_delay, fft_convolve, frequency_impulse_response, get_fft_size
from ddsp_backend.dsp.parity import apply_window_to_impulse_response, sinc_filter
from ddsp_backend.errors import ConfigError

RANDOM = np.random.default_rng(0)
RATE = 16000


@pytest.mark.parametrize(("frame", "taps"), [(64, 128), (1, 1), (1000, 501), (64, 66), (12345, 4801)])
def test_that_other_sizes_are_scipys_next_fast_length(frame, taps):
    fast = scipy.fft.next_fast_len(frame + taps - 1, real=True)  # its real transforms take factors 2, 3 and 5
    assert get_fft_size(frame, taps, power_of_2=False) == fast


@pytest.mark.parametrize("window_size", [0, 33, 40, 1000])
def test_that_windowing_is_that_of_the_frequency_sampling_design(window_size):
    magnitudes = RANDOM.uniform(0.5, 1, (2, 3, 65)).astype("f4")
    zero_phase = np.fft.irfft(magnitudes.astype("f8"))
    windowed = apply_window_to_impulse_response(zero_phase, window_size)
    assert np.abs(windowed - frequency_impulse_response(magnitudes, window_size)).max() < 1e-6
    causal = apply_window_to_impulse_response(np.fft.fftshift(zero_phase, -1), window_size, causal=True)
    assert np.abs(causal - windowed).max() < 1e-7


def test_that_one_number_is_a_cutoff_for_all():
    response_11T = sinc_impulse_response(0.5, 128).numpy()
    assert response_11T.shape == (1, 1, 129)
    assert np.array_equal(response_11T, sinc_impulse_response([[[RATE / 4]]], 128, RATE))
    audio_BN = RANDOM.normal(size=(2, 1000))
    filtered_BN = sinc_filter(audio_BN, 0.5, 128)
    assert filtered_BN.shape == (2, 1000)
    same_BN = sinc_filter(audio_BN, np.full((2, 1, 1), 0.5), 128)
    assert np.array_equal(filtered_BN, same_BN)


def test_that_valid_makes_the_length_it_promises_whatever_delay_is_cut():
    audio_BN, taps_BT = RANDOM.normal(size=(2, 2000)), RANDOM.normal(size=(2, 101))
    whole_BN = np.stack([np.convolve(*pair) for pair in zip(audio_BN, taps_BT, strict=True)])
    for delay, start in ((0, 0), (7, 7), (-1, 49)):
        found_BN = fft_convolve(audio_BN, taps_BT, "valid", delay).numpy()
        assert found_BN.shape == (2, 2100)
        assert np.abs(found_BN[:, : 2100 - start] - whole_BN[:, start:]).max() < 1e-4
        assert np.abs(found_BN[:, 2100 - start :]).max(initial=0.0) < 1e-4


def test_that_sinc_is_numpys():
    x = np.array([-3.5, -1.0, 0.0, 1e-25, 0.3, 2.0])
    assert np.abs(sinc(x) - np.sinc(x)).max() < 1e-6


@pytest.mark.parametrize("window_size", [64, 65])
def test_that_a_low_pass_is_scipys_windowed_sinc(window_size):
    responses = sinc_impulse_response(np.array([[[1000.0], [3000.0]]]), window_size, RATE)
    for response, cutoff in zip(responses[0], (1000, 3000), strict=True):
        # TensorFlow's Hamming window is periodic for an even number of taps; with an odd one it is symmetric
        expected = scipy.signal.firwin(65, cutoff, window="hamming", fs=RATE)
        assert np.abs(response - expected).max() < 1e-4
    share = sinc_impulse_response(np.array([[[0.125]]]), window_size)
    assert np.abs(share[0, 0] - responses[0, 0]).max() < 1e-6


@pytest.mark.parametrize("high_pass", [False, True])
def test_that_a_filter_lets_pass_what_it_should(high_pass):
    low, high = (np.sin(2 * np.pi * hz * np.arange(4000) / RATE) for hz in (200, 6000))
    filtered = sinc_filter((low + high)[None], np.full((1, 1, 1), 2000.0), 256, RATE, high_pass=high_pass)
    passed = high if high_pass else low
    # the reference compensates one sample less than the filter's delay
    assert np.abs(filtered[0, 301:-300] - passed[300:-301]).max() < 5e-3


def test_that_what_a_convolution_adds_is_cut():
    audio = np.arange(20.0)[None]
    same = crop_and_compensate_delay(audio, 10, 7, "same", -1)
    assert same.tolist() == [list(range(2, 12))]
    assert crop_and_compensate_delay(audio, 10, 7, "valid", 0).tolist() == [list(range(16))]
    with pytest.raises(ConfigError, match="padding='full' is unknown"):
        crop_and_compensate_delay(audio, 10, 7, "full", 0)


def test_that_batches_that_differ_are_named():
    with pytest.raises(ConfigError, match="batch of audio is 2, but that of impulse responses is 3"):
        fft_convolve(np.zeros((2, 100), "f4"), np.zeros((3, 8), "f4"))
