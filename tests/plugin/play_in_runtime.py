"""Runs in Python 3.9 with the plug-in's own runtime, and there alone: see runtime.py.

play_in_runtime.py MODEL GIVEN.npz FOUND.npz
"""

import sys

import numpy as np
from tflite_runtime.interpreter import Interpreter

INPUTS = {"f0_scaled": "call_f0_scaled:0", "pw_scaled": "call_pw_scaled:0", "state": "call_state:0"}
OUTPUTS = ["StatefulPartitionedCall:%d" % n for n in range(4)]  # noqa: UP031 - as the plug-in asks for them


def main(model: str, given: str, found: str) -> None:
    interpreter = Interpreter(model_path=model, num_threads=1)
    interpreter.allocate_tensors()
    inputs = {detail["name"]: detail["index"] for detail in interpreter.get_input_details()}
    outputs = {detail["name"]: detail["index"] for detail in interpreter.get_output_details()}
    assert set(inputs) == set(INPUTS.values()), inputs
    assert set(outputs) == set(OUTPUTS), outputs
    tracks = np.load(given)
    state = np.zeros(512, np.float32)
    rows: list = [[] for _ in OUTPUTS]
    for f0_scaled, pw_scaled in zip(tracks["f0_scaled"], tracks["pw_scaled"]):  # noqa: B905 - not known to Python 3.9
        interpreter.set_tensor(inputs[INPUTS["f0_scaled"]], np.array([f0_scaled], np.float32))
        interpreter.set_tensor(inputs[INPUTS["pw_scaled"]], np.array([pw_scaled], np.float32))
        interpreter.set_tensor(inputs[INPUTS["state"]], state)
        interpreter.invoke()
        values = [interpreter.get_tensor(outputs[name]) for name in OUTPUTS]
        state = values[-1]
        for row, value in zip(rows, values):  # noqa: B905
            row.append(value)
    np.savez(found, **{"output_%d" % n: np.stack(row) for n, row in enumerate(rows)})  # noqa: UP031


if __name__ == "__main__":
    main(*sys.argv[1:])
