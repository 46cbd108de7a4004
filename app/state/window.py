"""What the window shows around its pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from app.state.library import Badge, LibraryItem
from app.state.notices import Activity, Notice, Tone
from app.state.run_state import RunState
from ddsp_backend.sharing.card import SUFFIX


class Page(Enum):
    """The three steps in order, and playing what came of them."""

    DATA = 0
    TRAINING = 1
    LISTENING = 2
    PLAY = 3

    @property
    def title(self) -> str:
        return ("Data", "Training", "Listening", "Play")[self.value]


@dataclass(frozen=True, slots=True)
class SidebarEntry:
    """One line of the list of instruments. `key` is its folder."""

    key: str
    name: str
    detail: str
    tone: Tone
    is_running: bool


class DropKind(Enum):
    """What is done with recordings that are dropped on the window."""

    ADD = "add"  # to the instrument shown
    CREATE = "create"  # a new instrument of them
    PLAY = "play"  # through the instrument shown
    OPEN = "open"  # no recordings: models that others have shared


@dataclass(frozen=True, slots=True)
class DropOffer:
    """What dropping recordings will do, said while they are dragged across the window."""

    kind: DropKind
    title: str
    hint: str


def drop_offer(page: Page, name: str | None, *, is_trained: bool) -> DropOffer:
    """Args: name: That of the instrument shown; None while there is none."""
    if name is None:
        return _CREATE
    if page is Page.PLAY and is_trained:
        hint = f"A MIDI file plays live; recordings play on the Listening page. {_STAY}"
        return DropOffer(DropKind.PLAY, f"Play through {name}", hint)
    if page is Page.LISTENING and is_trained:
        return DropOffer(DropKind.PLAY, f"Play through {name}", f"Hear your recordings with its sound. {_STAY}")
    return DropOffer(DropKind.ADD, f"Add to {name}", f"It will learn from these recordings too. {_STAY}")


def offer_for(paths: Sequence[str], offer: DropOffer) -> DropOffer:
    """What is offered for these files. Args: offer: For recordings."""
    models, others = divided(paths)
    if not models or others:
        return offer
    title = "Open the shared model" if len(models) == 1 else f"Open {len(models)} shared models"
    return DropOffer(DropKind.OPEN, title, f"It becomes an instrument of your library. {_STAY}")


def divided(paths: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Models that others have shared, and the rest."""
    models = tuple(path for path in paths if path.casefold().endswith(SUFFIX))
    return models, tuple(path for path in paths if path not in models)


_STAY = "Your files stay where they are."
_CREATE = DropOffer(DropKind.CREATE, "Make a new instrument", f"Named after their folder. {_STAY}")


@dataclass(frozen=True, slots=True)
class WindowState:
    """`working` and `working_key` name the instrument that a job runs for, shown wherever the user is."""

    entries: tuple[SidebarEntry, ...] = ()
    selected: str = ""
    title: str = "New instrument"
    page: Page = Page.DATA
    notice: Notice | None = None
    working: Activity | None = None
    working_name: str = ""
    working_key: str = ""
    library: str = ""  # its folder
    drop: DropOffer = _CREATE


_TONES = {
    Badge.NEW: Tone.PLAIN,
    Badge.PREPARED: Tone.PLAIN,
    Badge.RUNNING: Tone.GOOD,
    Badge.STOPPED: Tone.WARNING,
    Badge.TRAINED: Tone.GOOD,
    Badge.FAILED: Tone.BAD,
}


def sidebar_entry(item: LibraryItem, run: RunState | None, activity: Activity | None) -> SidebarEntry:
    """Args: run, activity: The instrument's live state where it is open; what the disk says otherwise."""
    if activity is not None:
        share = f" {activity.fraction:.0%}" if activity.fraction is not None else ""
        detail, tone, is_running = f"{activity.job}{share}", Tone.GOOD, True
    else:
        detail, tone, is_running = item.detail, _TONES[item.badge], item.badge is Badge.RUNNING
        if run is not None and run.failure is not None:
            tone = Tone.BAD
    return SidebarEntry(str(item.instrument.path), item.instrument.name, detail, tone, is_running)
