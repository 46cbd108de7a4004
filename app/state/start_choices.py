"""What a new model can start from, in words: the model that ships with the program, an earlier instrument, nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.state.instrument import Instrument
from ddsp_backend.config.presets import Preset

BUILT_IN = ""
NOTHING = "nothing"
_LEARNING = ("train.", "Trainer.", "learning_rate", "batch_size")  # settings that change no weight's size


@dataclass(frozen=True, slots=True)
class StartChoice:
    """One of several.

    Attributes:
      key: What `Instrument.start_from` holds: `BUILT_IN`, `NOTHING`, or the folder of another instrument.
      reason: Why it cannot be chosen; empty where it can.
    """

    key: str
    title: str
    summary: str
    reason: str = ""


def start_choices(
    instrument: Instrument, presets: Sequence[Preset], preset: Preset, others: Sequence[Instrument]
) -> tuple[StartChoice, ...]:
    """What there is to choose from for a model that is not trained yet.

    Args:
      presets: All there are; the first one is that of an instrument which names none.
      preset: The instrument's.
      others: The instruments of the library; the instrument itself is passed over.
    """
    found = []
    if preset.base_model:
        found.append(
            StartChoice(
                BUILT_IN,
                "Start from the built-in model",
                "It knows many instruments already, and becomes yours within a minute",
            )
        )
    found.append(
        StartChoice(
            NOTHING if preset.base_model else BUILT_IN,
            "Start from nothing",
            "The model learns from your recordings alone, which takes longer",
        )
    )
    for other in others:
        if other.path != instrument.path:
            reason = _why_not(instrument, preset, other, presets[0].gin_file)
            summary = reason or f"Goes on from the sound of {other.name}, with your recordings"
            found.append(StartChoice(str(other.path), f"Start from {other.name}", summary, reason))
    return tuple(found)


def chosen_start(instrument: Instrument, choices: Sequence[StartChoice]) -> str:
    """The key of the choice that holds: one that is gone, or no longer fits, makes room for the first."""
    usable = [choice.key for choice in choices if not choice.reason]
    return instrument.start_from if instrument.start_from in usable else usable[0]


def start_params(instrument: Instrument) -> tuple[str, ...]:
    """The bindings that tell a training where to start."""
    if instrument.start_from == BUILT_IN:
        return ()
    if instrument.start_from == NOTHING:
        return ("train.start_from = None",)
    model = Path(instrument.start_from) / "model"
    # Elsewhere this folder does not exist, and an instrument may be deleted after it was chosen.
    is_there = not instrument.host and any(model.glob("ckpt-*.index"))
    return (f"train.start_from = {str(model)!r}",) if is_there else ()


def _why_not(instrument: Instrument, preset: Preset, other: Instrument, first_preset: str) -> str:
    if not other.is_trained():
        return f"{other.name} is not trained yet"
    if (other.preset or first_preset) != preset.gin_file:
        return f"{other.name} has another kind of model"
    if _sizes(instrument, preset) != _sizes(other, preset):
        return f"{other.name} has other settings for its model"
    if instrument.host:
        return f"{other.name} lies on this computer, and this instrument trains on {instrument.host}"
    return ""


def _sizes(instrument: Instrument, preset: Preset) -> set[str]:
    return {each for each in instrument.settings_of(preset.gin_file) if not each.startswith(_LEARNING)}
