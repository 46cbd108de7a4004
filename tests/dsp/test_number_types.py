"""NumPy's own numbers are of double precision: they are taken as they come, and answered in single precision."""

import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.dsp import core, effects, filters, harmonic, processors, spectral, synths, wavetables
from ddsp_backend.dsp.losses import SpectralLoss
from ddsp_backend.dsp.parity import sinc_filter
from ddsp_backend.errors import ConfigError
from ddsp_backend.models.decoders import RnnFcDecoder
from ddsp_backend.models.preprocessing import F0LoudnessPreprocessor

RANDOM = np.random.default_rng(0)
N_SAMPLES = 320
AUDIO = RANDOM.normal(size=(2, N_SAMPLES))
F0 = RANDOM.uniform(100, 300, (2, 10, 1))
AMPLITUDES = RANDOM.uniform(size=(2, 10, 1))
SHARES = RANDOM.uniform(size=(2, 10, 9))
FREQUENCIES = RANDOM.uniform(100, 3000, (2, 10, 9))
ENVELOPE = RANDOM.uniform(size=(2, N_SAMPLES, 1))
IR = RANDOM.normal(size=(2, 33))
TABLES = RANDOM.normal(size=(2, 10, 16))

CALLS = {
    "exp_sigmoid": (core.exp_sigmoid, AUDIO),
    "resample": (lambda x: core.resample(x, N_SAMPLES), AMPLITUDES),
    "upsample_with_windows": (lambda x: core.upsample_with_windows(x, N_SAMPLES), AMPLITUDES),
    "safe_divide": (core.safe_divide, AUDIO, AUDIO),
    "fft_convolve": (filters.fft_convolve, AUDIO, IR),
    "frequency_filter": (filters.frequency_filter, AUDIO, SHARES),
    "sinc_filter": (sinc_filter, AUDIO, AMPLITUDES),
    "harmonic_synthesis": (lambda *x: harmonic.harmonic_synthesis(*x, n_samples=N_SAMPLES), F0, AMPLITUDES, SHARES),
    "oscillator_bank": (harmonic.oscillator_bank, 200 * ENVELOPE, ENVELOPE),
    "normalize_harmonics": (lambda *x: harmonic.normalize_harmonics(*x, 16000), SHARES, F0),
    "wavetable_synthesis": (lambda *x: wavetables.wavetable_synthesis(*x, N_SAMPLES), F0, AMPLITUDES, TABLES),
    "variable_length_delay": (lambda *x: wavetables.variable_length_delay(*x, 64), ENVELOPE, AUDIO),
    "compute_mag": (lambda x: spectral.compute_mag(x, 64), AUDIO),
    "compute_loudness": (spectral.compute_loudness, AUDIO),
    "Harmonic": (synths.Harmonic(N_SAMPLES), AMPLITUDES, SHARES, F0),
    "FilteredNoise": (synths.FilteredNoise(N_SAMPLES), SHARES),
    "Wavetable": (synths.Wavetable(N_SAMPLES), AMPLITUDES, TABLES, F0),
    "Sinusoidal": (synths.Sinusoidal(N_SAMPLES), SHARES, FREQUENCIES),
    "Reverb": (effects.Reverb(reverb_length=33), AUDIO, IR),
    "ExpDecayReverb": (effects.ExpDecayReverb(reverb_length=50), AUDIO, np.ones((2, 1)), np.ones((2, 1))),
    "FilteredNoiseReverb": (effects.FilteredNoiseReverb(reverb_length=50), AUDIO, SHARES),
    "FIRFilter": (effects.FIRFilter(), AUDIO, SHARES),
    "ModDelay": (effects.ModDelay(), AUDIO, ENVELOPE, ENVELOPE),
    "Mix": (processors.Mix(), AUDIO, AUDIO, ENVELOPE[..., 0]),
    "SpectralLoss": (SpectralLoss(fft_sizes=(64,)), AUDIO, AUDIO[::-1]),
}


@pytest.mark.parametrize("name", CALLS)
def test_that_double_precision_is_taken_and_changes_nothing(name):
    function, *arrays = CALLS[name]
    expected = function(*(tf.constant(array, tf.float32) for array in arrays))
    for made in (np.asarray, tf.constant):  # of 64 bits
        found = function(*map(made, arrays))
        assert found.dtype == tf.float32
        np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())


def test_that_a_decoder_and_a_preprocessor_take_it():
    decoder = RnnFcDecoder(4, ch=4, layers_per_stack=1, input_keys=("f0_scaled", "ld_scaled"))
    preprocessed = F0LoudnessPreprocessor(10)({"f0_hz": F0[..., 0], "loudness_db": -F0[..., 0]})
    assert {value.dtype for value in preprocessed.values()} == {tf.float32}
    decoded = decoder({"f0_scaled": AMPLITUDES, "ld_scaled": AMPLITUDES})
    assert decoded["amps"].shape == (2, 10, 1)


@pytest.mark.parametrize("shape", [(5,), (5, 5), (5, 5, 5, 5)])
def test_that_inputs_of_another_shape_are_a_sentence_and_a_value_error(shape):
    with pytest.raises(ValueError, match=r"not \[batch, frames, channels\]") as caught:
        core.upsample_with_windows(np.ones(shape), 16000)
    assert isinstance(caught.value, ConfigError)
