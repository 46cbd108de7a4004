"""What the Help menu shows: the guide, the keys, and what this program is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from app.state.window import Page

GUIDE_SECTIONS = {
    Page.DATA: "Before you train",
    Page.TRAINING: "Training",
    Page.LISTENING: "Listening",
    Page.PLAY: "Playing live",
}
"""The heading of the guide that is of use on each page."""

_LINK_TO_A_FILE = re.compile(r"\[([^\]]*)\]\((?!https?:)[^)]*\)")


@dataclass(frozen=True, slots=True)
class KeyGroup:
    """Keys that work in one place. Each has what is written on it, and what it does."""

    place: str
    keys: tuple[tuple[str, str], ...]


KEY_GROUPS = (
    KeyGroup(
        "Everywhere",
        (
            ("Ctrl+N", "New instrument"),
            ("Ctrl+O", "Open a shared model"),
            ("F2", "Rename the instrument"),
            ("Ctrl+1, Ctrl+2, Ctrl+3, Ctrl+4", "Data, Training, Listening, Play"),
            ("Tab, Shift+Tab", "To the next control, and back"),
            ("F1", "The guide"),
            ("Ctrl+Q", "Quit"),
        ),
    ),
    KeyGroup("List of instruments", (("Up, Down", "Show another one"), ("Delete", "Move it to the bin"))),
    KeyGroup(
        "Recordings",
        (
            ("Space", "Play, pause"),
            ("Enter", "Tick or untick"),
            ("Delete", "Take off the list; the file stays"),
            ("Ctrl+Z, Ctrl+Shift+Z", "Undo, redo"),
            ("F5", "Look again"),
        ),
    ),
    KeyGroup(
        "Listening",
        (
            ("Space", "Play, pause"),
            ("1, 2, 3, 4", "Original, resynthesized, harmonic part, noise part"),
            ("L", "Repeat"),
            ("Home", "Back to the start"),
            ("Left, Right", "On the line of steps: an earlier or later model"),
            ("Delete", "Remove a recording's variant from the list"),
        ),
    ),
    KeyGroup(
        "Play",
        (
            ("A, S, D, F, G, H, J, K, L", "C, D, E, F, G, A, B, C, D"),
            ("W, E, T, Y, U, O, P", "The black keys"),
            ("Z, X", "An octave lower, higher"),
        ),
    ),
)


def guide_text(markdown: str) -> str:
    """The guide as a window shows it: links to other files, which only readers of the source have, become text."""
    return _LINK_TO_A_FILE.sub(r"\1", markdown)


def about_text(version: str, parts: Mapping[str, str]) -> str:
    """Args: parts: The versions of what it is built on, by name."""
    built_on = ", ".join(f"{name} {its_version}" for name, its_version in parts.items() if its_version)
    return (
        f"Version {version}\n\n"
        "Trains models of an instrument's or voice's timbre on your own recordings, and plays them. Your recordings "
        "stay on this computer, unless you choose to train on another one.\n\n"
        "It builds on the method of Magenta's DDSP. Free software under the Apache License 2.0.\n\n"
        f"Running on {built_on}."
    )
