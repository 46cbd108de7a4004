"""The job that turns recordings into a data set."""

import dataclasses
import glob
from collections import defaultdict
from collections.abc import Generator, Sequence
from pathlib import Path

from ddsp_backend.data.analysis import Chunk, Framing, Source
from ddsp_backend.data.beam import BeamRunner
from ddsp_backend.data.examples import Cut, Plan, plan_examples
from ddsp_backend.data.feature_cache import FeatureCache, default_cache_folder, feature_settings
from ddsp_backend.data.features import POWER_FRAME_SIZE
from ddsp_backend.data.manifest import VERSION, Manifest, manifest_path, write_manifest
from ddsp_backend.data.pieces import AnalyseChunk, JoinFeatures, TrackerChoice, WriteShard, tracker_of
from ddsp_backend.data.pool import local_runner
from ddsp_backend.data.shards import ShardWriter
from ddsp_backend.data.sources import ReadSource, read_sources
from ddsp_backend.data.statistics import Statistics
from ddsp_backend.data.windows import Grid, Stretch, choose_held_out, chunks_of
from ddsp_backend.data.work import Runner, Stage
from ddsp_backend.errors import ConfigError, DataError
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.data_specs import PrepareSpec
from ddsp_backend.jobs.events import DatasetWritten, Event
from ddsp_backend.pitch.tracker import SAMPLE_RATE
from ddsp_backend.pitch.trackers import tracker_name

_NOT_SETTINGS = {"inputs", "output_path", "cache_dir", "processes", "pipeline_options"}


def prepare(spec: PrepareSpec, cancel: CancelToken) -> Generator[Event, None, dict[str, str]]:
    """Decodes, analyses, cuts and writes. Recordings that cannot be used are noted and left out.

    The same bytes come out whether this process, several or several machines do the work.

    Returns what `DatasetWritten` says, and how many chunks were computed and how many came from the cache.
    Raises:
      ConfigError: lengths that are no whole number of frames, or weights that are not installed.
      DataError: no usable recording, or nothing that could be held out.
    """
    job = _Preparation(spec)
    try:
        with ShardWriter(job.output) as writer:
            runner = _runner(spec, writer.folder)
            read = yield from read_sources(spec.inputs, job.rates, job.cache, writer.folder, runner, cancel)
            sources = [each.source for each in read]
            stretches = _stretches_of(sources, spec, job.grid)
            held_out = choose_held_out(stretches, [s.content for s in sources], spec.held_out_fraction, spec.seed)
            plan = plan_examples(stretches, held_out, job.grid, spec)
            stages = [job.analysis(read, writer.folder), job.joining(read, writer.folder)]
            stages.append(job.writing(read, plan, writer.folder))
            _, joined, _ = yield from runner.run(stages, cancel)
            writer.commit(plan.shards)
    finally:
        tracker_of.cache_clear()  # CREPE's weights are some hundred megabytes
    statistics = Statistics()
    for result in joined:
        statistics.join(Statistics.from_json(result))
    written = job.describe(plan, sources, statistics, held_out)
    yield written
    n_computed = len(stages[0].pieces)
    return {
        "manifest_path": written.manifest_path,
        "train_pattern": written.train_pattern,
        "held_out_pattern": written.held_out_pattern,
        "n_train": str(written.n_train),
        "n_held_out": str(written.n_held_out),
        "chunks_computed": str(n_computed),
        "chunks_cached": str(sum(len(job.framing.chunks(source)) for source in sources) - n_computed),
    }


def _runner(spec: PrepareSpec, folder: Path) -> Runner:
    if spec.pipeline_options:
        return BeamRunner(spec.pipeline_options, folder)
    return local_runner(spec.processes)


class _Preparation:
    """What a spec comes to: lengths in frames, the cache, and the stages."""

    def __init__(self, spec: PrepareSpec) -> None:
        self._spec = spec
        self.grid = _grid_of(spec)
        self.output = Path(spec.output_path).expanduser()
        self.rates = tuple(sorted({spec.sample_rate, SAMPLE_RATE}))
        self.framing = Framing(spec.frame_rate, spec.center, self.grid.chunk)
        self._tracker = TrackerChoice(spec.tracker, spec.crepe_capacity, spec.viterbi)
        self.cache = FeatureCache(
            Path(spec.cache_dir).expanduser() if spec.cache_dir else default_cache_folder(self.output),
            feature_settings(tracker_name(*dataclasses.astuple(self._tracker)), spec.frame_rate, spec.center),
        )

    def analysis(self, read: Sequence[ReadSource], folder: Path) -> Stage:
        """Of the chunks that the cache does not hold."""
        pieces = [
            AnalyseChunk(each.source.path, each.number, folder, self.cache, self._tracker, self.framing, chunk)
            for each in read
            for chunk in self.framing.chunks(each.source)
            if self._is_missing(chunk)
        ]
        seconds = sum(piece.chunk.n_frames for piece in pieces) / self._spec.frame_rate
        return Stage("Finding pitch and loudness", seconds, "s of audio", pieces)

    def joining(self, read: Sequence[ReadSource], folder: Path) -> Stage:
        pieces = [
            JoinFeatures(each.source.path, each.number, folder, self.cache, tuple(self.framing.chunks(each.source)))
            for each in read
        ]
        return Stage("Joining the chunks", len(pieces), "files", pieces)

    def writing(self, read: Sequence[ReadSource], plan: Plan, folder: Path) -> Stage:
        examples: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for example in plan.examples:
            examples[example.shard].append((read[example.recording].number, example.start))
        rates = {"audio": self._spec.sample_rate, "audio_16k": SAMPLE_RATE}
        cut = Cut(rates, self._spec.frame_rate, self.grid.example, self._spec.center)
        pieces = [WriteShard(self.output.with_name(name), folder, tuple(examples[name]), cut) for name in plan.shards]
        return Stage("Writing the examples", len(plan.examples), "examples", pieces)

    def describe(
        self, plan: Plan, sources: list[Source], statistics: Statistics, held_out: set[Stretch]
    ) -> DatasetWritten:
        """Writes the manifest."""
        patterns = [_pattern(prefix, plan.shards) for prefix in (plan.train_prefix, plan.held_out_prefix)]
        summary = statistics.summary(self._spec.frame_rate)
        manifest = Manifest(
            version=VERSION,
            settings=_settings_of(self._spec) | {"power_frame_size": POWER_FRAME_SIZE},
            sources=[
                {
                    "path": str(source.path),
                    "content": source.content,
                    "seconds": round(source.survey.seconds, 4),
                    "held_out": self._seconds_of(held_out, index),
                }
                for index, source in enumerate(sources)
            ],
            train_pattern=patterns[0],
            held_out_pattern=patterns[1],
            n_train=plan.n_train,
            n_held_out=plan.n_held_out,
            audio_seconds=round(sum(source.survey.seconds for source in sources), 4),
            voiced_seconds=summary["voiced_seconds"],
            statistics=summary,
        )
        write_manifest(manifest_path(self.output), manifest)
        folder = glob.escape(str(self.output.parent))
        return DatasetWritten(
            manifest_path=str(manifest_path(self.output)),
            train_pattern=f"{folder}/{patterns[0]}",
            held_out_pattern=f"{folder}/{patterns[1]}" if patterns[1] else "",
            n_train=plan.n_train,
            n_held_out=plan.n_held_out,
            audio_seconds=manifest.audio_seconds,
            voiced_seconds=manifest.voiced_seconds,
        )

    def _is_missing(self, chunk: Chunk) -> bool:
        return self.cache.read_chunk(chunk.content, chunk.first, chunk.n_frames) is None

    def _seconds_of(self, held_out: set[Stretch], recording: int) -> list[list[float]]:
        rate = self._spec.frame_rate
        return sorted([s.start / rate, s.stop / rate] for s in held_out if s.recording == recording)


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


def _settings_of(spec: PrepareSpec) -> dict[str, object]:
    names = [field.name for field in dataclasses.fields(spec) if field.name not in _NOT_SETTINGS]
    return {name: getattr(spec, name) for name in names}


def _pattern(prefix: str, shards: list[str]) -> str:
    """The pattern that takes exactly the shards of one part."""
    if not prefix:
        return ""
    n_shards = sum(name.rpartition("-of-")[0].rpartition("-")[0] == prefix for name in shards)
    return f"{glob.escape(prefix)}-?????-of-{n_shards:05d}"
