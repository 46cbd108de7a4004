"""Checkpoints of magenta/ddsp's other models answer what the formulas of their papers say, written down in numpy.

B = 1 example, F = frames, C = channels. The names are those of its variables.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.cli.ddsp_render import main
from ddsp_backend.config.operative import write_operative_config
from ddsp_backend.config.parse import parse
from ddsp_backend.dsp.mel import compute_mfcc
from ddsp_backend.dsp.spectral import compute_loudness, compute_power
from tests import recordings
from tests.checkpoints.magenta_variables import (
    Shapes,
    decoder_shapes,
    dense_shapes,
    norm_shapes,
    rnn_shapes,
    under,
    written_there,
)

Values = dict[str, np.ndarray]
SECONDS, CH, RNN = 0.4, 5, 8
SPLITS = {"amps": 1, "harmonic_distribution": 6, "noise_magnitudes": 9}
SMALL = (
    f"RnnFcDecoder.ch = {CH}",
    f"RnnFcDecoder.rnn_channels = {RNN}",
    f"RnnFcDecoder.output_splits = {tuple(SPLITS.items())}",
)
AE_SHAPES: Shapes = {
    **under("encoder/z_norm", norm_shapes(30)),
    **under("encoder/rnn", rnn_shapes(30, 6)),
    **under("encoder/dense_out", dense_shapes(6, 16)),
    **decoder_shapes([1, 1, 16], 3, CH, RNN, 16),
}
VST_SHAPES: Shapes = {**decoder_shapes([1, 1], 1, CH, RNN, 16), "processor_group/reverb/magnitudes": [5, 32]}


def dense(values: Values, name: str, x_FC: np.ndarray) -> np.ndarray:
    return x_FC @ values[f"{name}/kernel"] + values[f"{name}/bias"]


def stack(values: Values, name: str, x_FC: np.ndarray) -> np.ndarray:
    """Dense, layer normalization, leaky ReLU, as often as there are layers."""
    i = 0
    while f"{name}/layer_with_weights-{i}/layer_with_weights-0/kernel" in values:
        layer = f"{name}/layer_with_weights-{i}"
        x_FC = dense(values, f"{layer}/layer_with_weights-0", x_FC)
        x_FC = (x_FC - x_FC.mean(-1, keepdims=True)) / np.sqrt(x_FC.var(-1, keepdims=True) + 1e-3)
        x_FC = x_FC * values[f"{layer}/layer_with_weights-1/gamma"] + values[f"{layer}/layer_with_weights-1/beta"]
        x_FC = np.where(x_FC > 0, x_FC, 0.2 * x_FC)
        i += 1
    return x_FC


def gru(values: Values, name: str, x_FC: np.ndarray) -> np.ndarray:
    """Keras 2's: gates z, r, h; the reset gate after the product."""
    kernel, recurrent, bias = (values[f"{name}/rnn/cell/{part}"] for part in ("kernel", "recurrent_kernel", "bias"))
    state, states = np.zeros(len(recurrent)), []
    for x in x_FC @ kernel + bias[0]:
        (z, r, h), (own_z, own_r, own_h) = np.split(x, 3), np.split(state @ recurrent + bias[1], 3)
        z, r = 1 / (1 + np.exp(-z - own_z)), 1 / (1 + np.exp(-r - own_r))
        state = z * state + (1 - z) * np.tanh(h + r * own_h)
        states.append(state)
    return np.array(states)


def encoded(values: Values, audio: np.ndarray, n_frames: int) -> np.ndarray:
    mfccs = np.asarray(compute_mfcc(audio[None], 20.0, 8000.0, 1024, 128, 30, 0.5)[0], np.float64)
    normalized = (mfccs - mfccs.mean(0)) / np.sqrt(mfccs.var(0) + 1e-5)
    normalized = normalized * values["encoder/z_norm/scale"][0, 0] + values["encoder/z_norm/shift"][0, 0]
    z = dense(values, "encoder/dense_out", gru(values, "encoder/rnn", normalized))
    places = np.arange(n_frames) * len(z) / n_frames
    return np.stack([np.interp(places, np.arange(len(z)), column) for column in z.T], -1)


def decoded(values: Values, inputs: list[np.ndarray]) -> Values:
    seen = [stack(values, f"decoder/input_stacks/{i}", x_FC) for i, x_FC in enumerate(inputs)]
    y_FC = gru(values, "decoder/rnn", np.concatenate(seen, -1))
    y_FC = dense(values, "decoder/dense_out", stack(values, "decoder/out_stack", np.concatenate([*seen, y_FC], -1)))
    return dict(zip(SPLITS, np.split(y_FC, np.cumsum(list(SPLITS.values()))[:-1], -1), strict=True))


def answers_of_ae(values: Values, audio: np.ndarray, f0_hz: np.ndarray) -> Values:
    loudness = np.asarray(compute_loudness(audio))
    places = np.arange(len(f0_hz)) * len(loudness) / len(f0_hz)  # one frame more is measured, and squeezed in
    loudness = np.interp(places, np.arange(len(loudness)), loudness)
    z = encoded(values, audio, len(f0_hz))
    return {**decoded(values, [scaled(loudness), pitch(f0_hz), z]), "z": z}


def answers_of_vst(values: Values, audio: np.ndarray, f0_hz: np.ndarray) -> Values:
    power = np.asarray(compute_power(audio, frame_rate=50, frame_size=1024))
    return decoded(values, [scaled(power), pitch(f0_hz)])


def scaled(db: np.ndarray) -> np.ndarray:
    return (db / 80 + 1)[:, None]


def pitch(f0_hz: np.ndarray) -> np.ndarray:
    return ((69 + 12 * np.log2(f0_hz / 440)) / 127)[:, None]


MODELS: dict[str, tuple[tuple[str, ...], Shapes, int, Callable[..., Values]]] = {
    "models/ae.gin": (
        (
            "MfccTimeDistributedRnnEncoder.rnn_channels = 6",
            "F0LoudnessPreprocessor.time_steps = 100",
            "Harmonic.n_samples = 6400",
            "FilteredNoise.n_samples = 6400",
        ),
        AE_SHAPES,
        100,
        answers_of_ae,
    ),
    "models/vst/vst.gin": (
        ("n_samples = 6720", "FilteredNoiseReverb.reverb_length = 400", "FilteredNoiseReverb.n_frames = 5"),
        VST_SHAPES,
        21,
        answers_of_vst,
    ),
}


@pytest.mark.parametrize("file", MODELS)
def test_that_a_checkpoint_from_there_answers_as_its_formulas_say(file: str, tmp_path: Path) -> None:
    params, shapes, n_frames, answers = MODELS[file]
    values = written_there(str(tmp_path / "ckpt-5"), shapes)
    config = parse([file], [*SMALL, *params])
    model = config.model()
    model.build({"audio": tf.zeros([1, 6400]), "f0_hz": tf.fill([1, n_frames], 440.0)})
    write_operative_config(tmp_path, 5, config.operative_text())
    audio = recordings.melody(SECONDS)
    f0_hz = np.geomspace(200, 400, n_frames)
    np.savez(tmp_path / "features.npz", audio=audio[None], f0_hz=f0_hz[None])
    flags = (f"--features={tmp_path}/features.npz", f"--controls={tmp_path}/c.npz", f"--output={tmp_path}/o.wav")
    assert main([f"--model_path={tmp_path}", *flags]) == 0
    found = np.load(tmp_path / "c.npz")
    expected = answers({name: value.astype(np.float64) for name, value in values.items()}, audio, f0_hz)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name][0], value, rtol=0, atol=1e-3 * np.abs(value).max(), err_msg=name)
    amplitudes = 2 / (1 + np.exp(-expected["amps"])) ** np.log(10) + 1e-7
    np.testing.assert_allclose(found["amplitudes"][0], amplitudes, rtol=0, atol=2e-3 * amplitudes.max())
    assert ("ir" in found) == ("vst" in file)
    assert (tmp_path / "o.wav").stat().st_size == pytest.approx(4 * 6400, abs=200)
