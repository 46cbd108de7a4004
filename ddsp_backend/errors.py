"""The errors a user can act on. Standard library only, cheap to import."""


class DdspError(Exception):
    """Base of every expected error: shown as a sentence, without a traceback.

    Args:
      title: What happened and why, with the value and the limit. No trailing period.
      hint: What the user can do about it. Empty if nothing.
    """

    def __init__(self, title: str, hint: str = "") -> None:
        super().__init__(title)
        self.title = title
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.title}. {self.hint}" if self.hint else self.title


class Cancelled(DdspError):
    """The user asked the job to stop, and it did."""

    def __init__(self) -> None:
        super().__init__("Stopped on request")


class AudioError(DdspError):
    """A recording cannot be read or used."""


class DataError(DdspError):
    """A data set is missing, damaged, or does not fit what is asked of it."""


class ConfigError(DdspError):
    """A gin file, parameter or command-line flag says something that cannot be done."""


class CheckpointError(DdspError):
    """A checkpoint is missing, damaged, or belongs to another model."""


class RemoteError(DdspError):
    """Another machine cannot be reached, or cannot do what is asked of it."""


class StorageError(DdspError):
    """Cloud Storage cannot be reached, or does not do what is asked of it."""
