"""What the stages of a job cost on a reference computer: two cores that multiply 200 billion numbers a second."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.state.choices import pitch_choice
from app.state.goal import Goal
from app.state.plan import Task
from app.state.run_state import RunState
from ddsp_backend.config.presets import Preset

_GENERATE_SECONDS = 8.0
_PREPARE_SECONDS = 5.0  # to begin, to read, to write: however short the recordings are
_LOADING_SECONDS = 5.0
_EXAMPLE_SECONDS = 0.25  # to measure one, or to play one
_EXAMPLES_A_SECOND = 0.14  # that are measured, of each second of audio
_MOST_EXCERPTS = 16
# From the start to the second step, with all that is compiled for both, and for what is measured between them.
_BUILD_SECONDS = {"presets/solo_instrument.gin": 24.0}
_STEP_SECONDS = {"presets/solo_instrument.gin": 3.4, "presets/tiny.gin": 0.8, "presets/demo.gin": 0.28}
_USUAL_BUILD_SECONDS, _USUAL_STEP_SECONDS = 18.0, 0.7
_UPKEEP = 1.08  # times the steps: with what is measured, played and saved between them


class Stage(StrEnum):
    """In the order in which a job goes through them."""

    GENERATE = "generate"
    PREPARE = "prepare"
    BUILD = "build"
    TRAIN = "train"
    MEASURE = "measure"
    PLAY = "play"


@dataclass(frozen=True, slots=True)
class Effort:
    """One stage. `seconds` are on the reference, `fixed_seconds` everywhere: a goal in minutes is as long on any.

    `key` names the kind of work, for what is learned of it.
    """

    stage: Stage
    key: str
    seconds: float = 0.0
    fixed_seconds: float = 0.0
    step_seconds: float = 0.0  # of a training, on the reference
    is_most: bool = False  # it may end sooner


@dataclass(frozen=True, slots=True)
class Amount:
    """How much there is to do.

    Attributes:
      new_seconds: Of audio whose pitch is to be found.
      seconds: Of audio in all.
      trained_minutes, trained_steps: What the model was trained already.
    """

    new_seconds: float
    seconds: float
    trained_minutes: float = 0.0
    trained_steps: int = 0


def amount_of(run: RunState, seconds: float) -> Amount:
    """Args: seconds: Of all recordings to learn from. What was prepared before is kept."""
    prepared = run.dataset.audio_seconds if run.dataset is not None else 0.0
    return Amount(
        new_seconds=max(0.0, seconds - prepared),
        seconds=seconds or prepared,
        trained_minutes=run.seconds_trained / 60,
        trained_steps=run.step.step if run.step is not None else 0,
    )


def efforts(
    tasks: Sequence[Task], preset: Preset, pitch: str, goal: Goal, amount: Amount, *, has_own_settings: bool = False
) -> tuple[Effort, ...]:
    """The stages of these tasks, in their order. Settings of one's own are learned apart: they may change all."""
    model = f"{preset.gin_file}{' (own settings)' if has_own_settings else ''}"
    n_examples = amount.seconds * _EXAMPLES_A_SECOND
    found: list[Effort] = []
    for task in tasks:
        match task:
            case "generate":
                found.append(Effort(Stage.GENERATE, "generate", _GENERATE_SECONDS))
            case "prepare":
                choice = pitch_choice(pitch)
                seconds = _PREPARE_SECONDS + choice.seconds_for(amount.new_seconds, preset.frame_rate)
                found.append(Effort(Stage.PREPARE, f"prepare {choice.key} {preset.frame_rate}", seconds))
            case "train":
                build = _BUILD_SECONDS.get(preset.gin_file, _USUAL_BUILD_SECONDS)
                found.append(Effort(Stage.BUILD, f"build {model}", build))
                found.append(_training(goal, amount, model, preset))
            case "evaluate":
                found.append(
                    Effort(Stage.MEASURE, f"measure {model}", _LOADING_SECONDS + n_examples * _EXAMPLE_SECONDS)
                )
            case "sample":
                n_excerpts = min(n_examples, _MOST_EXCERPTS)
                found.append(Effort(Stage.PLAY, f"play {model}", _LOADING_SECONDS + n_excerpts * _EXAMPLE_SECONDS))
    return tuple(found)


def _training(goal: Goal, amount: Amount, model: str, preset: Preset) -> Effort:
    a_step = _STEP_SECONDS.get(preset.gin_file, _USUAL_STEP_SECONDS) * _UPKEEP
    if goal.last_step is not None:
        steps = max(0, goal.last_step - amount.trained_steps)
        return Effort(Stage.TRAIN, f"train {model}", steps * a_step, step_seconds=a_step)
    assert goal.last_minute is not None
    seconds = max(0.0, goal.last_minute - amount.trained_minutes) * 60 * _UPKEEP
    return Effort(Stage.TRAIN, f"train {model}", 0.0, seconds, a_step, is_most=goal.is_flat)
