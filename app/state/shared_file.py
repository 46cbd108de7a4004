"""A model as a file for others: what is asked for, what is said of it, and what a model's card says."""

import textwrap
from dataclasses import dataclass
from pathlib import Path

from app.state import formatting
from app.state.instrument import Instrument
from app.state.notices import Notice, Tone
from app.state.plugin_file import Sending, SendPhase
from ddsp_backend.folder_names import safe_folder_name
from ddsp_backend.jobs.spec import ShareSpec
from ddsp_backend.sharing.card import SUFFIX, ModelCard

OWN_WORDS = "own"
_LONGEST_TERMS = 120  # letters of a licence in a notice; all of it stands on the data page


@dataclass(frozen=True, slots=True)
class LicenceChoice:
    """One of several. `key` is what the card says; `OWN_WORDS` for words of the maker's own."""

    key: str
    title: str
    summary: str


LICENCES = (
    LicenceChoice("CC BY 4.0", "CC BY 4.0", "Others may do everything with it, if they say who made it"),
    LicenceChoice("CC BY-NC 4.0", "CC BY-NC 4.0", "As CC BY, but nobody else may earn money with it"),
    LicenceChoice("CC0 1.0", "CC0 1.0", "Everybody may do everything with it"),
    LicenceChoice("All rights reserved", "All rights reserved", "Others may do only what you allow them"),
    LicenceChoice(OWN_WORDS, "In my own words", "Write what others may do with it"),
)


DOUBLE_CLICK_NOTICE = Notice(
    Tone.GOOD,
    f"A double click on a {SUFFIX} file now opens it here",
    "Drop such files on the window whenever you like; that works as well.",
)


@dataclass(frozen=True, slots=True)
class ShareWish:
    """What the user was asked for."""

    licence: str
    maker: str


@dataclass(frozen=True, slots=True)
class ShareLine:
    """The button *Share ...*; `words` are empty while nothing is written."""

    words: str = ""
    can_share: bool = False


def share_line(sharing: Sending | None, *, is_trained: bool) -> ShareLine:
    if sharing is not None and sharing.phase is SendPhase.WORKING:
        return ShareLine(f"{sharing.stage or 'Waiting for its turn'} ...")
    return ShareLine(can_share=is_trained)


def share_notice(sharing: Sending) -> Notice | None:
    """What came of it; None while it goes on."""
    if sharing.phase is SendPhase.FAILED:
        return sharing.notice
    if sharing.phase is not SendPhase.SENT:
        return None
    note = f" {sharing.notes[-1].title}." if sharing.notes else ""
    hint = f"In {sharing.target.parent}. It holds the model and an example, and no recordings.{note}"
    return Notice(Tone.GOOD, f"Ready to share: {sharing.target.name}", hint, action="Show it")


def first_wish(instrument: Instrument, maker: str) -> ShareWish:
    """What is proposed: for a model of somebody else, what its card says. Args: maker: Of the last file."""
    card = instrument.card
    return ShareWish(LICENCES[0].key, maker) if card is None else ShareWish(card.licence, card.maker)


def file_name(instrument: Instrument) -> str:
    """What is proposed."""
    return f"{safe_folder_name(instrument.name)}{SUFFIX}"


def with_suffix(path: str) -> Path:
    """A file where the user wants it, whatever ending was typed."""
    return Path(path) if path.casefold().endswith(SUFFIX) else Path(f"{path}{SUFFIX}")


def share_spec(instrument: Instrument, target: Path, wish: ShareWish, preset: str, *, replace: bool) -> ShareSpec:
    """The job that writes it.

    Args:
      preset: Gin file of the instrument's preset.
      replace: Whether the user has been asked about a file of this name.
    """
    return ShareSpec(
        model_path=str(instrument.model_path),
        output_path=str(target),
        name=instrument.name,
        licence=wish.licence,
        maker=wish.maker,
        manifest_path=str(instrument.manifest_path),
        preset=preset,
        settings=instrument.settings_of(preset),
        replace=replace,
    )


def card_words(card: ModelCard) -> str:
    """A few lines: whose it is, what one may do with it, what it has learned from, and how one goes on."""
    learned = [f"{card.minutes:.3g} minutes of recordings"] if card.minutes else []
    if card.lowest_midi is not None and card.highest_midi is not None:
        learned.append(f"notes from {formatting.note(card.lowest_midi)} to {formatting.note(card.highest_midi)}")
    lines = [
        f"By {card.maker}." if card.maker else "",
        f"Licence: {card.licence}",
        f"It has learned from {', '.join(learned)}." if learned else "",
        f"Trained for {formatting.count(card.steps, 'step')}." if card.steps else "",
        "Hear it on the Listening page. To train it further, drop recordings here.",
    ]
    return "\n".join(line for line in lines if line)


def opened_notice(name: str, card: ModelCard | None) -> Notice:
    """After a shared model has become an instrument."""
    whose = f" by {card.maker}" if card is not None and card.maker else ""
    licence = textwrap.shorten(card.licence, _LONGEST_TERMS, placeholder=" ...") if card is not None else ""
    terms = f" Licence: {licence.rstrip('.')}." if licence else ""
    return Notice(Tone.GOOD, f"{name}{whose} is in your library", f"A model without recordings.{terms}")
