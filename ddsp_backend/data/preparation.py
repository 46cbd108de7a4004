"""The job that turns recordings into a data set."""

import dataclasses
import glob
from collections.abc import Generator
from itertools import groupby
from pathlib import Path

from ddsp_backend.data.analysis import Analyser, Source
from ddsp_backend.data.examples import Plan, plan_examples, serialized_examples
from ddsp_backend.data.feature_cache import FeatureCache, Features, default_cache_folder, feature_settings
from ddsp_backend.data.features import POWER_FRAME_SIZE
from ddsp_backend.data.manifest import VERSION, Manifest, manifest_path, statistics_of, write_manifest
from ddsp_backend.data.shards import ShardWriter
from ddsp_backend.data.sources import find_sources
from ddsp_backend.data.windows import Grid, Stretch, choose_held_out, chunks_of
from ddsp_backend.errors import ConfigError, DataError
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import DatasetWritten, Event
from ddsp_backend.jobs.progress import Pace
from ddsp_backend.jobs.spec import PrepareSpec
from ddsp_backend.pitch.tracker import SAMPLE_RATE
from ddsp_backend.pitch.trackers import make_tracker

_NOT_SETTINGS = {"inputs", "output_path", "cache_dir"}


def prepare(spec: PrepareSpec, cancel: CancelToken) -> Generator[Event, None, dict[str, str]]:
    """Decodes, analyses, cuts and writes. Recordings that cannot be used are noted and left out.

    Returns what `DatasetWritten` says, and how many chunks were computed and how many came from the cache.
    Raises:
      ConfigError: lengths that are no whole number of frames, or weights that are not installed.
      DataError: no usable recording, or nothing that could be held out.
    """
    grid = _grid_of(spec)
    output = Path(spec.output_path).expanduser()
    tracker = make_tracker(spec.tracker, spec.crepe_capacity, spec.viterbi)
    cache = FeatureCache(
        Path(spec.cache_dir).expanduser() if spec.cache_dir else default_cache_folder(output),
        feature_settings(tracker.name, spec.frame_rate, spec.center),
    )
    sources = yield from find_sources(spec.inputs, cache, cancel)
    stretches = _stretches_of(sources, spec, grid)
    held_out = choose_held_out(stretches, [s.content for s in sources], spec.held_out_fraction, spec.seed)
    analyser = Analyser(tracker, cache, spec.frame_rate, spec.center, grid.chunk)
    features = yield from _analyse(sources, analyser, cancel)
    plan = plan_examples(stretches, held_out, grid, spec)
    with ShardWriter(output) as writer:
        yield from _write(plan, sources, features, grid, spec, writer, cancel)
        writer.commit()
    written = _describe(spec, plan, sources, features, held_out)
    yield written
    return {
        "manifest_path": written.manifest_path,
        "train_pattern": written.train_pattern,
        "held_out_pattern": written.held_out_pattern,
        "n_train": str(written.n_train),
        "n_held_out": str(written.n_held_out),
        "chunks_computed": str(analyser.tally.computed),
        "chunks_cached": str(analyser.tally.cached),
    }


def _grid_of(spec: PrepareSpec) -> Grid:
    lengths = []
    for name in ("example_secs", "hop_secs", "chunk_secs"):
        n_frames = getattr(spec, name) * spec.frame_rate
        if round(n_frames) < 1 or abs(n_frames - round(n_frames)) > 1e-6:
            raise ConfigError(
                f"{name}={getattr(spec, name):g} is {n_frames:g} frames at {spec.frame_rate} frames a second",
                "It must be a whole number of frames.",
            )
        lengths.append(round(n_frames))
    return Grid(*lengths)


def _stretches_of(sources: list[Source], spec: PrepareSpec, grid: Grid) -> list[Stretch]:
    """What is held out or trained on as a whole: recordings, or their chunks. Raises DataError if there is only one."""
    hop = SAMPLE_RATE // spec.frame_rate
    wholes = [Stretch(index, 0, source.n_samples_16k // hop) for index, source in enumerate(sources)]
    if spec.split == "none":
        return wholes
    if spec.split == "recording":
        if len(wholes) == 1:
            raise DataError(
                f"There is only one recording, {sources[0].path.name}: held out, it would leave nothing to train on",
                "Choose to hold out chunks (split='chunk'), or add a recording.",
            )
        return wholes
    chunks = [chunk for whole in wholes for chunk in chunks_of(whole.recording, whole.n_frames, grid)]
    if len(chunks) == 1:
        seconds = chunks[0].n_frames / spec.frame_rate
        raise DataError(
            f"There are only {seconds:.1f} s of audio, one chunk of {spec.chunk_secs:g} s: nothing can be held out",
            f"Add recordings, or choose a shorter chunk_secs (at least example_secs={spec.example_secs:g}).",
        )
    return chunks


def _analyse(sources: list[Source], analyser: Analyser, cancel: CancelToken) -> Generator[Event, None, list[Features]]:
    pace = Pace("Finding pitch and loudness", sum(analyser.missing_seconds(s) for s in sources), "s of audio")
    features = []
    for source in sources:
        cancel.raise_if_set()
        steps = analyser.analyse(source)
        try:
            while True:
                seconds = next(steps)
                cancel.raise_if_set()
                yield from pace.advance(seconds, source.path.name)
        except StopIteration as end:
            features.append(end.value)
        finally:
            steps.close()
    return features


def _write(
    plan: Plan,
    sources: list[Source],
    features: list[Features],
    grid: Grid,
    spec: PrepareSpec,
    writer: ShardWriter,
    cancel: CancelToken,
) -> Generator[Event, None, None]:
    pace = Pace("Writing the examples", len(plan.examples), "examples")
    writer.create(plan.shards)
    for recording, group in groupby(plan.examples, key=lambda example: example.recording):
        examples = list(group)
        starts = [example.start for example in examples]
        records = serialized_examples(sources[recording], features[recording], starts, grid, spec)
        for example, record in zip(examples, records, strict=True):
            cancel.raise_if_set()
            writer.write(example.shard, record)
            yield from pace.advance(1, sources[recording].path.name)


def _describe(
    spec: PrepareSpec, plan: Plan, sources: list[Source], features: list[Features], held_out: set[Stretch]
) -> DatasetWritten:
    output = Path(spec.output_path).expanduser()
    statistics = statistics_of(features, spec.frame_rate)
    patterns = [_pattern(prefix, plan.shards) for prefix in (plan.train_prefix, plan.held_out_prefix)]
    manifest = Manifest(
        version=VERSION,
        settings=_settings_of(spec) | {"power_frame_size": POWER_FRAME_SIZE},
        sources=[
            {
                "path": str(source.path),
                "content": source.content,
                "seconds": round(source.survey.seconds, 4),
                "held_out": sorted(
                    [s.start / spec.frame_rate, s.stop / spec.frame_rate] for s in held_out if s.recording == index
                ),
            }
            for index, source in enumerate(sources)
        ],
        train_pattern=patterns[0],
        held_out_pattern=patterns[1],
        n_train=plan.n_train,
        n_held_out=plan.n_held_out,
        audio_seconds=round(sum(source.survey.seconds for source in sources), 4),
        voiced_seconds=statistics["voiced_seconds"],
        statistics=statistics,
    )
    write_manifest(manifest_path(output), manifest)
    folder = glob.escape(str(output.parent))
    return DatasetWritten(
        manifest_path=str(manifest_path(output)),
        train_pattern=f"{folder}/{patterns[0]}",
        held_out_pattern=f"{folder}/{patterns[1]}" if patterns[1] else "",
        n_train=plan.n_train,
        n_held_out=plan.n_held_out,
        audio_seconds=manifest.audio_seconds,
        voiced_seconds=manifest.voiced_seconds,
    )


def _settings_of(spec: PrepareSpec) -> dict[str, object]:
    names = [field.name for field in dataclasses.fields(spec) if field.name not in _NOT_SETTINGS]
    return {name: getattr(spec, name) for name in names}


def _pattern(prefix: str, shards: list[str]) -> str:
    """The pattern that takes exactly the shards of one part."""
    if not prefix:
        return ""
    n_shards = sum(name.rpartition("-of-")[0].rpartition("-")[0] == prefix for name in shards)
    return f"{glob.escape(prefix)}-?????-of-{n_shards:05d}"
