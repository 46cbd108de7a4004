"""What a gin file says about running: plain frozen values under the reference's names of `train`, `Trainer`, ...

Each field carries one line of documentation, which forms can show.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ddsp_backend.dsp.target import PRECISIONS
from ddsp_backend.errors import ConfigError
from ddsp_backend.jobs.checks import require, require_capacity


@dataclass(frozen=True, slots=True, kw_only=True)
class BasicEvaluatorConfig:
    """Losses, audio and spectrograms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class F0LdEvaluatorConfig:
    """Distances between the pitch and loudness asked for and those of the resynthesized audio."""

    run_f0_crepe: bool = True
    """Track the pitch of the resynthesized audio; otherwise only loudness is compared."""
    crepe_capacity: str = "full"
    """The size of CREPE; tiny is some ten times faster."""

    def __post_init__(self) -> None:
        require_capacity(self.crepe_capacity)


@dataclass(frozen=True, slots=True, kw_only=True)
class TWMEvaluatorConfig:
    """How far a model's sinusoids speak for the pitch of the data set, by two-way mismatch."""

    processor_name: str = "sinusoidal"
    """The synthesizer whose sinusoids are looked at."""
    noisy: bool = False
    """Sinusoids are partly noise, and count only for the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MidiAutoencoderEvaluatorConfig:
    """How far the notes in the middle of a MidiAutoencoder are those of the data set."""

    db_key: str = "loudness_db"
    """Loudness or power, as the data set has it: what is drawn."""
    f0_key: str = "f0_hz"
    """The pitch, as the data set has it: what is drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MidiHeuristicEvaluatorConfig:
    """How far notes that rules of thumb find in a model's controls are those of the data set."""

    segment_f: Callable[..., Any] | None = None
    """Controls to notes: @segment_notes_batch with its bindings; None is the same without any."""


EvaluatorConfig = (
    BasicEvaluatorConfig
    | F0LdEvaluatorConfig
    | TWMEvaluatorConfig
    | MidiAutoencoderEvaluatorConfig
    | MidiHeuristicEvaluatorConfig
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainConfig:
    """gin's `train`."""

    data_provider: Any = None
    """The examples to learn from."""
    held_out_provider: Any = None
    """Examples that are never learned from; None measures nothing and keeps only the newest checkpoints."""
    batch_size: int = 32
    """Examples a step, over all devices together."""
    num_steps: int = 1_000_000
    """The step at which training ends."""
    steps_per_summary: int = 300
    """Steps between two points of the TensorBoard curves."""
    steps_per_save: int = 300
    """Steps between two checkpoints."""
    steps_per_held_out: int = 100
    """Steps between two measurements on the held-out part."""
    held_out_batches: int = 4
    """Batches of one such measurement."""
    steps_per_clips: int = 300
    """Steps between two renderings of the fixed held-out clips."""
    n_clips: int = 3
    """How many clips are rendered."""
    milestones: bool = False
    """Measure and render the clips after steps 1, 3, 10, 30, 100, 300, ... as well, and render them at every stop."""
    seed: int | None = None
    """Chooses weights, data order and noise; None takes the job's own seed."""
    early_stop_loss_value: float | None = None
    """End when the smoothed total loss falls to this value."""
    report_loss_to_hypertune: bool = False
    """Google's hyperparameter service; only False is offered."""
    save_dir: str | None = None
    """Ignored: the job says where a run lies."""
    restore_dir: str | None = None
    """Ignored: the job says where a run is restored from."""

    def __post_init__(self) -> None:
        for name in (
            "batch_size",
            "num_steps",
            "steps_per_summary",
            "steps_per_save",
            "steps_per_held_out",
            "held_out_batches",
            "steps_per_clips",
        ):
            require(getattr(self, name) >= 1, f"train.{name}", getattr(self, name), "1 or more")
        patterns = [
            getattr(provider, "file_pattern", None) for provider in (self.data_provider, self.held_out_provider)
        ]
        if self.held_out_provider is not None and patterns[0] is not None and patterns[0] == patterns[1]:
            raise ConfigError(
                f"train.held_out_provider reads the same files as train.data_provider: {patterns[0]}",
                "Bind held_out_pattern to the held-out part, or set train.held_out_provider = None.",
            )
        require(self.n_clips >= 0, "train.n_clips", self.n_clips, "0 or more")
        require(not self.report_loss_to_hypertune, "train.report_loss_to_hypertune", True, "False")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainerConfig:
    """gin's `Trainer`."""

    learning_rate: float = 0.001
    """Adam's step size at the start."""
    lr_decay_steps: int = 10_000
    """Steps in which the learning rate falls by the factor `lr_decay_rate`."""
    lr_decay_rate: float = 0.98
    """See `lr_decay_steps`."""
    grad_clip_norm: float = 3.0
    """The gradient's largest length; longer ones are shortened."""
    precision: str = "float32"
    """Of the factors of matrix products: "float32", or "bfloat16", which some GPUs and TPUs multiply faster."""
    checkpoints_to_keep: int = 100
    """The newest ones; the best one is kept besides."""
    restore_keys: tuple[str, ...] | None = None
    """Parts of the model to restore, such as ("decoder",); None restores all of it."""

    def __post_init__(self) -> None:
        if isinstance(self.restore_keys, list):
            object.__setattr__(self, "restore_keys", tuple(self.restore_keys))
        require(self.learning_rate > 0, "Trainer.learning_rate", self.learning_rate, "above 0")
        require(self.lr_decay_steps >= 1, "Trainer.lr_decay_steps", self.lr_decay_steps, "1 or more")
        require(0 < self.lr_decay_rate <= 1, "Trainer.lr_decay_rate", self.lr_decay_rate, "above 0 and at most 1")
        require(self.grad_clip_norm > 0, "Trainer.grad_clip_norm", self.grad_clip_norm, "above 0")
        require(self.precision in PRECISIONS, "Trainer.precision", self.precision, f"one of {', '.join(PRECISIONS)}")
        require(self.checkpoints_to_keep >= 1, "Trainer.checkpoints_to_keep", self.checkpoints_to_keep, "1 or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class _MeasureConfig:
    data_provider: Any = None
    """The examples to measure or play."""
    evaluator_classes: tuple[EvaluatorConfig, ...] = (BasicEvaluatorConfig(),)
    """What is measured."""
    batch_size: int = 32
    """Examples a batch."""
    num_batches: int = 50
    """Batches of one evaluation; below 1 takes all there are."""
    ckpt_delay_secs: float = 0
    """Least time between two evaluations while waiting for new checkpoints."""
    run_once: bool = False
    """Ignored: the job says whether to wait for further checkpoints."""
    run_until_step: int = 0
    """End after a checkpoint of this step or later; 0 or less waits on."""
    evaluate_and_sample: bool = False
    """Both measure and render the batches."""
    save_dir: str | None = None
    """Ignored: the job says where a run lies."""
    restore_dir: str | None = None
    """Ignored: the job says where a run is restored from."""

    def __post_init__(self) -> None:
        # Gin hands over the classes, with their bindings; the values that name them are what travels on.
        chosen = tuple(choice() if callable(choice) else choice for choice in self.evaluator_classes)
        object.__setattr__(self, "evaluator_classes", chosen)
        require(self.batch_size >= 1, "batch_size", self.batch_size, "1 or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluateConfig(_MeasureConfig):
    """gin's `evaluate`."""

    repeats: int = -1
    """Passes through the data set, at most; -1 is one, since a second one would measure the same again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleConfig(_MeasureConfig):
    """gin's `sample`."""

    batch_size: int = 16
    num_batches: int = 1


def get_model(model: Any) -> Any:
    """The model that training, evaluation and sampling share."""
    return model
