"""The pitch trackers by their names."""

from ddsp_backend.errors import ConfigError
from ddsp_backend.pitch.tracker import PitchTracker


def make_tracker(name: str, capacity: str = "full", viterbi: bool = True) -> PitchTracker:
    """`name` is "crepe" or "swift-f0"; `capacity` and `viterbi` belong to CREPE. Raises ConfigError."""
    # Imported when chosen: onnxruntime and the weights take a moment that the other tracker's user need not wait.
    if name == "crepe":
        from ddsp_backend.pitch.crepe import CrepeTracker

        return CrepeTracker(capacity, viterbi)
    if name == "swift-f0":
        from ddsp_backend.pitch.swift_f0 import SwiftF0Tracker

        return SwiftF0Tracker()
    raise ConfigError(f"tracker={name!r} cannot be used", "It must be 'crepe' or 'swift-f0'.")
