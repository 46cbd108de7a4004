"""Names that only the reference's own operative configs use. What they ask for is so anyway, or is refused by name."""

from dataclasses import dataclass

from ddsp_backend.config.settings import TrainerConfig
from ddsp_backend.errors import ConfigError

# The short names, for the config to read them all at once: nothing is ever built from them.
SWITCHES = ("angular_cumsum", "get_trainer_class", "harmonic_oscillator_bank", "oscillator_bank", "run_dag")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDagConfig:
    """A switch of the reference that operative configs list."""

    verbose: bool = False
    """Debugging output of the reference, which is not supported: leave it False."""

    def __post_init__(self) -> None:
        if self.verbose:
            raise ConfigError("run_dag.verbose=True is not offered", "Leave it False.")


@dataclass(frozen=True, slots=True, kw_only=True)
class OscillatorBankConfig:
    """Settings of the reference's sine bank. Harmonic sets the other two itself, here as there."""

    sum_sinusoids: bool = True
    """Leave it True: a synthesizer's output is always the sum of its harmonics."""
    sample_rate: int = 16000
    """This has no effect; Harmonic.sample_rate is used instead."""
    use_angular_cumsum: bool = False
    """This has no effect; Harmonic.use_angular_cumsum is used instead."""

    def __post_init__(self) -> None:
        if not self.sum_sinusoids:
            raise ConfigError("oscillator_bank.sum_sinusoids=False is not offered", "Leave it True.")


@dataclass(frozen=True, slots=True, kw_only=True)
class AngularCumsumConfig:
    """How the reference splits long phase sums. The result does not depend on it."""

    chunk_size: int = 1000
    """Without effect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HarmonicOscillatorBankConfig:
    """A sine bank of the reference that none of the synthesizers offered here uses."""

    sample_rate: int = 16000
    """Without effect."""
    use_angular_cumsum: bool = True
    """Without effect."""


def get_trainer_class(trainer_class: type[TrainerConfig] = TrainerConfig) -> type[TrainerConfig]:
    """There is one trainer."""
    return trainer_class
