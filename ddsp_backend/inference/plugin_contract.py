"""What DDSP-VST 1.1.0 asks of a model's file: sizes, rates, and the names by which it finds inputs and outputs."""

SAMPLE_RATE = 16000
"""Hz."""
FRAME_RATE = 50
"""Frames a second: the plug-in asks the model once in 20 ms."""
FRAME_SIZE = 1024
"""Samples over which the plug-in measures power."""
N_HARMONICS = 60
N_NOISE_BANDS = 65
STATE_SIZE = 512
RUNTIME = "2.9.1"
"""The version of TensorFlow Lite that is built into the plug-in."""

INPUT_NAMES = {
    "f0_scaled": "call_f0_scaled:0",
    "pw_scaled": "call_pw_scaled:0",
    "state": "call_state:0",
}
"""What the plug-in calls the arguments of the signature `call`."""
OUTPUT_NAMES = {f"output_{n}": f"StatefulPartitionedCall:{n}" for n in range(4)}
"""And its results: amplitude, harmonic distribution, noise magnitudes, state."""

SIZES = {
    "call_f0_scaled:0": 1,
    "call_pw_scaled:0": 1,
    "call_state:0": STATE_SIZE,
    "StatefulPartitionedCall:0": 1,
    "StatefulPartitionedCall:1": N_HARMONICS,
    "StatefulPartitionedCall:2": N_NOISE_BANDS,
    "StatefulPartitionedCall:3": STATE_SIZE,
}
"""Numbers that each of these tensors holds."""

SIGNATURE = "call"
METADATA_NAME = "metadata.json"
SUFFIX = ".tflite"
