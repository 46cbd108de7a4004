"""The pitch trackers by their names."""

from ddsp_backend.errors import ConfigError
from ddsp_backend.pitch.tracker import PitchTracker


def make_tracker(name: str, capacity: str = "full", viterbi: bool = True, n_threads: int = 0) -> PitchTracker:
    """`name` is "crepe" or "swift-f0"; the rest belongs to CREPE. 0 threads are as many as cores.

    Raises ConfigError.
    """
    # Imported when chosen: onnxruntime and the weights take a moment that the other tracker's user need not wait.
    if name == "crepe":
        from ddsp_backend.pitch.crepe import CrepeTracker

        return CrepeTracker(capacity, viterbi, n_threads)
    if name == "swift-f0":
        from ddsp_backend.pitch.swift_f0 import SwiftF0Tracker

        return SwiftF0Tracker()
    raise ConfigError(f"tracker={name!r} cannot be used", "It must be 'crepe' or 'swift-f0'.")


def tracker_name(name: str, capacity: str = "full", viterbi: bool = True) -> str:
    """`PitchTracker.name`, without its weights being read. Raises ConfigError if they are not there."""
    if name == "crepe":
        from ddsp_backend.pitch.crepe import crepe_name
        from ddsp_backend.pitch.crepe_network import weights_path

        weights_path(capacity)
        return crepe_name(capacity, viterbi)
    return make_tracker(name).name
