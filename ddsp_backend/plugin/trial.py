"""Plays a file for some seconds in TensorFlow Lite, as the plug-in will."""

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from ddsp_backend.errors import OWN_FAULT, ConfigError
from ddsp_backend.inference.plugin_contract import FRAME_RATE, INPUT_NAMES, OUTPUT_NAMES, STATE_SIZE

Array = npt.NDArray[np.float32]

N_STEPS = 1000
_LOWEST_MIDI, _HIGHEST_MIDI = 24.0, 96.0
_MIDI_RANGE = 127.0
_SUM_TOLERANCE = 1e-3


class Decoder:
    """A file's model, played frame by frame. It begins with a state of zeros."""

    def __init__(self, content: bytes) -> None:
        with warnings.catch_warnings():
            # TensorFlow announces another home for the interpreter, which has not come yet.
            warnings.filterwarnings("ignore", message=r"[\s\S]*tf\.lite\.Interpreter is deprecated")
            self._interpreter: Any = tf.lite.Interpreter(model_content=content, num_threads=1)
        self._interpreter.allocate_tensors()
        details = (*self._interpreter.get_input_details(), *self._interpreter.get_output_details())
        self._places = {detail["name"]: detail["index"] for detail in details}
        self._shapes = {detail["name"]: detail["shape"] for detail in details}
        self.state: Array = np.zeros(STATE_SIZE, np.float32)

    def step(self, f0_scaled: float, pw_scaled: float) -> tuple[Array, Array, Array]:
        """Amplitude [1], harmonic distribution [K] and noise magnitudes [M] of the next frame."""
        given = {"f0_scaled": np.array([f0_scaled]), "pw_scaled": np.array([pw_scaled]), "state": self.state}
        for key, value in given.items():
            name = INPUT_NAMES[key]
            shaped = value.astype(np.float32).reshape(self._shapes[name])
            self._interpreter.set_tensor(self._places[name], shaped)
        self._interpreter.invoke()
        amplitude, distribution, noise, self.state = (
            self._interpreter.get_tensor(self._places[name]).ravel() for name in OUTPUT_NAMES.values()
        )
        return amplitude, distribution, noise


def require_playing(content: bytes) -> None:
    """Plays twenty seconds of glides and swells. Raises ConfigError where what comes out can be no sound."""
    decoder = Decoder(content)
    first_state = decoder.state
    for number, (f0_scaled, pw_scaled) in enumerate(_performance(), start=1):
        problem = _problem(*decoder.step(f0_scaled, pw_scaled), decoder.state)
        if problem:
            raise ConfigError(
                f"This model plays no sound that DDSP-VST could play: in frame {number} of {N_STEPS}, {problem}",
                "Train it again from an earlier step, or with a smaller learning rate.",
            )
    if np.array_equal(first_state, decoder.state):
        raise ConfigError(
            "This model does not remember one frame in the next, and DDSP-VST needs one that does", OWN_FAULT
        )


def _problem(amplitude: Array, distribution: Array, noise: Array, state: Array) -> str:
    for name, values in (("loudness", amplitude), ("harmonics", distribution), ("noise", noise), ("memory", state)):
        if not np.all(np.isfinite(values)):
            return f"the {name} is not a number"
    for name, values in (("loudness", amplitude), ("harmonics", distribution), ("noise", noise)):
        if np.min(values) < 0:
            return f"the {name} is {np.min(values):.3g}, below zero"
    total = float(np.sum(distribution))
    return f"the shares of the harmonics sum to {total:.4g}, not 1" if abs(total - 1) > _SUM_TOLERANCE else ""


def _performance() -> Iterator[tuple[float, float]]:
    """Scaled pitch and power of each frame: over six octaves and from silence to full scale, at unlike speeds."""
    for number in range(N_STEPS):
        second = number / FRAME_RATE
        height = (1 - np.cos(2 * np.pi * second / 7)) / 2
        yield (
            float(_LOWEST_MIDI + height * (_HIGHEST_MIDI - _LOWEST_MIDI)) / _MIDI_RANGE,
            float(1 - np.cos(2 * np.pi * second / 3)) / 2,
        )
