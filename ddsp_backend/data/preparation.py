"""The job that turns recordings into a data set."""

import dataclasses
import glob
from collections import defaultdict
from collections.abc import Generator, Sequence
from pathlib import Path

from ddsp_backend.data.analysis import Chunk, Framing, Source
from ddsp_backend.data.beam_pipeline import BeamRunner
from ddsp_backend.data.dividing import divide, grid_of
from ddsp_backend.data.examples import Cut, Plan, plan_examples
from ddsp_backend.data.feature_cache import FeatureCache, default_cache_folder, feature_settings
from ddsp_backend.data.features import POWER_FRAME_SIZE
from ddsp_backend.data.manifest import VERSION, Manifest, manifest_path, write_manifest
from ddsp_backend.data.pieces import AnalyseChunk, JoinFeatures, TrackerChoice, WriteShard, tracker_of
from ddsp_backend.data.process_pool import local_runner
from ddsp_backend.data.sources import ReadSource, read_sources
from ddsp_backend.data.stages import Result, Runner, Stage
from ddsp_backend.data.statistics import Statistics
from ddsp_backend.data.tfrecord_writing import ShardWriter
from ddsp_backend.data.windows import Stretch
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.data_specs import PrepareSpec
from ddsp_backend.jobs.events import DatasetWritten, Event
from ddsp_backend.jobs.kinds import Unit
from ddsp_backend.pitch.tracker import SAMPLE_RATE
from ddsp_backend.pitch.trackers import tracker_name

_NOT_SETTINGS = {"inputs", "output_path", "cache_dir", "processes", "pipeline_options", "is_planned"}


def prepare(spec: PrepareSpec, cancel: CancelToken) -> Generator[Event, None, dict[str, str]]:
    """Decodes, analyses, cuts and writes. Recordings that cannot be used are noted and left out.

    The same bytes come out whether this process, several or several machines do the work.

    Returns what `DatasetWritten` says, and how many chunks were computed and how many came from the cache.
    Raises:
      ConfigError: lengths that are no whole number of frames, or weights that are not installed.
      PlanError: such lengths that the program itself chose.
      DataError: no usable recording, or nothing that could be held out.
    """
    job = _Preparation(spec)
    try:
        with ShardWriter(job.output) as writer:
            runner = _runner(spec, writer.folder)
            read = yield from read_sources(spec.inputs, job.rates, job.cache, writer.folder, runner, cancel)
            sources = [each.source for each in read]
            division = divide(sources, spec, job.grid)
            if note := division.note(spec):
                yield note
            plan = plan_examples(division.stretches, division.held_out, job.grid, spec)
            stages = [job.analysis(read, writer.folder), job.joining(read, writer.folder)] if spec.frame_rate else []
            stages.append(job.writing(read, plan, writer.folder))
            results = yield from runner.run(stages, cancel)
            joined = results[1] if spec.frame_rate else []
            manifest = job.manifest(plan, sources, _joined(joined), division.held_out)
            name = manifest_path(job.output).name
            write_manifest(writer.folder / name, manifest)
            writer.commit([*plan.shards, name])
    finally:
        tracker_of.cache_clear()  # CREPE's weights are some hundred megabytes
    written = _written(job.output, manifest)
    yield written
    n_computed = len(stages[0].pieces) if spec.frame_rate else 0
    n_chunks = sum(len(job.framing.chunks(source)) for source in sources) if spec.frame_rate else 0
    return {
        "manifest_path": written.manifest_path,
        "train_pattern": written.train_pattern,
        "held_out_pattern": written.held_out_pattern,
        "n_train": str(written.n_train),
        "n_held_out": str(written.n_held_out),
        "chunks_computed": str(n_computed),
        "chunks_cached": str(n_chunks - n_computed),
    }


def _runner(spec: PrepareSpec, folder: Path) -> Runner:
    if spec.pipeline_options:
        return BeamRunner(spec.pipeline_options, folder)
    return local_runner(spec.processes)


class _Preparation:
    """What a spec comes to: lengths in frames, the cache, and the stages."""

    def __init__(self, spec: PrepareSpec) -> None:
        self._spec = spec
        self.grid = grid_of(spec)
        self.output = Path(spec.output_path).expanduser()
        self.rates = tuple(sorted({spec.sample_rate, SAMPLE_RATE}))
        self.framing = Framing(spec.grid_rate, spec.center, self.grid.chunk)
        self._tracker = TrackerChoice(spec.tracker, spec.crepe_capacity, spec.viterbi)
        self.cache = FeatureCache(
            Path(spec.cache_dir).expanduser() if spec.cache_dir else default_cache_folder(self.output),
            feature_settings(tracker_name(*dataclasses.astuple(self._tracker)), spec.grid_rate, spec.center),
        )

    def analysis(self, read: Sequence[ReadSource], folder: Path) -> Stage:
        """Of the chunks that the cache does not hold."""
        pieces = [
            AnalyseChunk(each.source.path, each.number, folder, self.cache, self._tracker, self.framing, chunk)
            for each in read
            for chunk in self.framing.chunks(each.source)
            if self._is_missing(chunk)
        ]
        seconds = sum(piece.chunk.n_frames for piece in pieces) / self._spec.grid_rate
        return Stage("Finding pitch and loudness", seconds, Unit.AUDIO_SECONDS, pieces)

    def joining(self, read: Sequence[ReadSource], folder: Path) -> Stage:
        pieces = [
            JoinFeatures(each.source.path, each.number, folder, self.cache, tuple(self.framing.chunks(each.source)))
            for each in read
        ]
        return Stage("Joining the pieces", len(pieces), Unit.FILES, pieces)

    def writing(self, read: Sequence[ReadSource], plan: Plan, folder: Path) -> Stage:
        examples: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
        for example in plan.examples:
            examples[example.shard].append((read[example.recording].number, example.start, example.n_frames))
        rates = {"audio": self._spec.sample_rate, "audio_16k": SAMPLE_RATE}
        cut = Cut(rates, self._spec.grid_rate, self._spec.center, with_features=self._spec.frame_rate > 0)
        pieces = [WriteShard(self.output.with_name(name), folder, tuple(examples[name]), cut) for name in plan.shards]
        return Stage("Writing the examples", len(plan.examples), Unit.EXAMPLES, pieces)

    def manifest(self, plan: Plan, sources: list[Source], statistics: Statistics, held_out: set[Stretch]) -> Manifest:
        """What the set says about itself."""
        held_out_seconds = self._seconds_of(held_out)
        patterns = [_pattern(prefix, plan.shards) for prefix in (plan.train_prefix, plan.held_out_prefix)]
        summary = statistics.summary(self._spec.grid_rate)
        return Manifest(
            version=VERSION,
            settings=_settings_of(self._spec) | {"power_frame_size": POWER_FRAME_SIZE},
            sources=[
                {
                    "path": str(source.path),
                    "content": source.content,
                    "seconds": round(source.survey.seconds, 4),
                    "held_out": held_out_seconds.get(index, []),
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
            examples=self._places_of(plan),
        )

    def _is_missing(self, chunk: Chunk) -> bool:
        return self.cache.read_chunk(chunk.content, chunk.first, chunk.n_frames) is None

    def _places_of(self, plan: Plan) -> dict[str, list[tuple[int, float]]]:
        """By shard, in the order of its records."""
        found: dict[str, list[tuple[int, float]]] = {name: [] for name in plan.shards}
        for example in plan.examples:
            found[example.shard].append((example.recording, example.start / self._spec.grid_rate))
        return found

    def _seconds_of(self, held_out: set[Stretch]) -> dict[int, list[list[float]]]:
        """By recording."""
        found: dict[int, list[list[float]]] = defaultdict(list)
        for stretch in sorted(held_out, key=lambda stretch: (stretch.recording, stretch.start)):
            seconds = [stretch.start / self._spec.grid_rate, stretch.stop / self._spec.grid_rate]
            found[stretch.recording].append(seconds)
        return found


def _joined(results: Sequence[Result]) -> Statistics:
    statistics = Statistics()
    for result in results:
        statistics.join(Statistics.from_json(result))
    return statistics


def _written(output: Path, manifest: Manifest) -> DatasetWritten:
    folder = glob.escape(str(output.parent))
    return DatasetWritten(
        manifest_path=str(manifest_path(output)),
        train_pattern=f"{folder}/{manifest.train_pattern}",
        held_out_pattern=f"{folder}/{manifest.held_out_pattern}" if manifest.held_out_pattern else "",
        n_train=manifest.n_train,
        n_held_out=manifest.n_held_out,
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
