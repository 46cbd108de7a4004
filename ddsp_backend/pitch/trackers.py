"""The pitch trackers by their names, which jobs/tracker_table.py lists."""

import importlib
from typing import Protocol, cast

from ddsp_backend.errors import ConfigError
from ddsp_backend.jobs.tracker_table import TRACKER_MODULES
from ddsp_backend.pitch.tracker import PitchTracker


class TrackerModule(Protocol):
    """What the module of a tracker has. A tracker without sizes, paths or threads does not look at them."""

    def make(self, capacity: str, viterbi: bool, n_threads: int) -> PitchTracker:
        """The tracker, ready to use. Raises ConfigError if its weights are not there."""

    def name_of(self, capacity: str, viterbi: bool) -> str:
        """`PitchTracker.name`, without its weights being read. Raises ConfigError if they are not there."""


def make_tracker(name: str, capacity: str = "full", viterbi: bool = True, n_threads: int = 0) -> PitchTracker:
    """`name` is one of TRACKER_MODULES; the rest belongs to CREPE. 0 threads are as many as cores.

    Raises ConfigError.
    """
    return _module(name).make(capacity, viterbi, n_threads)


def tracker_name(name: str, capacity: str = "full", viterbi: bool = True) -> str:
    """`PitchTracker.name`, without its weights being read. Raises ConfigError if they are not there."""
    return _module(name).name_of(capacity, viterbi)


def _module(name: str) -> TrackerModule:
    # Imported when chosen: onnxruntime and the weights take a moment that the other tracker's user need not wait.
    if name not in TRACKER_MODULES:
        known = " or ".join(repr(each) for each in TRACKER_MODULES)
        raise ConfigError(f"tracker={name!r} cannot be used", f"It must be {known}.")
    return cast(TrackerModule, importlib.import_module(TRACKER_MODULES[name]))
