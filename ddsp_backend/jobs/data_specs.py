"""Jobs about recordings and data sets: looked at, invented, prepared."""

import math
from dataclasses import dataclass

from ddsp_backend.jobs.checks import require, require_here, require_text, require_tracker

SPLITS = ("recording", "chunk", "none")  # from the largest that can be held out to nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectSpec:
    """Look at recordings before any work starts: first one row a file, then what a pitch tracker hears in each."""

    inputs: tuple[str, ...]
    """Files, folders (searched recursively) or patterns with * and ?."""
    cache_dir: str = ""
    """Where what was heard is kept by content, with pictures of it; empty: nowhere."""

    def __post_init__(self) -> None:
        require(len(self.inputs) > 0, "inputs", self.inputs, "at least one file or folder")
        require_here("cache_dir", self.cache_dir)


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
        require_text("output_dir", self.output_dir)
        require_here("output_dir", self.output_dir)
        require(4 <= self.seconds <= 3600, "seconds", self.seconds, "between 4 and 3600")
        require(8000 <= self.sample_rate <= 192000, "sample_rate", self.sample_rate, "between 8000 and 192000 Hz")


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateNotesSpec:
    """Invent notes, as controls of the synthesizers, for models that learn to tell them from audio."""

    output_path: str
    """Prefix of the TFRecord files."""
    n_examples: int = 1000
    """Examples in all files together."""
    n_shards: int = 1
    """Number of files."""
    n_timesteps: int | None = None
    """Control frames of an example; None takes what the config says, or 125."""
    n_harmonics: int | None = None
    """Harmonics of an example; None takes what the config says, or 100."""
    n_mags: int | None = None
    """Noise bands of an example; None takes what the config says, or 65."""
    gin_files: tuple[str, ...] = ()
    """Config files that say how notes are invented: `generate_examples.generate_fn` and what it is bound to."""
    gin_params: tuple[str, ...] = ()
    """Single bindings, parsed last."""
    gin_search_paths: tuple[str, ...] = ()
    """Further folders in which gin files are looked for."""
    pipeline_options: tuple[str, ...] = ()
    """Do the work in an Apache Beam pipeline with these options instead."""
    seed: int = 42
    """The same seed gives the same examples."""

    def __post_init__(self) -> None:
        require_text("output_path", self.output_path)
        require_here("output_path", self.output_path)
        for name in ("n_examples", "n_shards", "n_timesteps", "n_harmonics", "n_mags"):
            value = getattr(self, name)
            require(value is None or 1 <= value <= 10**8, name, value, "1 or more")
        require(self.n_shards <= 10000, "n_shards", self.n_shards, "between 1 and 10000")


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
    """Pitch and loudness values a second; 0 writes audio alone."""
    example_secs: float = 4.0
    """Length of one example; 0 takes each piece of `chunk_secs` whole."""
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
    """Length of the pieces that recordings are analysed and split in; 0 does not split them."""
    seed: int = 0
    """Chooses what is held out."""
    processes: int = 0
    """Processes that work at once; 0 for one a core, as memory allows, where there is enough to do."""
    pipeline_options: tuple[str, ...] = ()
    """Do the work in an Apache Beam pipeline with these options, such as --runner=FlinkRunner, instead."""
    is_planned: bool = False
    """The program chose these values by itself. What cannot be held out so is held out otherwise, or not at all, and a
    value that makes no sense is the program's own fault. What somebody asked for is done, or refused."""

    def __post_init__(self) -> None:
        require(len(self.inputs) > 0, "inputs", self.inputs, "at least one file or folder")
        require_text("output_path", self.output_path)
        for name, path in (("output_path", self.output_path), *(("inputs", path) for path in self.inputs)):
            require_here(name, path)
        require(1 <= self.n_shards <= 10000, "n_shards", self.n_shards, "between 1 and 10000")
        require(8000 <= self.sample_rate <= 192000, "sample_rate", self.sample_rate, "between 8000 and 192000 Hz")
        require(0 <= self.frame_rate <= 1000, "frame_rate", self.frame_rate, "between 1 and 1000 frames a second, or 0")
        require(
            self.sample_rate % self.grid_rate == 0 and 16000 % self.grid_rate == 0,
            "frame_rate",
            self.frame_rate,
            f"a divisor of 16000 (the pitch tracker's rate) and of sample_rate={self.sample_rate}",
        )
        is_length = self.example_secs == 0 or 0.1 <= self.example_secs <= 60
        require(is_length, "example_secs", self.example_secs, "between 0.1 and 60 s, or 0 for whole pieces")
        require(0.01 <= self.hop_secs <= 60, "hop_secs", self.hop_secs, "between 0.01 and 60 s")
        require_tracker(self.tracker, self.crepe_capacity)
        require(self.split in SPLITS, "split", self.split, f"one of {', '.join(SPLITS)}")
        require(
            0 <= self.held_out_fraction < 1,
            "held_out_fraction",
            self.held_out_fraction,
            "from 0 up to below 1",
        )
        require(
            (self.split == "none") == (self.held_out_fraction == 0),
            "held_out_fraction",
            self.held_out_fraction,
            "0 with split='none' and above 0 with any other split",
        )
        require(0 <= self.processes <= 1024, "processes", self.processes, "between 0 and 1024")
        require(
            self.chunk_secs == 0 or (math.isfinite(self.chunk_secs) and self.chunk_secs >= max(0.1, self.example_secs)),
            "chunk_secs",
            self.chunk_secs,
            f"at least example_secs={self.example_secs}, or 0",
        )
        is_divided = self.chunk_secs > 0 or self.split != "chunk"
        require(is_divided, "chunk_secs", self.chunk_secs, f"above 0 with split={self.split!r}")

    @property
    def grid_rate(self) -> int:
        """Frames a second that lengths are counted in: those of the features, or of audio alone some that fit it."""
        fitting = (rate for rate in range(250, 0, -1) if self.sample_rate % rate == 0 and 16000 % rate == 0)
        return self.frame_rate or next(fitting)
