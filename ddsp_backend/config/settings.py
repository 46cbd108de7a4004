"""What a gin file says about running: plain frozen values under the reference's names of `train`, `Trainer`, ...

Each field carries one line of documentation, which forms can show.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_args

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
    """Whether to track and compare the pitch of the resynthesized audio; without it only loudness is compared."""
    crepe_capacity: str = "full"
    """The size of the pitch tracker CREPE; tiny is about ten times faster but less accurate."""

    def __post_init__(self) -> None:
        require_capacity(self.crepe_capacity)


@dataclass(frozen=True, slots=True, kw_only=True)
class TWMEvaluatorConfig:
    """How far a model's sinusoids speak for the pitch of the data set, by two-way mismatch."""

    processor_name: str = "sinusoidal"
    """Name of the synthesizer whose sinusoids are compared with the pitch of the data set."""
    noisy: bool = False
    """Whether each sinusoid is partly noise; then only its tonal part counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MidiAutoencoderEvaluatorConfig:
    """How far the notes in the middle of a MidiAutoencoder are those of the data set."""

    db_key: str = "loudness_db"
    """Which feature to draw, loudness or power, by its name in the data set."""
    f0_key: str = "f0_hz"
    """Which pitch feature to draw, by its name in the data set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MidiHeuristicEvaluatorConfig:
    """How far notes that rules of thumb find in a model's controls are those of the data set."""

    segment_f: Callable[..., Any] | None = None
    """The function that finds notes in the controls: @segment_notes_batch with bindings, or None for its defaults."""


EvaluatorConfig = (
    BasicEvaluatorConfig
    | F0LdEvaluatorConfig
    | TWMEvaluatorConfig
    | MidiAutoencoderEvaluatorConfig
    | MidiHeuristicEvaluatorConfig
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateExamplesConfig:
    """gin's `generate_examples`: the data set that `ddsp_generate_synthetic_dataset` writes."""

    generate_fn: Callable[..., Any]
    """The function that invents an example: @generate_notes_v2, or @generate_notes for simpler notes."""


OwnEvaluator = Callable[[int, int], Any]
"""An evaluator of the user's own, with its bindings: called with the sample rate and the frame rate in Hz."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainConfig:
    """gin's `train`."""

    data_provider: Any = None
    """The data set that the model learns from; more recordings of one instrument teach it more."""
    held_out_provider: Any = None
    """The data set that only checks the model; None measures nothing and keeps only the newest checkpoints."""
    batch_size: int = 32
    """Number of examples in each step, over all devices together; a larger batch gives steadier but slower steps."""
    num_steps: int = 1_000_000
    """The step at which training ends; more steps take longer and let the model learn more."""
    steps_per_summary: int = 300
    """Steps between two points of the TensorBoard curves; fewer steps give finer curves and larger files."""
    steps_per_save: int = 300
    """Steps between two checkpoints; with fewer steps a crash loses less work, but saving takes more time."""
    steps_per_held_out: int = 100
    """Steps between two measurements on the held-out part; fewer steps notice overfitting earlier but cost time."""
    held_out_batches: int = 4
    """Batches in each measurement on the held-out part; more batches measure more reliably but take longer."""
    steps_per_clips: int = 300
    """Steps between two renderings of the held-out clips; fewer steps let you hear progress more often."""
    n_clips: int = 3
    """Number of held-out clips that are rendered each time; more clips tell more but take longer."""
    milestones: bool = False
    """Whether to measure and render the clips also after steps 1, 3, 10, 30, 100, 300, ... and at every stop."""
    recover: bool = False
    """Whether a training that becomes unstable or plays only noise goes back to its last good state; False ends it."""
    seed: int | None = None
    """Random seed for the first weights, the data order and the noise; None uses the job's seed."""
    start_from: str | None = None
    """Where the first weights come from: the name of a model that ships with the program, such as "streaming", the
    folder of a run, or a checkpoint's path. None starts from nothing, which takes longer."""
    early_stop_loss_value: float | None = None
    """Training ends when the smoothed total loss falls to this value."""
    report_loss_to_hypertune: bool = False
    """Whether to report to Google's hyperparameter service, which is not supported: leave it False."""
    save_dir: str | None = None
    """Ignored, because the job decides the folder of the run."""
    restore_dir: str | None = None
    """Ignored, because the job decides which checkpoint training starts from."""

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
    """Learning rate at the start; a higher value learns faster, but too high a value makes training unstable."""
    lr_decay_steps: int = 10_000
    """Number of steps after which the learning rate has been multiplied once by `lr_decay_rate`."""
    lr_decay_rate: float = 0.98
    """Factor by which the learning rate falls every `lr_decay_steps`; a lower value makes it fall faster."""
    warm_up_steps: int = 0
    """Number of first steps over which the learning rate rises to its full value; more make the start gentler."""
    average_decay: float = 0.0
    """Share of the averaged weights that each step keeps; a higher value sounds steadier but follows more slowly.
    Clips, measurements and exports use the average. 0 keeps no average."""
    grad_clip_norm: float = 3.0
    """Largest allowed length of the gradient; longer ones are shortened, which keeps training stable."""
    precision: str = "float32"
    """Number format for matrix products: "float32", or "bfloat16", which some GPUs and TPUs compute faster."""
    checkpoints_to_keep: int = 100
    """Number of newest checkpoints to keep; the best one is always kept too."""
    restore_keys: tuple[str, ...] | None = None
    """Parts of the model to restore from the checkpoint, such as ("decoder",); None restores the whole model."""

    def __post_init__(self) -> None:
        if isinstance(self.restore_keys, list):
            object.__setattr__(self, "restore_keys", tuple(self.restore_keys))
        require(self.learning_rate > 0, "Trainer.learning_rate", self.learning_rate, "above 0")
        require(self.lr_decay_steps >= 1, "Trainer.lr_decay_steps", self.lr_decay_steps, "1 or more")
        require(0 < self.lr_decay_rate <= 1, "Trainer.lr_decay_rate", self.lr_decay_rate, "above 0 and at most 1")
        require(self.warm_up_steps >= 0, "Trainer.warm_up_steps", self.warm_up_steps, "0 or more")
        require(0 <= self.average_decay < 1, "Trainer.average_decay", self.average_decay, "at least 0 and below 1")
        require(self.grad_clip_norm > 0, "Trainer.grad_clip_norm", self.grad_clip_norm, "above 0")
        require(self.precision in PRECISIONS, "Trainer.precision", self.precision, f"one of {', '.join(PRECISIONS)}")
        require(self.checkpoints_to_keep >= 1, "Trainer.checkpoints_to_keep", self.checkpoints_to_keep, "1 or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class _MeasureConfig:
    data_provider: Any = None
    """The data set whose examples are measured or played."""
    evaluator_classes: tuple[EvaluatorConfig | OwnEvaluator, ...] = (BasicEvaluatorConfig(),)
    """The evaluators that decide what is measured."""
    batch_size: int = 32
    """Number of examples in each batch; a larger batch is faster but needs more memory."""
    num_batches: int = 50
    """Number of batches in one evaluation; a value below 1 uses the whole data set."""
    ckpt_delay_secs: float = 0
    """Shortest time in seconds between two evaluations while waiting for new checkpoints."""
    run_once: bool = False
    """Ignored, because the job decides whether to wait for further checkpoints."""
    run_until_step: int = 0
    """The evaluation ends after a checkpoint of this step or later; with 0 or less it keeps waiting."""
    evaluate_and_sample: bool = False
    """Whether to render the batches as well as measure them."""
    save_dir: str | None = None
    """Ignored, because the job decides the folder of the run."""
    restore_dir: str | None = None
    """Ignored, because the job decides which checkpoint training starts from."""

    def __post_init__(self) -> None:
        # Gin hands over the classes, with their bindings; the values that name them are what travels on.
        chosen = tuple(_settings_of(choice) for choice in self.evaluator_classes)
        object.__setattr__(self, "evaluator_classes", chosen)
        require(self.batch_size >= 1, "batch_size", self.batch_size, "1 or more")


def _settings_of(choice: Any) -> EvaluatorConfig | OwnEvaluator:
    """The settings that choose one of the program's evaluators, or the class of the user's own."""
    named = getattr(choice, "func", choice)  # bindings are put around it
    settings: EvaluatorConfig | OwnEvaluator = choice() if named in get_args(EvaluatorConfig) else choice
    return settings


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluateConfig(_MeasureConfig):
    """gin's `evaluate`."""

    repeats: int = -1
    """Largest number of passes through the data set; -1 means one pass, as a second would measure the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleConfig(_MeasureConfig):
    """gin's `sample`."""

    batch_size: int = 16
    num_batches: int = 1


def get_model(model: Any) -> Any:
    """The model that training, evaluation and sampling share."""
    return model
