"""How fast a computer works, as times of a job beside those on the computer that the figures of effort.py are from."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ddsp_backend.files import written_whole
from ddsp_backend.json_reading import read_json

HERE = ""  # the place that is this computer
_REFERENCE_GFLOPS = 200.0
_LEAST, _MOST = 0.05, 50.0  # times as long as there: what is further off was measured while a computer slept
_TRUST_IN_THE_NEWEST = 0.5
_ALL, _LEAST_SHARE = 0.9, 0.05  # of the cores: what is above the first is nobody else's work, only the system's own


@dataclass(frozen=True, slots=True)
class Speed:
    """Of one place.

    Attributes:
      gflops: Billions of operations a second in a product of two matrices; 0: not measured.
      factors: How many times as long as on the reference a kind of work took, by its key, with all cores for itself.
      share: Of the cores that other programs leave to us, from 0 to 1. It is of now and never stored.
    """

    gflops: float = 0.0
    factors: Mapping[str, float] = field(default_factory=dict)
    share: float = 1.0

    def factor(self, key: str) -> float:
        """How many times as long as on the reference it takes now, beside other programs."""
        return _within(self._factor_alone(key) / self.share)

    def beside(self, share: float) -> "Speed":
        """The same computer while other programs leave this share of its cores."""
        share = share if math.isfinite(share) else 1.0
        return replace(self, share=1.0 if share > _ALL else max(_LEAST_SHARE, share))

    def _factor_alone(self, key: str) -> float:
        """What is known of this kind of work; else the middle of the others; else what matrix products say."""
        if key in self.factors:
            return self.factors[key]
        if self.factors:
            known = sorted(self.factors.values())
            return known[len(known) // 2]
        return _within(_REFERENCE_GFLOPS / self.gflops) if self.gflops > 0 else 1.0

    def learned(self, key: str, factor: float) -> "Speed":
        """After one more job, begun when others left `share`. The newest counts as much as all before it."""
        if not (math.isfinite(factor) and factor > 0):
            return self
        factor = factor * self.share
        before = self.factors.get(key, factor)
        mean = before ** (1 - _TRUST_IN_THE_NEWEST) * factor**_TRUST_IN_THE_NEWEST
        return replace(self, factors={**self.factors, key: _within(mean)})


Speeds = Mapping[str, Speed]  # by place: "" is this computer, others are called by their addresses


def load_speeds(path: Path) -> dict[str, Speed]:
    """Empty where nothing was kept, or nothing that can be read: then it is measured again."""
    try:
        stored = read_json(path)
        if not isinstance(stored, dict):
            return {}
        return {str(place): _speed(fields) for place, fields in stored.items() if isinstance(fields, dict)}
    except (OSError, ValueError):
        return {}


def save_speeds(speeds: Speeds, path: Path) -> None:
    """Raises OSError where the file cannot be written."""
    fields = {place: {"gflops": speed.gflops, "factors": dict(speed.factors)} for place, speed in speeds.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as temporary:
        temporary.write_text(json.dumps(fields, indent=1) + "\n", encoding="utf-8")


def _speed(fields: Mapping[str, object]) -> Speed:
    stored = fields.get("factors")
    factors = stored if isinstance(stored, dict) else {}
    return Speed(
        gflops=_positive(fields.get("gflops")),
        factors={str(key): _within(factor) for key, value in factors.items() if (factor := _positive(value))},
    )


def _positive(value: object) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if is_number and value > 0 else 0.0  # type: ignore[arg-type,operator]


def _within(factor: float) -> float:
    return min(_MOST, max(_LEAST, factor))
