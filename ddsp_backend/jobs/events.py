"""What a running job says. Frozen, JSON-able, no arrays: audio and pictures go to files, events carry their paths."""

from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Started:
    """The first word of every job. `job` is the name of its spec's class."""

    job: str


@dataclass(frozen=True, slots=True)
class Progressed:
    """How far a stage is. `rate` is in units a second; `seconds_left` is None while it cannot be told."""

    stage: str  # a short phrase for the user: "Finding the pitch"
    done: float
    total: float
    unit: str  # "s of audio", "files", "batches", ...
    detail: str = ""  # what is being worked on: a file's name
    rate: float | None = None
    seconds_left: float | None = None


@dataclass(frozen=True, slots=True)
class Noted:
    """Something the user should know although the job goes on: a file left out, a checkpoint that was damaged."""

    title: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class FileInspected:
    """One recording of an intake. `refusal` is empty when it is usable; `warnings` are sentences about usable ones."""

    path: str
    duration: float  # seconds
    sample_rate: int  # Hz
    channels: int
    peak: float  # full scale 1
    refusal: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DatasetWritten:
    """A prepared data set is complete on disk."""

    manifest_path: str
    train_pattern: str
    held_out_pattern: str  # empty without a held-out part
    n_train: int
    n_held_out: int
    audio_seconds: float
    voiced_seconds: float


@dataclass(frozen=True, slots=True)
class StepDone:
    """One training step. `losses` holds "total_loss" and its parts."""

    step: int
    total_steps: int
    losses: dict[str, float]
    steps_per_second: float
    seconds_left: float


@dataclass(frozen=True, slots=True)
class HeldOutMeasured:
    """Losses on the held-out part, raw and, for "total_loss", smoothed over the measurements so far."""

    step: int
    losses: dict[str, float]
    smoothed: float


@dataclass(frozen=True, slots=True)
class MetricsMeasured:
    """Means of an evaluation over the held-out part, e.g. "f0_distance_cents", "loudness_distance_db"."""

    step: int
    metrics: dict[str, float]


@dataclass(frozen=True, slots=True)
class ClipRendered:
    """A fixed held-out clip, as the model at `step` renders it. All are paths: wav files and `.npy` spectrograms.

    A spectrogram is a uint8 array [bands, frames], low bands first, 0 = -100 dB or less, 255 = 0 dB, on a mel scale.
    """

    step: int
    name: str
    target_audio: str
    output_audio: str
    harmonic_audio: str
    noise_audio: str
    target_spectrogram: str
    output_spectrogram: str


@dataclass(frozen=True, slots=True)
class CheckpointSaved:
    """A checkpoint is whole on disk. `path` is its prefix, as TensorFlow wants it."""

    step: int
    path: str
    is_best: bool = False


@dataclass(frozen=True, slots=True)
class ArtifactWritten:
    """Any other file that the user may want: kind is "audio", "controls", "model", ..."""

    kind: str
    path: str


@dataclass(frozen=True, slots=True)
class SettingDescribed:
    """A parameter that a config sets. `value` is what it says now, as a gin file writes it."""

    name: str  # what a binding calls it: "SpectralLoss.mag_weight"
    owner: str  # what it belongs to: "SpectralLoss"
    owner_documentation: str
    value: str
    kind: str  # of values that it takes, in words: "a whole number"
    documentation: str
    fits_a_trained_model: bool  # may change without making the model's weights useless


@dataclass(frozen=True, slots=True)
class BucketEntryFound:
    """A bucket of Cloud Storage, or what lies in a folder of one. `size` is in bytes, 0 for folders."""

    path: str
    is_folder: bool
    size: int


@dataclass(frozen=True, slots=True)
class HostKeyShown:
    """A host that was never met shows its key. Nothing was sent; only the user can say whether it is the right one.

    Attributes:
      address: The host that is being met.
      jump: The host in between, on the way there, whose key it is; empty: its own.
    """

    address: str
    fingerprint: str
    jump: str = ""


@dataclass(frozen=True, slots=True)
class HostProbed:
    """What a host has, and what a run there will use: `accelerator` is cpu, cuda or tpu, `python` an interpreter."""

    address: str
    system: str
    cores: int
    memory: int  # bytes
    free: int  # bytes of disk
    gpus: tuple[str, ...]
    tpu_chips: int
    accelerator: str
    python: str
    is_set_up: bool


@dataclass(frozen=True, slots=True)
class MachineFound:
    """A virtual machine with this program's label, which costs money. Times in seconds since 1970."""

    name: str
    project: str
    zone: str
    machine_type: str
    status: str  # as Compute Engine says it: RUNNING, STOPPING, ...
    ends_at: float  # when Google deletes it; 0: nobody knows
    price_per_hour: float  # as it was typed when it was made; 0: it was made elsewhere
    is_ours: bool  # made from this computer: the key to it is here


@dataclass(frozen=True, slots=True)
class MachineDeleted:
    """A virtual machine is gone, with its disk."""

    name: str


@dataclass(frozen=True, slots=True)
class StopAcknowledged:
    """The request to stop was seen; the job now saves its work."""


@dataclass(frozen=True, slots=True)
class Finished:
    """Last word: the job did all of it. `result` names what came out, as strings."""

    result: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failed:
    """Last word: what happened and what to do. `traceback` is empty for an expected error."""

    title: str
    hint: str = ""
    traceback: str = ""


@dataclass(frozen=True, slots=True)
class Stopped:
    """Last word: the job stopped on request and can be resumed."""


Event: TypeAlias = (
    Started
    | Progressed
    | Noted
    | FileInspected
    | DatasetWritten
    | StepDone
    | HeldOutMeasured
    | MetricsMeasured
    | ClipRendered
    | CheckpointSaved
    | ArtifactWritten
    | SettingDescribed
    | BucketEntryFound
    | HostKeyShown
    | HostProbed
    | MachineFound
    | MachineDeleted
    | StopAcknowledged
    | Finished
    | Failed
    | Stopped
)
LAST_WORDS = (Finished, Failed, Stopped)
