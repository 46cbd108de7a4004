"""Every model's training step is one program of static shapes, without Python in it: what a TPU needs."""

import re

import pytest
import tensorflow as tf

from tests import tiny
from tests.tpu.lowering import config_of, lowered, make_batch, models, trainer_for

N_FRAMES_VST = round(50 * tiny.SECONDS) + 1
HARMONICS = "('harmonic_distribution', 8), ('noise_magnitudes', 9)"
NETWORK = (
    "RnnFcDecoder.rnn_channels = 16",
    "RnnFcDecoder.ch = 16",
    f"RnnFcDecoder.output_splits = (('amps', 1), {HARMONICS})",
    "SpectralLoss.fft_sizes = (256, 64)",
)
PLAIN = tuple(param for param in tiny.MODEL_PARAMS if not param.startswith(("TFRecord", "RnnFcDecoder.layers")))
VST = (*NETWORK, "FilteredNoiseReverb.reverb_length = 4800", "FilteredNoiseReverb.n_frames = 100")
NOTES = (
    f"F0LoudnessPreprocessor.time_steps = {tiny.N_FRAMES}",
    "DilatedConvDecoder.ch = 6",
    "DilatedConvDecoder.layers_per_stack = 2",
    *(
        f"{part}/DilatedConvStack.{name}"
        for part in ("dec", "enc", "z")
        for name in ("ch = 6", "stacks = 1", "layers_per_stack = 2")
    ),
    "SpectralLoss.fft_sizes = (256, 64)",
)
"""A tenth of an example and few channels, by the beginning of a model's name."""
SMALL = {
    "preset vst": (*VST, f"n_samples = {N_FRAMES_VST * 320}"),
    "preset demo": (*VST, f"n_samples = {N_FRAMES_VST * 320}"),
    "preset": PLAIN,
    "solo_instrument": PLAIN,
    "ae": (
        *(param for param in PLAIN if not param.startswith("Reverb")),
        "MfccTimeDistributedRnnEncoder.rnn_channels = 8",
    ),
    "vst_32k": (*VST, f"n_samples = {N_FRAMES_VST * 640}"),
    "vst_48k": (*VST, f"n_samples = {N_FRAMES_VST * 960}"),
    "vst": (*VST, f"n_samples = {N_FRAMES_VST * 320}"),
    "midiae": (*NOTES, f"MidiAutoencoder.n_samples = {tiny.N_SAMPLES}"),
    "z_midiae": (*NOTES, f"ZMidiAutoencoder.n_samples = {tiny.N_SAMPLES}"),
}
# What they say stands in a preset, or in a mixin's company. The sinusoids' ResNet takes a minute at any size.
IN_OTHERS = ("solo_instrument", "vst", "midiae", "icml2020 pretrain")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name == "preset tiny" else pytest.mark.slow)
        for name in models()
        if name not in IN_OTHERS
    ],
)
def test_that_a_step_is_one_program_of_static_shapes(name: str) -> None:
    model = models()[name]
    small = next(params for start, params in SMALL.items() if name.startswith(start))
    batch = make_batch(model, 2, tiny.SECONDS)
    program = lowered(trainer_for(config_of(model, small), batch), batch, "hlo")
    assert re.search(r"\bfft\(", program)
    assert not re.search(r"\[(\d+,)*<=", program), "a shape is known at run time only"
    assert "custom-call" not in program, "a part is computed outside of XLA"


def test_that_python_in_a_step_is_refused() -> None:
    """Otherwise the test above could not fail."""
    step = tf.function(lambda x: tf.numpy_function(lambda y: y, [x], tf.float32), jit_compile=True)
    with pytest.raises((tf.errors.InvalidArgumentError, ValueError), match="PyFunc"):
        step.experimental_get_compiler_ir(tf.zeros([2]))(stage="hlo")
