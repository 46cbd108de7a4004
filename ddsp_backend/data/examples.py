"""Cuts recordings into examples and writes them to shards."""

# F = frames, N = samples

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ddsp_backend.audio.files import iterate_blocks
from ddsp_backend.data.analysis import AudioWindow, Source
from ddsp_backend.data.feature_cache import Features
from ddsp_backend.data.features import RANGE_DB
from ddsp_backend.data.shards import serialize_example, shard_names
from ddsp_backend.data.windows import Grid, Stretch, window_starts
from ddsp_backend.jobs.spec import PrepareSpec
from ddsp_backend.pitch.tracker import SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class Example:
    """One window of a recording, and the file it goes to."""

    recording: int
    start: int  # frame
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
        kept: [(s.recording, start) for s in stretches if (s in held_out) == kept for start in window_starts(s, grid)]
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


def serialized_examples(
    source: Source, features: Features, starts: list[int], grid: Grid, spec: PrepareSpec
) -> Iterator[bytes]:
    """The records of one recording, for `starts` in rising order; its audio is decoded once more, block by block."""
    rates = {"audio": spec.sample_rate, "audio_16k": SAMPLE_RATE}
    windows = {rate: AudioWindow(iterate_blocks(source.path, rate)) for rate in set(rates.values())}
    n_frames = grid.example + spec.center
    for start in starts:
        cuts = {}
        for rate, window in windows.items():
            hop = rate // spec.frame_rate
            cuts[rate] = window.take(start * hop, (start + grid.example) * hop)
        example = {key: cuts[rate] for key, rate in rates.items()}
        example |= {key: _feature(key, values_F, start, n_frames) for key, values_F in features.items()}
        yield serialize_example(example)


def _feature(key: str, values_F: np.ndarray, start: int, n_frames: int) -> np.ndarray:
    """Where a recording is shorter than an example, what follows it is silence at the last pitch."""
    cut_F = values_F[start : start + n_frames]
    n_missing = n_frames - len(cut_F)
    if not n_missing:
        return cut_F
    beyond = {"f0_hz": float(values_F[-1]), "f0_confidence": 0.0}.get(key, -RANGE_DB)
    return np.concatenate([cut_F, np.full(n_missing, beyond, np.float32)])
