"""What a job is asked to do. Frozen, JSON-able, and refused on construction where a value makes no sense."""

import math
from dataclasses import dataclass
from typing import TypeAlias

from ddsp_backend.errors import ConfigError

TRACKERS = ("crepe", "swift-f0")
CREPE_CAPACITIES = ("tiny", "small", "medium", "large", "full")
SPLITS = ("recording", "chunk", "none")
INFERENCE_MODELS = (
    "autoencoder",
    "vst_extract_features",
    "vst_predict_controls",
    "vst_stateless_predict_controls",
    "vst_synthesize",
    "vst_synthesize_harmonic",
    "vst_synthesize_noise",
)


def _require(claim: bool, name: str, value: object, limit: str) -> None:
    if not claim:
        raise ConfigError(f"{name}={value!r} cannot be used", f"It must be {limit}.")


def _require_text(name: str, value: object) -> None:
    _require(isinstance(value, str) and bool(value) and "\0" not in value, name, value, "a non-empty text")


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectSpec:
    """Look at recordings before any work starts: one row a file."""

    inputs: tuple[str, ...]
    """Files, folders (searched recursively) or patterns with * and ?."""

    def __post_init__(self) -> None:
        _require(len(self.inputs) > 0, "inputs", self.inputs, "at least one file or folder")


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateSpec:
    """Generate the demo instrument: a performance whose pitch, harmonics and noise are known."""

    output_dir: str
    """Folder for the wav files and their ground truth (`*.npz`)."""
    seconds: float = 64.0
    """Length of the whole performance."""
    sample_rate: int = 16000
    """Hz."""
    seed: int = 0
    """The same seed gives the same samples."""

    def __post_init__(self) -> None:
        _require_text("output_dir", self.output_dir)
        _require(4 <= self.seconds <= 3600, "seconds", self.seconds, "between 4 and 3600")
        _require(8000 <= self.sample_rate <= 192000, "sample_rate", self.sample_rate, "between 8000 and 192000 Hz")


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateNotesSpec:
    """Invent notes, as controls of the synthesizers, for models that learn to tell them from audio."""

    output_path: str
    """Prefix of the TFRecord files."""
    n_examples: int = 1000
    """Examples in all files together."""
    n_shards: int = 1
    """Number of files."""
    n_timesteps: int = 125
    """Control frames of an example."""
    n_harmonics: int = 100
    """Harmonics of an example."""
    n_mags: int = 65
    """Noise bands of an example."""
    seed: int = 42
    """The same seed gives the same examples."""

    def __post_init__(self) -> None:
        _require_text("output_path", self.output_path)
        for name in ("n_examples", "n_shards", "n_timesteps", "n_harmonics", "n_mags"):
            _require(1 <= getattr(self, name) <= 10**8, name, getattr(self, name), "1 or more")
        _require(self.n_shards <= 10000, "n_shards", self.n_shards, "between 1 and 10000")


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareSpec:
    """Turn recordings into a data set: decode, resample, find pitch and loudness, cut into examples."""

    inputs: tuple[str, ...]
    """Files, folders (searched recursively) or patterns with * and ?."""
    output_path: str
    """Prefix of the shards, e.g. OUT/data.tfrecord; the manifest is written beside them."""
    cache_dir: str = ""
    """Where features are kept by content; empty means a folder `.feature_cache` beside the shards."""
    n_shards: int = 10
    """Number of files the training part is spread over."""
    sample_rate: int = 16000
    """Hz of the examples' audio."""
    frame_rate: int = 250
    """Pitch and loudness values a second."""
    example_secs: float = 4.0
    """Length of one example."""
    hop_secs: float = 1.0
    """Distance between the starts of two examples."""
    center: bool = False
    """Frames are centred on their time stamps, which adds one frame (the vst models want this)."""
    tracker: str = "crepe"
    """Pitch tracker: crepe or swift-f0."""
    crepe_capacity: str = "full"
    """Size of CREPE: tiny is ten times faster, full is what the reference uses."""
    viterbi: bool = True
    """Smooth the pitch with the most likely path instead of taking each frame alone."""
    split: str = "none"
    """Hold out whole recordings, or chunks of `chunk_secs`, or nothing."""
    held_out_fraction: float = 0.0
    """Share of the audio to hold out; at least one recording or chunk when above zero."""
    chunk_secs: float = 20.0
    """Length of the pieces that recordings are analysed and split in."""
    seed: int = 0
    """Chooses what is held out."""

    def __post_init__(self) -> None:
        _require(len(self.inputs) > 0, "inputs", self.inputs, "at least one file or folder")
        _require_text("output_path", self.output_path)
        _require(1 <= self.n_shards <= 10000, "n_shards", self.n_shards, "between 1 and 10000")
        _require(8000 <= self.sample_rate <= 192000, "sample_rate", self.sample_rate, "between 8000 and 192000 Hz")
        _require(1 <= self.frame_rate <= 1000, "frame_rate", self.frame_rate, "between 1 and 1000 frames a second")
        _require(
            self.sample_rate % self.frame_rate == 0 and 16000 % self.frame_rate == 0,
            "frame_rate",
            self.frame_rate,
            f"a divisor of 16000 (the pitch tracker's rate) and of sample_rate={self.sample_rate}",
        )
        _require(0.1 <= self.example_secs <= 60, "example_secs", self.example_secs, "between 0.1 and 60 s")
        _require(0.01 <= self.hop_secs <= 60, "hop_secs", self.hop_secs, "between 0.01 and 60 s")
        _require(self.tracker in TRACKERS, "tracker", self.tracker, f"one of {', '.join(TRACKERS)}")
        _require(
            self.crepe_capacity in CREPE_CAPACITIES,
            "crepe_capacity",
            self.crepe_capacity,
            f"one of {', '.join(CREPE_CAPACITIES)}",
        )
        _require(self.split in SPLITS, "split", self.split, f"one of {', '.join(SPLITS)}")
        _require(
            0 <= self.held_out_fraction < 1,
            "held_out_fraction",
            self.held_out_fraction,
            "from 0 up to below 1",
        )
        _require(
            (self.split == "none") == (self.held_out_fraction == 0),
            "held_out_fraction",
            self.held_out_fraction,
            "0 with split='none' and above 0 with any other split",
        )
        _require(
            math.isfinite(self.chunk_secs) and self.chunk_secs >= self.example_secs,
            "chunk_secs",
            self.chunk_secs,
            f"at least example_secs={self.example_secs}",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainSpec:
    """Train a model, or go on training one. Flags are those of the reference's ddsp_run."""

    save_dir: str
    """Folder of the run: checkpoints, operative config, summaries, clips."""
    restore_dir: str = ""
    """Folder to start from; empty means `save_dir`."""
    gin_files: tuple[str, ...] = ()
    """Config files, found on the search path, parsed in order."""
    gin_params: tuple[str, ...] = ()
    """Single bindings, parsed last."""
    gin_search_paths: tuple[str, ...] = ()
    """Further folders in which gin files are looked for."""
    steps: int | None = None
    """Train up to this step; None takes `train.num_steps`."""
    early_stop_loss_value: float | None = None
    """Stop when the smoothed total loss falls to this value."""
    seed: int = 0
    """The same seed gives the same weights, data order and noise."""
    tpu: str = ""
    """local for the TPU chips of the machine that it runs on, or grpc://ADDRESS:8470."""
    cluster_config: str = ""
    """Which workers train together and which one this is: JSON in the form of TF_CONFIG."""

    def __post_init__(self) -> None:
        _require_text("save_dir", self.save_dir)
        _require(self.steps is None or self.steps >= 1, "steps", self.steps, "1 or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluateSpec:
    """Measure a trained model on its held-out part."""

    save_dir: str
    """Folder where summaries and metrics are written."""
    restore_dir: str = ""
    """Folder of the checkpoints; empty means `save_dir`."""
    gin_files: tuple[str, ...] = ()
    gin_params: tuple[str, ...] = ()
    gin_search_paths: tuple[str, ...] = ()
    run_once: bool = True
    """Measure the newest checkpoint and end; otherwise wait for new ones until stopped."""

    def __post_init__(self) -> None:
        _require_text("save_dir", self.save_dir)


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleSpec:
    """Resynthesize held-out clips with a trained model: audio, spectrograms, harmonic and noise parts."""

    save_dir: str
    restore_dir: str = ""
    gin_files: tuple[str, ...] = ()
    gin_params: tuple[str, ...] = ()
    gin_search_paths: tuple[str, ...] = ()
    run_once: bool = True

    def __post_init__(self) -> None:
        _require_text("save_dir", self.save_dir)


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderSpec:
    """Play a recording, or ready features, through a trained model."""

    model_path: str
    """A run's folder (its best checkpoint is taken, else the newest) or one checkpoint's prefix."""
    input_path: str = ""
    """A recording of any length."""
    features_path: str = ""
    """Or an npz with `audio`, `f0_hz`, `loudness_db`, each with a batch axis."""
    output_path: str = ""
    """The wav to write."""
    controls_path: str = ""
    """The npz to write with the network's outputs and the scaled controls."""
    reverb: bool = True
    """Play in the room that the model learned."""
    pitch_shift: float = 0.0
    """Semitones."""
    loudness_shift: float = 0.0
    """dB."""
    tracker: str = "crepe"
    crepe_capacity: str = "full"
    cache_dir: str = ""
    """Where the recording's features are kept by content; empty keeps none."""
    listening_dir: str = ""
    """Folder for what is heard and seen beside the output: the recording as a wav at the model's rate, and the
    spectrograms of both. Empty writes none."""

    def __post_init__(self) -> None:
        _require_text("model_path", self.model_path)
        _require(
            bool(self.input_path) != bool(self.features_path),
            "input_path",
            self.input_path,
            "given, or features_path instead of it",
        )
        _require(
            bool(self.output_path) or bool(self.controls_path),
            "output_path",
            self.output_path,
            "given, or controls_path",
        )
        _require(-48 <= self.pitch_shift <= 48, "pitch_shift", self.pitch_shift, "between -48 and 48 semitones")
        _require(-60 <= self.loudness_shift <= 60, "loudness_shift", self.loudness_shift, "between -60 and 60 dB")
        _require(self.tracker in TRACKERS, "tracker", self.tracker, f"one of {', '.join(TRACKERS)}")
        _require(
            self.crepe_capacity in CREPE_CAPACITIES,
            "crepe_capacity",
            self.crepe_capacity,
            f"one of {', '.join(CREPE_CAPACITIES)}",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportSpec:
    """Write a trained model as a SavedModel, which TensorFlow plays without this program."""

    model_path: str
    """A run's folder (its best checkpoint is taken, else the newest) or one checkpoint's prefix."""
    save_dir: str = ""
    """Folder to write to; empty means `export` in the run's folder."""
    inference_model: str = "autoencoder"
    """The whole model, or a part of one that plays frame by frame (see inference/streaming.py)."""
    length_seconds: float = 4.0
    """Length of the audio that the autoencoder plays."""
    remove_reverb: bool = True
    """Leave the learned room out of the autoencoder."""
    new_hop_size: int = 0
    """Samples of a hop of vst_synthesize; 0 for the model's own."""
    crepe_capacity: str = "full"
    """Size of the pitch tracker in vst_extract_features."""
    impulse_response: bool = True
    """Also write the learned room as a wav file."""
    impulse_response_rate: int = 44100
    """Hz of a second such file beside that of the model's rate; 0 for none."""

    def __post_init__(self) -> None:
        _require_text("model_path", self.model_path)
        _require(
            self.inference_model in INFERENCE_MODELS,
            "inference_model",
            self.inference_model,
            f"one of {', '.join(INFERENCE_MODELS)}",
        )
        _require(0.01 <= self.length_seconds <= 600, "length_seconds", self.length_seconds, "between 0.01 and 600 s")
        _require(0 <= self.new_hop_size <= 48000, "new_hop_size", self.new_hop_size, "between 0 and 48000 samples")
        _require(
            self.crepe_capacity in CREPE_CAPACITIES,
            "crepe_capacity",
            self.crepe_capacity,
            f"one of {', '.join(CREPE_CAPACITIES)}",
        )
        rate = self.impulse_response_rate
        _require(rate == 0 or 8000 <= rate <= 192000, "impulse_response_rate", rate, "0, or between 8000 and 192000 Hz")


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSpec:
    """Look at another machine: whether it is the one that is known, what it has, what a run there would use."""

    book: str
    """Folder of the host book."""
    address: str
    """A name from ssh_config, or user@host, or user@host:port. A host that answers is added to the book."""
    accepted: str = ""
    """Fingerprint that the user has accepted; the key that has it is pinned."""
    set_up: bool = False
    """Also install there what a run needs."""

    def __post_init__(self) -> None:
        _require_text("book", self.book)
        _require_text("address", self.address)


JobSpec: TypeAlias = (
    InspectSpec
    | GenerateSpec
    | GenerateNotesSpec
    | PrepareSpec
    | TrainSpec
    | EvaluateSpec
    | SampleSpec
    | RenderSpec
    | ExportSpec
    | HostSpec
)
