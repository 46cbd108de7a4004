"""What is said when an instrument is moved to the system's bin, or deleted where there is none."""

from app.state.notices import Notice, Tone
from app.state.question import Question

_STAYS = "Recordings that you added from elsewhere stay where they are."


def busy_notice(name: str) -> Notice:
    return Notice(
        Tone.WARNING,
        f"{name} is still being worked on",
        "Stop it or wait until it has finished, then move it to the bin.",
    )


def moved_notice(name: str, *, can_undo: bool) -> Notice:
    return Notice(Tone.GOOD, f"{name} was moved to the bin", _STAYS, action="Undo" if can_undo else "")


def deleted_notice(name: str) -> Notice:
    return Notice(Tone.PLAIN, f"{name} was deleted", _STAYS)


def no_bin_question(name: str) -> Question:
    return Question(
        f"Delete {name}?",
        f"{name} cannot be moved to the bin: its disk has no bin, or the instrument is too large for it. If "
        "you delete it, its model, everything that it played and the takes that you recorded in Timbre "
        f"Studio are gone for good. {_STAYS}",
        "Delete for good",
        "Keep it",
    )


def not_deleted_notice(name: str, error: OSError) -> Notice:
    return Notice(
        Tone.BAD,
        f"{name} could not be deleted completely: {error.strerror or error}: {error.filename or ''}".rstrip(": "),
        "Close programs that use its files, then delete its folder in the file manager.",
    )


def not_back_notice(name: str, error: OSError) -> Notice:
    return Notice(
        Tone.BAD,
        f"{name} could not be taken out of the bin: {error.strerror or error}",
        "Open the bin in the file manager and restore it from there.",
    )
