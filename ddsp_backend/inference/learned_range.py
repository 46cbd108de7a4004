"""What a model has learned from: the range of its data set, and how the recordings' pitch was found."""

from dataclasses import dataclass
from typing import Any

from ddsp_backend.data.manifest import RUN_STATISTICS
from ddsp_backend.data.postprocessing import QuantileTransformer
from ddsp_backend.errors import ConfigError
from ddsp_backend.jobs.tracker_table import CREPE_CAPACITIES, TRACKERS
from ddsp_backend.json_reading import read_json
from ddsp_backend.storage import AnyPath

_PERCENTILES = {"loudness_db": "voiced_loudness_db", "power_db": "voiced_power_db"}
_DEFAULT_TRACKER = ("crepe", "full")


@dataclass(frozen=True)
class LearnedRange:
    """Pitch and loudness of the data set's notes."""

    lowest_midi: float
    highest_midi: float
    levels: QuantileTransformer
    """dB, of the feature that the model plays from."""


@dataclass(frozen=True)
class Learned:
    """The data set's own words; empty where nothing is known of it."""

    settings: dict[str, Any]
    statistics: dict[str, Any]

    def tracker(self) -> tuple[str, str]:
        """The pitch tracker that the data set was prepared with, and the size of CREPE; CREPE in full if not known."""
        name, capacity = (self.settings.get(key) for key in ("tracker", "crepe_capacity"))
        return (name, capacity) if name in TRACKERS and capacity in CREPE_CAPACITIES else _DEFAULT_TRACKER

    def range(self, level_key: str) -> LearnedRange:
        """Raises ConfigError where it is not known."""
        try:
            lowest, highest = (float(self.statistics[key]) for key in ("lowest_midi", "highest_midi"))
            percentiles = [float(level) for level in self.statistics[_PERCENTILES[level_key]]]
        except (KeyError, TypeError, ValueError):
            percentiles = []
        if not percentiles:
            raise ConfigError(
                "Recordings cannot be fitted to this model: the range of pitch and loudness that it learned is unknown",
                "Prepare its recordings again and train it one more step. Or switch fitting off, and shift "
                "pitch and loudness by hand.",
            )
        return LearnedRange(lowest, highest, QuantileTransformer(percentiles))


def read_learned(model: AnyPath, manifest: AnyPath | None = None) -> Learned:
    """Looks into the data set's manifest, then into the run's folder; what cannot be read is passed over."""
    folder = model if model.is_dir() else model.parent
    for path in ([] if manifest is None else [manifest]) + [folder / RUN_STATISTICS]:
        learned = _read(path)
        if learned is not None:
            return learned
    return Learned({}, {})


def _read(path: AnyPath) -> Learned | None:
    try:
        fields = read_json(path)
        settings, statistics = fields["settings"], fields["statistics"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    are_tables = isinstance(settings, dict) and isinstance(statistics, dict)
    return Learned(settings, statistics) if are_tables else None
