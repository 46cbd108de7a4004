"""Deals the examples of a data set out to its shards, and cuts them out of recordings."""

# F = frames, K = features

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ddsp_backend.arrays import Array
from ddsp_backend.data.feature_cache import FEATURE_KEYS
from ddsp_backend.data.features import RANGE_DB
from ddsp_backend.data.scratch import read_columns, read_scratch
from ddsp_backend.data.tfrecord_writing import serialize_example, shard_names
from ddsp_backend.data.windows import Grid, Stretch, window_starts
from ddsp_backend.jobs.spec import PrepareSpec


@dataclass(frozen=True, slots=True)
class Example:
    """One window of a recording, and the file it goes to."""

    recording: int
    start: int  # frame
    n_frames: int
    shard: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Every example of a data set, sorted by recording and start, and the names of all shards."""

    examples: list[Example]
    shards: list[str]
    train_prefix: str
    held_out_prefix: str  # empty without a held-out part
    n_train: int
    n_held_out: int


def plan_examples(stretches: list[Stretch], held_out: set[Stretch], grid: Grid, spec: PrepareSpec) -> Plan:
    """Deals the examples out to the shards in a random order that the seed decides, as even as can be.

    Neighbouring examples overlap. Readers that shuffle only files, as the reference's does, depend on this order.
    """
    name = Path(spec.output_path).name
    parts = {
        kept: [window for s in stretches if (s in held_out) == kept for window in _windows(s, grid, spec)]
        for kept in (False, True)
    }
    train, kept_back = parts[False], parts[True]
    prefixes = (f"{name}-train", f"{name}-eval") if held_out else (name, "")
    examples, shards = [], []
    n_files = (spec.n_shards, max(1, min(spec.n_shards, len(kept_back))))
    for windows, prefix, n_shards, salt in zip((train, kept_back), prefixes, n_files, (0, 1), strict=True):
        if prefix:
            names = shard_names(prefix, n_shards)
            ranks = np.random.default_rng([spec.seed, salt]).permutation(len(windows))
            shards += names
            examples += [Example(*window, names[rank % n_shards]) for window, rank in zip(windows, ranks, strict=True)]
    examples.sort(key=lambda example: (example.recording, example.start))
    return Plan(examples, shards, *prefixes, len(train), len(kept_back))


def _windows(stretch: Stretch, grid: Grid, spec: PrepareSpec) -> list[tuple[int, int, int]]:
    """Recording, first frame and length of a stretch's examples: windows of it, its chunks, or all of it."""
    if spec.example_secs:
        return [(stretch.recording, start, grid.example) for start in window_starts(stretch, grid)]
    if not spec.chunk_secs:
        return [(stretch.recording, stretch.start, stretch.n_frames)]
    # The last one is filled up with silence, as in the reference, so that all have one length.
    starts = range(stretch.start, stretch.stop, grid.chunk)
    return [(stretch.recording, start, grid.chunk) for start in starts]


@dataclass(frozen=True, slots=True)
class Cut:
    """What is cut out of a recording for one example: audio at every rate, and its features."""

    rates: dict[str, int]  # of the audio, by its key
    frame_rate: int
    center: bool
    with_features: bool


def serialized_example(audio: dict[int, Path], features: Path, start: int, length: int, cut: Cut) -> bytes:
    """The record of `length` frames from `start` on, from the working files of a recording's audio and features."""
    found = {}
    for rate, path in audio.items():
        hop = rate // cut.frame_rate
        found[rate] = read_scratch(path, start * hop, (start + length) * hop)
    example = {key: found[rate] for key, rate in cut.rates.items()}
    if not cut.with_features:
        return serialize_example(example)
    n_frames = length + cut.center
    columns_FK = read_columns(features, len(FEATURE_KEYS), start, start + n_frames)
    example |= {key: _padded(key, values_F, n_frames) for key, values_F in zip(FEATURE_KEYS, columns_FK.T, strict=True)}
    return serialize_example(example)


def _padded(key: str, values_F: Array, n_frames: int) -> Array:
    """Where a recording is shorter than an example, what follows it is silence at the last pitch."""
    n_missing = n_frames - len(values_F)
    if not n_missing:
        return values_F
    beyond = {"f0_hz": float(values_F[-1]), "f0_confidence": 0.0}.get(key, -RANGE_DB)
    return np.concatenate([values_F, np.full(n_missing, beyond, np.float32)])
