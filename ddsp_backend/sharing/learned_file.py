"""What goes with a model of its data set: the range of its notes, and how their pitch was found. No names."""

import json
import math
from typing import Any

from ddsp_backend.errors import DataError
from ddsp_backend.inference.learned_range import Learned
from ddsp_backend.jobs.tracker_table import CREPE_CAPACITIES, TRACKERS
from ddsp_backend.json_reading import parse_json

_SETTINGS = {"tracker": TRACKERS, "crepe_capacity": CREPE_CAPACITIES}
_NOTES = ("lowest_midi", "highest_midi", "voiced_seconds")
_LEVELS = ("voiced_loudness_db", "voiced_power_db")
_MOST_LEVELS = 1001


def pack_learned(learned: Learned) -> bytes:
    """Only what `kept` lets through: a data set's own words hold paths and names of recordings as well."""
    shared = kept(learned)
    return json.dumps({"settings": shared.settings, "statistics": shared.statistics}).encode()


def unpack_learned(content: bytes, source: str) -> Learned:
    """Of anybody's file. Raises DataError where it is no such text."""
    try:
        values = parse_json(content)
        settings, statistics = dict(values["settings"]), dict(values["statistics"])
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{source}: what it says of its data set cannot be read", "Ask its maker for it again."
        ) from error
    return kept(Learned(settings, statistics))


def kept(learned: Learned) -> Learned:
    """What a model is played with, as far as it makes sense."""
    settings = {
        name: value
        for name, known in _SETTINGS.items()
        if isinstance(value := learned.settings.get(name), str) and value in known
    }
    notes = {name: value for name in _NOTES if _is_number(value := learned.statistics.get(name))}
    levels = {name: value for name in _LEVELS if _are_levels(value := learned.statistics.get(name))}
    return Learned(settings, {**notes, **levels})


def _are_levels(values: Any) -> bool:
    return isinstance(values, list) and 0 < len(values) <= _MOST_LEVELS and all(map(_is_number, values))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
