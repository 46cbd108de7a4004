"""What events tell apart, apart from any wording. The values stand in journals, so they stay as they are.

What each is called on a screen is said in app/state for the window, and in cli/console.py for the command line.
"""

from enum import StrEnum


class Unit(StrEnum):
    """What a stage counts."""

    NOTHING = ""  # it cannot be told how much there is to do
    AUDIO_SECONDS = "audio_seconds"
    CHECKPOINTS = "checkpoints"
    CLIPS = "clips"
    EXAMPLES = "examples"
    FILES = "files"
    FOLDERS = "folders"
    MEGABYTES = "megabytes"
    MODELS = "models"
    PACKAGES = "packages"
    STEPS = "steps"

    @classmethod
    def _missing_(cls, value: object) -> "Unit":
        return _OLD_UNITS.get(value, cls.NOTHING)


class ValueKind(StrEnum):
    """What a setting takes, of all that a config can write."""

    WHOLE_NUMBER = "whole_number"
    NUMBER = "number"
    SWITCH = "switch"  # True or False
    TEXT = "text"
    LIST = "list"
    DICTIONARY = "dictionary"
    NOTHING = "nothing"  # None
    REFERENCE = "reference"  # to a part of the model, which no text field can show


_OLD_UNITS: dict[object, Unit] = {  # as journals say them that were written before units had a type
    "s of audio": Unit.AUDIO_SECONDS,
    "MB": Unit.MEGABYTES,
    "model": Unit.MODELS,
}
