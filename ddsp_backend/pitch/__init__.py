"""Pitch trackers: audio at 16 kHz in, fundamental frequency and confidence per frame out. No TensorFlow."""
