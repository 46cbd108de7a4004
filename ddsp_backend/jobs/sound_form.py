"""In which form a sound is written: the choices that commands, jobs and the window share."""

from dataclasses import dataclass
from enum import Enum

from ddsp_backend.jobs.checks import require

SAMPLE_RATES = (0, 16000, 44100, 48000, 96000)
"""Hz; 0: the sound's own."""
QUIETEST_LEVEL, LOUDEST_LEVEL = -60.0, 0.0


class Depth(Enum):
    """Bits of a sample; the values are kept in settings and specs."""

    INT_16 = "16"
    INT_24 = "24"
    FLOAT_32 = "float"


DEPTHS = tuple(depth.value for depth in Depth)


@dataclass(frozen=True, slots=True)
class SoundForm:
    """Of a wav file. Raises ConfigError for a level that makes no sense."""

    depth: Depth = Depth.INT_24
    rate: int = 0
    """Hz; 0 for the sound's own."""
    level: float | None = None
    """LUFS to bring the sound to; None keeps its loudness."""

    def __post_init__(self) -> None:
        require_form(self.depth.value, self.rate, self.level)

    @property
    def changes_nothing(self) -> bool:
        """Whether a wav of floating-point numbers already has this form."""
        return self.depth is Depth.FLOAT_32 and not self.rate and self.level is None


def require_form(bits: str, sample_rate: int, level: float | None) -> None:
    """Refuse a form that no sound is written in.

    Raises:
        ConfigError: It is one.
    """
    require(bits in DEPTHS, "bits", bits, f"one of {', '.join(DEPTHS)}")
    rates = ", ".join(map(str, SAMPLE_RATES[1:]))
    require(sample_rate in SAMPLE_RATES, "sample_rate", sample_rate, f"one of {rates}, or 0 for the model's own")
    is_level = level is None or QUIETEST_LEVEL <= level <= LOUDEST_LEVEL
    require(is_level, "level", level, f"between {QUIETEST_LEVEL:g} and {LOUDEST_LEVEL:g} LUFS")
