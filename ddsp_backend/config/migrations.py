"""What magenta/ddsp gave up or changed: operative configs of its older versions that cannot be followed, and why."""

from collections.abc import Iterable

from ddsp_backend.config.statements import Statement
from ddsp_backend.errors import ConfigError

_OLD_LOUDNESS = "models of magenta/ddsp before version 3 learned loudness on a scale of 120 dB, not 80"

WITHDRAWN = {
    "Additive": "it has been called Harmonic since magenta/ddsp 1.0",
    "DefaultPreprocessor": _OLD_LOUDNESS,
}
"""Old short name: why it is not taken."""


def check_operative(statements: Iterable[Statement], source: str) -> None:
    """Refuses an operative config whose model would play, but wrongly.

    An operative config lists every parameter there was, so one that is missing tells the version.

    Raises:
      ConfigError: for a model that scales loudness by 120 dB.
    """
    bound = {(statement.name.rsplit(".", 1)[-1], statement.parameter) for statement in statements}
    name = "F0LoudnessPreprocessor"
    if (name, "time_steps") in bound and (name, "compute_loudness") not in bound:
        raise ConfigError(
            f"{source} is of an old version: {_OLD_LOUDNESS}, and would play at the wrong loudness",
            "Train the model again.",
        )
