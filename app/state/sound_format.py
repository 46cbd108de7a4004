"""In which form a sound is saved."""

from dataclasses import dataclass
from enum import Enum


class Depth(Enum):
    """Bits of a sample; the values are kept in the settings."""

    INT_16 = "16"
    INT_24 = "24"
    FLOAT_32 = "float"

    @property
    def title(self) -> str:
        return {"16": "16 bit", "24": "24 bit", "float": "32 bit float"}[self.value]


RATES = (0, 44100, 48000, 96000)
"""Hz; 0: that of the model."""


@dataclass(frozen=True, slots=True)
class SoundFormat:
    """Of a wav file. `rate` is in Hz, 0 for the sound's own."""

    depth: Depth = Depth.INT_24
    rate: int = 0

    @property
    def title(self) -> str:
        return f"{rate_title(self.rate) if self.rate else 'own rate'}, {self.depth.title}"


def rate_title(rate: int) -> str:
    return f"{rate / 1000:g} kHz" if rate else "As the model plays"


def format_of(depth: str, rate: int) -> SoundFormat:
    """What the settings say; the usual where that is nothing known."""
    depths = {each.value: each for each in Depth}
    return SoundFormat(depths.get(depth, Depth.INT_24), rate if rate in RATES else 0)
