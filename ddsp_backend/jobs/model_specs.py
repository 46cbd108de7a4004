"""Jobs about models: trained, measured, listened to, exported."""

from dataclasses import dataclass

from ddsp_backend.jobs.checks import (
    require,
    require_capacity,
    require_here,
    require_modules,
    require_text,
    require_tracker,
)
from ddsp_backend.jobs.sound_form import require_form
from ddsp_backend.jobs.tracker_table import TRACKERS

INFERENCE_MODELS = (
    "autoencoder",
    "vst_extract_features",
    "vst_predict_controls",
    "vst_stateless_predict_controls",
    "vst_synthesize",
    "vst_synthesize_harmonic",
    "vst_synthesize_noise",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeSpec:
    """List what a config sets for training and model, and judge it: a form is built from it."""

    gin_files: tuple[str, ...] = ()
    gin_params: tuple[str, ...] = ()
    gin_search_paths: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require(bool(self.gin_files), "gin_files", self.gin_files, "at least one file")


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
    allow_modules: tuple[str, ...] = ()
    """Python modules of the user's own, whose layers, losses and evaluators the config may name."""
    steps: int | None = None
    """Train up to this step; None takes `train.num_steps`."""
    minutes: float | None = None
    """End after so many minutes of steps, over all resumed runs together; None sets no such limit."""
    until_flat: bool = False
    """End when the smoothed held-out loss no longer falls (the training loss where nothing is held out)."""
    early_stop_loss_value: float | None = None
    """Stop when the smoothed total loss falls to this value."""
    seed: int = 0
    """The same seed gives the same weights, data order and noise."""
    tpu: str = ""
    """local for the TPU chips of the machine that it runs on, or grpc://ADDRESS:8470."""
    cluster_config: str = ""
    """Which workers train together and which one this is: JSON in the form of TF_CONFIG."""

    def __post_init__(self) -> None:
        require_text("save_dir", self.save_dir)
        require_modules("allow_module", self.allow_modules)
        require(self.steps is None or self.steps >= 1, "steps", self.steps, "1 or more")
        require(self.minutes is None or 0 < self.minutes <= 10**6, "minutes", self.minutes, "between 0 and 1000000")


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
    allow_modules: tuple[str, ...] = ()
    run_once: bool = True
    """Measure the newest checkpoint and end; otherwise wait for new ones until stopped."""

    def __post_init__(self) -> None:
        require_text("save_dir", self.save_dir)
        require_modules("allow_module", self.allow_modules)


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleSpec:
    """Resynthesize held-out clips with a trained model: audio, spectrograms, harmonic and noise parts."""

    save_dir: str
    restore_dir: str = ""
    gin_files: tuple[str, ...] = ()
    gin_params: tuple[str, ...] = ()
    gin_search_paths: tuple[str, ...] = ()
    allow_modules: tuple[str, ...] = ()
    run_once: bool = True

    def __post_init__(self) -> None:
        require_text("save_dir", self.save_dir)
        require_modules("allow_module", self.allow_modules)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayCheckpointSpec:
    """Play the fixed clips of a training with one of the checkpoints that it has kept, as it plays them by itself."""

    save_dir: str
    """Folder of the run. Its operative config says on what and how."""
    step: int
    """That of the checkpoint."""
    gin_files: tuple[str, ...] = ()
    gin_params: tuple[str, ...] = ()
    gin_search_paths: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_text("save_dir", self.save_dir)
        require(self.step >= 0, "step", self.step, "0 or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderSpec:
    """Play a recording, or ready features, through a trained model."""

    model_path: str
    """A run's folder (its best checkpoint is taken, else the newest) or one checkpoint's prefix."""
    input_path: str = ""
    """A recording of any length, or a MIDI file."""
    features_path: str = ""
    """Or an npz with `audio`, `f0_hz`, `loudness_db`, each with a batch axis."""
    output_path: str = ""
    """The wav to write."""
    controls_path: str = ""
    """The npz to write with the network's outputs and the scaled controls."""
    parts: bool = False
    """Also write the harmonic and the noise part, dry, beside the output."""
    reverb: bool = True
    """Play in the room that the model learned."""
    as_plugin: bool = False
    """Sound as in the DDSP-VST plug-in, without any room."""
    pitch_shift: float = 0.0
    """Semitones."""
    octave_shift: int = 0
    """Octaves, in addition to the semitones."""
    loudness_shift: float = 0.0
    """dB."""
    fit: bool = False
    """Bring pitch, by whole octaves, and loudness to the range of the data set that the model learned from."""
    threshold: float = 0.0
    """What is less surely a note is made quiet; 1 is usual, 0 leaves all as it is."""
    quiet: float = 20.0
    """dB by which `threshold` turns down."""
    autotune: float = 0.0
    """Share of the way to the nearest note of the recording's own scale, 0 to 1."""
    manifest_path: str = ""
    """What the preparation wrote about the model's data set; empty, or where it is gone: what the run's folder says."""
    tracker: str = ""
    """Empty: the one that the model's data set was prepared with; CREPE in full where that is not known."""
    crepe_capacity: str = "full"
    cache_dir: str = ""
    """Where the recording's features are kept by content; empty keeps none."""
    listening_dir: str = ""
    """Folder for what is heard and seen beside the output: the recording as a wav at the model's rate, the output's
    harmonic and noise parts, spectrograms, and of a long recording its beginning, beforehand. Empty writes none."""
    sample_rate: int = 0
    """Hz of the output and its parts; 0 for the model's own."""
    bits: str = "float"
    """Of a sample of the output and its parts: 16, 24 or float."""
    level: float | None = None
    """LUFS to bring the output to, and its parts by the same gain; None keeps the loudness."""
    allow_modules: tuple[str, ...] = ()
    """Python modules of the user's own that the model was trained with."""

    def __post_init__(self) -> None:
        require_text("model_path", self.model_path)
        require_modules("allow_module", self.allow_modules)
        require_form(self.bits, self.sample_rate, self.level)
        require(
            bool(self.input_path) != bool(self.features_path),
            "input_path",
            self.input_path,
            "given, or features_path instead of it",
        )
        require(
            bool(self.output_path) or bool(self.controls_path),
            "output_path",
            self.output_path,
            "given, or controls_path",
        )
        for name in ("input_path", "features_path", "output_path", "controls_path", "cache_dir", "listening_dir"):
            require_here(name, getattr(self, name))
        require(-48 <= self.pitch_shift <= 48, "pitch_shift", self.pitch_shift, "between -48 and 48 semitones")
        require(-4 <= self.octave_shift <= 4, "octave_shift", self.octave_shift, "between -4 and 4 octaves")
        require(-60 <= self.loudness_shift <= 60, "loudness_shift", self.loudness_shift, "between -60 and 60 dB")
        require(0 <= self.threshold <= 2, "threshold", self.threshold, "between 0 and 2")
        require(0 <= self.quiet <= 60, "quiet", self.quiet, "between 0 and 60 dB")
        require(0 <= self.autotune <= 1, "autotune", self.autotune, "between 0 and 1")
        require_tracker(self.tracker or TRACKERS[0], self.crepe_capacity)


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
    tflite: bool = False
    """Also write the file that DDSP-VST loads, of vst_stateless_predict_controls."""
    name: str = ""
    """Of that file, without its ending; the plug-in shows it. Empty: model."""
    metadata: bool = False
    """Also write beside it what that file says of the model, as metadata.json."""
    metadata_file: str = ""
    """Say this instead: a JSON file with the keys that the plug-in reads."""
    dataset_path: str = ""
    """Pattern of the data set whose notes tell the range; empty: the one that the run was trained on."""
    debug: bool = False
    """Make and check everything, and write nothing."""
    allow_modules: tuple[str, ...] = ()
    """Python modules of the user's own that the model was trained with."""

    def __post_init__(self) -> None:
        require_text("model_path", self.model_path)
        require_modules("allow_module", self.allow_modules)
        require(
            self.inference_model in INFERENCE_MODELS,
            "inference_model",
            self.inference_model,
            f"one of {', '.join(INFERENCE_MODELS)}",
        )
        require(0.01 <= self.length_seconds <= 600, "length_seconds", self.length_seconds, "between 0.01 and 600 s")
        require(0 <= self.new_hop_size <= 48000, "new_hop_size", self.new_hop_size, "between 0 and 48000 samples")
        require_capacity(self.crepe_capacity)
        is_name = not any(char in self.name for char in "/\\:\0") and not self.name.startswith(".")
        require(is_name, "name", self.name, "the name of a file, without folders")
        rate = self.impulse_response_rate
        require(rate == 0 or 8000 <= rate <= 192000, "impulse_response_rate", rate, "0, or between 8000 and 192000 Hz")


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginSpec:
    """Write a trained model as a file that the DDSP-VST plug-in plays."""

    model_path: str
    """A run's folder (its best checkpoint is taken, else the newest) or one checkpoint's prefix."""
    output_path: str
    """The .tflite file; the plug-in shows its name without the ending."""
    manifest_path: str = ""
    """What the preparation wrote about the model's data set, for the range of its notes; empty where nobody knows."""
    replace: bool = False
    """Whether a file of this name may be replaced."""

    def __post_init__(self) -> None:
        require_text("model_path", self.model_path)
        require_text("output_path", self.output_path)
        require_here("output_path", self.output_path)
