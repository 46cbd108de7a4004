"""What a running job says. Frozen, JSON-able, no arrays: audio and pictures go to files, events carry their paths."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from ddsp_backend.errors import Cause
from ddsp_backend.jobs.job_table import JobKind
from ddsp_backend.jobs.kinds import Unit, ValueKind


class Verdict(StrEnum):
    """What an inspection advises to do with a recording."""

    FINE = "fine"
    WARN = "warn"
    LEAVE_OUT = "leave_out"


class Finding(StrEnum):
    """What an inspection found in a recording. The number beside each says how much of it there is."""

    NO_PITCH = "no_pitch"  # share of the sounding time with a sure pitch, 0 to 1
    UNSURE_PITCH = "unsure_pitch"  # the same share, low but not hopeless
    SEVERAL_VOICES = "several_voices"  # share of the sounding time with more than one pitch, 0 to 1
    CLIPPED = "clipped"  # share of the samples on flat tops, 0 to 1, at whatever level
    HUM = "hum"  # dB below the loudest notes
    NOISE = "noise"  # noise floor, dB below the loudest notes
    SILENCE = "silence"  # share of the time without sound, 0 to 1
    CHANNELS_DIFFER = "channels_differ"  # share of the energy that their mean loses, 0 to 1
    CHANNELS_CANCEL = "channels_cancel"  # the same
    REVERBERATION = "reverberation"  # seconds until a note has died away by 60 dB after its end
    QUIET = "quiet"  # peak, dBFS
    SHORT = "short"  # seconds
    CUT_SHORT = "cut_short"  # seconds that the header promises and the file does not hold
    LOW_RATE = "low_rate"  # Hz
    UNREADABLE = "unreadable"  # 0: the file changed or vanished after the first look; a note says what happened


class Trend(StrEnum):
    """Where a training is going, by the smoothed loss that judges it."""

    EARLY = "early"  # too few measurements to tell
    IMPROVING = "improving"
    FLAT = "flat"
    BY_HEART = "by_heart"  # the training loss falls, while that on the held-out part rises


class EndReason(StrEnum):
    """Why a training ended by itself: `Finished.result["ended_because"]`."""

    STEPS = "steps"
    MINUTES = "minutes"
    FLAT = "flat"
    LOSS = "loss"  # early_stop_loss_value was reached


class Trouble(StrEnum):
    """What a training's guard found wrong with its model."""

    NOT_A_NUMBER = "not_a_number"  # loss, gradient or sound
    EXPLODED = "exploded"  # far louder than the recordings, or a loss many times what it was
    SILENT = "silent"
    HARMONICS_DIED = "harmonics_died"  # noise is heard in place of notes
    UNKNOWN = "unknown"  # of a later version

    @classmethod
    def _missing_(cls, value: object) -> "Trouble":
        return cls.UNKNOWN


@dataclass(frozen=True, slots=True)
class Started:
    """The first word of every job."""

    job: JobKind


@dataclass(frozen=True, slots=True)
class Progressed:
    """How far a stage is. `rate` is in units a second; `seconds_left` is None while it cannot be told."""

    stage: str  # a short phrase for the user: "Finding the pitch"
    done: float
    total: float
    unit: Unit
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
    content: str = ""  # hash of its bytes: copies of one recording have the same; empty: nobody looked


@dataclass(frozen=True, slots=True)
class FirstLookDone:
    """Every recording has its `FileInspected`; what comes now refines them, and nobody needs to wait for it."""

    n_usable: int
    n_refused: int


@dataclass(frozen=True, slots=True)
class RecordingInspected:
    """What a pitch tracker heard in a usable recording, told some time after its `FileInspected`.

    Attributes:
      coverage: Seconds with a sure pitch by note and level: "57:-24" is A3 (MIDI note 57) between -24 and -21 dBFS.
      findings: What is wrong, with its size, by the values of `Finding`.
      picture: A `.npz` with waveform, pitch and confidence to draw; empty where there is none.
    """

    path: str
    verdict: Verdict
    sounding_seconds: float  # louder than the noise floor
    voiced_seconds: float  # of these with a sure pitch
    lowest_note: float  # MIDI note, fractional: the fifth percentile of the voiced frames
    highest_note: float  # the ninety-fifth
    softest_db: float  # level of the voiced frames in dBFS, fifth and ninety-fifth percentile
    loudest_db: float
    noise_floor_db: float  # dBFS
    coverage: dict[str, float] = field(default_factory=dict)
    findings: dict[str, float] = field(default_factory=dict)
    picture: str = ""


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
    """One training step. `losses` holds "total_loss" and its parts.

    Attributes:
      total_steps: The step that ends the training; 0 where a number of steps is not the goal.
      seconds_left: Until the nearest limit; not a number where nobody can tell.
      seconds_trained: Of steps, from the first one on, over all resumed runs; 0 where nobody counted.
    """

    step: int
    total_steps: int
    losses: dict[str, float]
    steps_per_second: float
    seconds_left: float
    seconds_trained: float = 0.0


@dataclass(frozen=True, slots=True)
class HeldOutMeasured:
    """Losses on the held-out part, raw and, for "total_loss", smoothed over the measurements so far."""

    step: int
    losses: dict[str, float]
    smoothed: float


@dataclass(frozen=True, slots=True)
class TrendJudged:
    """What the measurements so far say about going on. The automatic end acts on the same judgment.

    Attributes:
      gain: Share by which the smoothed loss fell in the last `minutes`; negative where it rose.
      minutes: Of steps, how far `gain` looks back.
      best_step: Where the smoothed loss was lowest.
      minutes_since_best: Of steps.
    """

    step: int
    trend: Trend
    gain: float
    minutes: float
    best_step: int
    minutes_since_best: float


@dataclass(frozen=True, slots=True)
class WentBack:
    """The guard found trouble after `step`: what came after `to_step` did not happen, and training goes on from there.

    Attributes:
      learning_rate: Of the next step, half of what it was.
      number: How often this training has gone back, from 1.
    """

    step: int
    to_step: int
    trouble: Trouble
    learning_rate: float
    number: int


@dataclass(frozen=True, slots=True)
class MetricsMeasured:
    """Means over what was played: an evaluation plays the held-out part, a training its fixed clips, of which it
    measures loudness alone. E.g. "f0_distance_cents", "loudness_distance_db" of all frames,
    "loudness_distance_db_notes" where the target sounds, "loudness_distance_db_silence" where it does not."""

    step: int
    metrics: dict[str, float]


@dataclass(frozen=True, slots=True)
class DistanceMeasured:
    """How far the fixed clips of a training are from their targets: spectral distances, means of all clips.

    Attributes:
      floor_db: Of the best that such synthesizers can do without a network; not a number while it is not known.
    """

    step: int
    distance_db: float
    floor_db: float


@dataclass(frozen=True, slots=True)
class ClipRendered:
    """A fixed held-out clip, as the model at `step` renders it. All are paths: wav files and `.npy` spectrograms.

    Clips of one name are of one phrase as long as `target_audio` is the same: a data set that is prepared differently
    has other phrases under the same names.
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
    title: str = ""  # what it is, for people: "take_02, 0:12, D3, soft"; empty: nobody knows


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
    kinds: tuple[ValueKind, ...]  # that it takes, the usual one first
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
    cause: Cause = Cause.OTHER
    without_file: str = ""  # the title for those who see which file is meant; empty: the title names none


@dataclass(frozen=True, slots=True)
class Stopped:
    """Last word: the job stopped on request and can be resumed."""


Event: TypeAlias = (
    Started
    | Progressed
    | Noted
    | FileInspected
    | FirstLookDone
    | RecordingInspected
    | DatasetWritten
    | StepDone
    | HeldOutMeasured
    | TrendJudged
    | WentBack
    | MetricsMeasured
    | DistanceMeasured
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
