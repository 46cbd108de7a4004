"""What the stages of a job cost on a reference computer: two cores that multiply 200 billion numbers a second."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.state.goal import Goal
from app.state.pitch_choices import pitch_choice
from app.state.plan import Task
from app.state.run_state import RunState
from ddsp_backend.config.presets import Preset

_GENERATE_SECONDS = 8.0
_PREPARE_SECONDS = 3.0  # to begin, to read, to write: however short the recordings are
_LOADING_SECONDS = 5.0
_EXAMPLE_SECONDS = 0.25  # to measure one, or to play one
_EXAMPLES_A_SECOND = 0.08  # that are held out, of each second of audio
_MOST_MEASURED, _MOST_EXCERPTS = 160, 16
# From the start to the second step, with all that is compiled for both, and for what is measured between them.
_BUILD_SECONDS = {"presets/solo_instrument.gin": 24.0}
_STEP_SECONDS = {
    "presets/vst.gin": 0.22,
    "presets/solo_instrument.gin": 2.2,
    "presets/tiny.gin": 0.44,
    "presets/demo.gin": 0.15,
}
_USUAL_BUILD_SECONDS, _USUAL_STEP_SECONDS = 18.0, 0.42
_UPKEEP = 1.08  # times the steps: with what is measured, played and saved between them
# A training that ends when it no longer improves: nobody judges before the least of these (see training/plateau.py).
_LEAST_FLAT_SECONDS, _LEAST_FLAT_STEPS, _LEAST_STEPS_MORE = 120.0, 300, 100
_FLAT_STEPS_A_SECOND = 3.0  # more for each second of audio: what there is more of takes longer to learn


class JobStage(StrEnum):
    """In the order in which a job goes through them."""

    GENERATE = "generate"
    PREPARE = "prepare"
    BUILD = "build"
    TRAIN = "train"
    MEASURE = "measure"
    PLAY = "play"


@dataclass(frozen=True, slots=True)
class Effort:
    """One stage.

    Attributes:
      key: Names the kind of work, for what is learned of it.
      seconds: On the reference.
      fixed_seconds: Besides, on any computer: a goal in minutes is as long everywhere.
      step_seconds: Of a training, on the reference.
      least_seconds, most_seconds: What it takes at least and at most, on any computer.
    """

    stage: JobStage
    key: str
    seconds: float = 0.0
    fixed_seconds: float = 0.0
    step_seconds: float = 0.0
    least_seconds: float = 0.0
    most_seconds: float = math.inf

    @property
    def is_counted(self) -> bool:
        """A number of steps, which ends with the last of them."""
        return self.stage is JobStage.TRAIN and not self.fixed_seconds and not self.may_end_by_itself

    @property
    def may_end_by_itself(self) -> bool:
        """A training that goes on until it no longer improves, or up to its limit."""
        return math.isfinite(self.most_seconds)

    def seconds_at(self, pace: float) -> float:
        """Args: pace: How many times as long as on the reference it takes."""
        return min(self.most_seconds, max(self.least_seconds, self.seconds * pace + self.fixed_seconds))


@dataclass(frozen=True, slots=True)
class WorkAmount:
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


def amount_of(run: RunState, seconds: float) -> WorkAmount:
    """Args: seconds: Of all recordings to learn from. What was prepared before is kept."""
    prepared = run.dataset.audio_seconds if run.dataset is not None else 0.0
    return WorkAmount(
        new_seconds=max(0.0, seconds - prepared),
        seconds=seconds or prepared,
        trained_minutes=run.seconds_trained / 60,
        trained_steps=run.step.step if run.step is not None else 0,
    )


def efforts(
    tasks: Sequence[Task], preset: Preset, pitch: str, goal: Goal, amount: WorkAmount, *, has_own_settings: bool = False
) -> tuple[Effort, ...]:
    """The stages of these tasks, in their order. Settings of one's own are learned apart: they may change all."""
    model = f"{preset.gin_file}{' (own settings)' if has_own_settings else ''}"
    n_examples = min(_MOST_MEASURED, amount.seconds * _EXAMPLES_A_SECOND)
    found: list[Effort] = []
    for task in tasks:
        match task:
            case "generate":
                found.append(Effort(JobStage.GENERATE, "generate", _GENERATE_SECONDS))
            case "prepare":
                choice = pitch_choice(pitch)
                seconds = _PREPARE_SECONDS + choice.seconds_for(amount.new_seconds, preset.frame_rate)
                found.append(Effort(JobStage.PREPARE, f"prepare {choice.key} {preset.frame_rate}", seconds))
            case "train":
                build = _BUILD_SECONDS.get(preset.gin_file, _USUAL_BUILD_SECONDS)
                found.append(Effort(JobStage.BUILD, f"build {model}", build))
                found.append(_training(goal, amount, model, preset))
            case "evaluate":
                found.append(
                    Effort(JobStage.MEASURE, f"measure {model}", _LOADING_SECONDS + n_examples * _EXAMPLE_SECONDS)
                )
            case "sample":
                n_excerpts = min(n_examples, _MOST_EXCERPTS)
                found.append(Effort(JobStage.PLAY, f"play {model}", _LOADING_SECONDS + n_excerpts * _EXAMPLE_SECONDS))
    return tuple(found)


def _training(goal: Goal, amount: WorkAmount, model: str, preset: Preset) -> Effort:
    a_step = _STEP_SECONDS.get(preset.gin_file, _USUAL_STEP_SECONDS) * _UPKEEP
    if goal.last_step is not None:
        steps = max(0, goal.last_step - amount.trained_steps)
        return Effort(JobStage.TRAIN, f"train {model}", steps * a_step, step_seconds=a_step)
    assert goal.last_minute is not None
    limit = max(0.0, goal.last_minute - amount.trained_minutes) * 60 * _UPKEEP
    if not goal.is_flat:
        return Effort(JobStage.TRAIN, f"train {model}", 0.0, limit, a_step)
    until_flat = max(_steps_until_flat(amount.seconds) - amount.trained_steps, _LEAST_STEPS_MORE)
    least = max(0.0, _LEAST_FLAT_SECONDS - 60 * amount.trained_minutes) * _UPKEEP
    return Effort(JobStage.TRAIN, f"train {model}", until_flat * a_step, 0.0, a_step, least, limit)


def _steps_until_flat(audio_seconds: float) -> float:
    """After how many steps a model of so much audio no longer improves."""
    return _LEAST_FLAT_STEPS + _FLAT_STEPS_A_SECOND * audio_seconds
