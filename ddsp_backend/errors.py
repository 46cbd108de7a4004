"""The errors a user can act on. Standard library only, cheap to import."""

from enum import StrEnum

OWN_FAULT = "This is a bug in Timbre Studio. Please send us the report so that we can fix it."


class Cause(StrEnum):
    """What a failure comes from, where the program acts on it. The values stand in journals."""

    OTHER = "other"
    DISK = "disk"  # of the machine that the job runs on: full, gone, or not to be written to
    MEMORY = "memory"
    WORKER_LOST = "worker_lost"  # another worker of the same training ended
    NO_RECORDINGS = "no_recordings"  # in what was given there is no file that could be one
    JUMP_HOST = "jump_host"  # a host on the way to the one that is meant
    FAULT = "fault"  # of this program

    @classmethod
    def _missing_(cls, value: object) -> "Cause":
        return cls.OTHER


class DdspError(Exception):
    """Base of every expected error: shown as a sentence, without a traceback.

    Args:
      title: What happened and why, with the value and the limit. No trailing period.
      hint: What the user can do about it. Empty if nothing.
      cause: For the program, which never looks into the title.
    """

    def __init__(self, title: str, hint: str = "", cause: Cause = Cause.OTHER) -> None:
        super().__init__(title)
        self.title = title
        self.hint = hint
        self.cause = cause

    @property
    def without_file(self) -> str:
        """The title for those who see which file is meant."""
        return self.title

    def __str__(self) -> str:
        return f"{self.title}. {self.hint}" if self.hint else self.title


class Cancelled(DdspError):
    """The user asked the job to stop, and it did."""

    def __init__(self) -> None:
        super().__init__("Stopped on request")


class AudioError(DdspError):
    """A recording cannot be read or used.

    Args:
      file: The name of the recording, which the title then begins with: "take 1.wav: the file is empty".
    """

    def __init__(self, what: str, hint: str = "", cause: Cause = Cause.OTHER, *, file: str = "") -> None:
        super().__init__(f"{file}: {what}" if file else what, hint, cause)
        self.what = what

    @property
    def without_file(self) -> str:
        return self.what


class DataError(DdspError):
    """A data set is missing, damaged, or does not fit what is asked of it."""


class ConfigError(DdspError, ValueError):
    """A gin file, parameter, argument or command-line flag says something that cannot be done."""


class CheckpointError(DdspError):
    """A checkpoint is missing, damaged, or belongs to another model."""


class RemoteError(DdspError):
    """Another machine cannot be reached, or cannot do what is asked of it."""


class StorageError(DdspError):
    """Cloud Storage cannot be reached, or does not do what is asked of it."""


class PlanError(Exception):
    """Values that the program chose by itself do not fit together. Its own fault, so it is shown with a report."""
