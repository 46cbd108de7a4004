"""Pitch trackers: audio at 16 kHz in, fundamental frequency and confidence per frame out. No TensorFlow."""

import os

# onnxruntime, which swift-f0 runs on, writes a number of this computer to the disk and looks up a host of Microsoft as
# soon as it is imported. Nothing of this program reports anything: said here, before any tracker can be loaded.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
