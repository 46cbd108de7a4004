"""The pitch trackers that a job can name: one row for each.

A new tracker is a module of ddsp_backend/pitch and a row here; to offer it in the window, add a choice to
app/state/pitch_choices.py. The module has two functions, `make` and `name_of`: see `pitch.trackers.TrackerModule`.
"""

TRACKER_MODULES = {  # by the name that flags and specs give it; the first one is taken where none is named
    "crepe": "ddsp_backend.pitch.crepe",
    "swift-f0": "ddsp_backend.pitch.swift_f0",
}
TRACKERS = tuple(TRACKER_MODULES)
CREPE_CAPACITIES = ("tiny", "small", "medium", "large", "full")
