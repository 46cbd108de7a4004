"""The pieces of a preparation: a recording that is read, a chunk that is analysed, features joined, a shard written."""

from collections.abc import Generator, Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import numpy as np

from ddsp_backend.arrays import Array, FeatureArrays
from ddsp_backend.audio.content import hash_content, unchanged
from ddsp_backend.audio.files import iterate_blocks
from ddsp_backend.audio.intake import reason_of
from ddsp_backend.audio.survey import survey
from ddsp_backend.data.analysis import Chunk, Framing, analyse_chunk
from ddsp_backend.data.examples import Cut, serialized_example
from ddsp_backend.data.feature_cache import FEATURE_KEYS, FeatureCache
from ddsp_backend.data.pitch_gaps import with_gaps_filled
from ddsp_backend.data.scratch import read_scratch, write_scratch
from ddsp_backend.data.stages import Result
from ddsp_backend.data.statistics import Statistics
from ddsp_backend.data.tfrecord_writing import write_record
from ddsp_backend.errors import AudioError, DataError
from ddsp_backend.files import naming_errors, written_whole
from ddsp_backend.jobs.steps import Steps
from ddsp_backend.pitch.tracker import SAMPLE_RATE, PitchTracker
from ddsp_backend.pitch.trackers import make_tracker

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class TrackerChoice:
    """What `make_tracker` takes."""

    name: str
    capacity: str
    viterbi: bool


@lru_cache(maxsize=1)
def tracker_of(choice: TrackerChoice, n_threads: int) -> PitchTracker:
    """One a process: CREPE's weights take a second to read."""
    return make_tracker(choice.name, choice.capacity, choice.viterbi, n_threads)


def audio_path(folder: Path, number: int, rate: int) -> Path:
    """Of a recording, decoded."""
    return folder / f"{number}-{rate}.f32"


def features_path(folder: Path, number: int) -> Path:
    """Of a recording's features [F, 4], in the order of FEATURE_KEYS."""
    return folder / f"{number}-features.f32"


@dataclass(frozen=True, slots=True)
class ReadRecording:
    """Decodes a recording into the working folder. Result: its content's hash and its survey, or why it is left out."""

    path: Path
    number: int
    folder: Path
    rates: tuple[int, ...]
    cache: FeatureCache

    @property
    def detail(self) -> str:
        return self.path.name

    def steps(self, n_threads: int) -> Generator[float, None, Result]:
        try:
            # All of it again where somebody writes to the file meanwhile: never half an old one and half a new one.
            result = yield from _silently(unchanged(self.path, self._read))
        except AudioError as error:  # any OSError is one of the disk that is written to, not the recording's fault
            return {"reason": reason_of(error, self.path)}
        yield 1.0
        return result

    def _read(self) -> Generator[object, None, Result]:
        content = yield from hash_content(self.path)
        found = self.cache.read_survey(content)
        if found is None:
            found = yield from survey(self.path)
            self.cache.write_survey(content, found)
        if found.refusal() is None:
            for rate in self.rates:
                yield from write_scratch(self._audio_path(rate), iterate_blocks(self.path, rate))
        return {"content": content, "survey": asdict(found), "reason": str(found.refusal() or "")}

    def _audio_path(self, rate: int) -> Path:
        return audio_path(self.folder, self.number, rate)


@dataclass(frozen=True, slots=True)
class AnalyseChunk:
    """Puts the features of a chunk into the cache. `recording` is the path that its user knows."""

    recording: Path
    number: int
    folder: Path
    cache: FeatureCache
    tracker: TrackerChoice
    framing: Framing
    chunk: Chunk

    @property
    def detail(self) -> str:
        return self.recording.name

    def steps(self, n_threads: int) -> Generator[float, None, Result]:
        tracker = tracker_of(self.tracker, n_threads)
        begin, end = self.framing.stretch(self.chunk, tracker.context)
        stretch_N = read_scratch(audio_path(self.folder, self.number, SAMPLE_RATE), begin, end)
        yield from analyse_chunk(tracker, self.cache, self.framing, self.chunk, stretch_N)
        return {}


@dataclass(frozen=True, slots=True)
class JoinFeatures:
    """Puts a recording's features, chunk by chunk, into the working folder, its pitch without gaps.

    Result: their statistics.
    """

    recording: Path
    number: int
    folder: Path
    cache: FeatureCache
    chunks: tuple[Chunk, ...]

    @property
    def detail(self) -> str:
        return self.recording.name

    def steps(self, n_threads: int) -> Generator[float, None, Result]:
        statistics = Statistics()

        def blocks() -> Iterator[Array]:
            for features in with_gaps_filled(len(self.chunks), self._features):
                columns_FK = np.stack([features[key] for key in FEATURE_KEYS], axis=1)
                if not np.isfinite(columns_FK).all():
                    raise DataError(
                        f"{self.recording.name}: its pitch or loudness could not be computed (not a number)",
                        "Leave this recording out.",
                    )
                statistics.add(features)
                yield columns_FK

        yield from _silently(write_scratch(features_path(self.folder, self.number), blocks()))
        yield 1.0
        return statistics.to_json()

    def _features(self, index: int) -> FeatureArrays:
        chunk = self.chunks[index]
        features = self.cache.read_chunk(chunk.content, chunk.first, chunk.n_frames)
        if features is None:
            raise DataError(
                f"{self.recording.name}: features that were just computed are gone from the cache",
                "Start again, and make sure that no other program writes to the cache folder.",
            )
        return features


@dataclass(frozen=True, slots=True)
class WriteShard:
    """Writes one file of the data set. `target` is where it goes when all are written.

    It has no `detail`: a shard holds examples of all recordings, and its name tells a musician nothing."""

    target: Path
    folder: Path
    examples: tuple[tuple[int, int, int], ...]  # recording's number, first frame, number of frames
    cut: Cut

    @property
    def detail(self) -> str:
        return ""

    def steps(self, n_threads: int) -> Generator[float, None, Result]:
        rates = set(self.cut.rates.values())
        hidden = self.folder / self.target.name
        with naming_errors(self.target, hidden), written_whole(hidden) as temporary, temporary.open("wb") as file:
            for number, start, length in self.examples:
                audio = {rate: audio_path(self.folder, number, rate) for rate in rates}
                features = features_path(self.folder, number)
                write_record(file, serialized_example(audio, features, start, length, self.cut))
                yield 1.0
        return {}


def _silently(work: Generator[object, None, Found]) -> Generator[float, None, Found]:
    """The result of steps that do not count, but may be stopped between."""
    with Steps(work) as steps:
        for _ in steps:
            yield 0.0
    return steps.result
