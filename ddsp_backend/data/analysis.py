"""From a recording to its features, chunk by chunk, through the cache."""

# F = frames, N = samples at 16 kHz

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ddsp_backend.arrays import Array, FeatureArrays
from ddsp_backend.audio.files import iterate_blocks, resampled_length
from ddsp_backend.audio.survey import Survey
from ddsp_backend.data.feature_cache import FEATURE_KEYS, FeatureCache
from ddsp_backend.data.features import LOUDNESS_FRAME_SIZE, POWER_FRAME_SIZE, loudness_of_frames, power_of_frames
from ddsp_backend.jobs.steps import Steps
from ddsp_backend.pitch.tracker import FRAME_SIZE, SAMPLE_RATE, Pitch, PitchTracker, frame_layout


@dataclass(frozen=True, slots=True)
class Source:
    """A usable recording."""

    path: Path
    content: str  # hash of its bytes
    survey: Survey

    @property
    def n_samples_16k(self) -> int:
        return resampled_length(self.survey.n_frames, self.survey.sample_rate, SAMPLE_RATE)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Frames of a recording that are analysed in one piece."""

    content: str
    first: int
    n_frames: int


@dataclass(frozen=True, slots=True)
class Framing:
    """How recordings are divided into frames, and these into chunks."""

    frame_rate: int
    center: bool
    chunk_frames: int

    def layout(self, source: Source) -> tuple[int, int, int]:
        """(start of the first frame, hop, number of frames) of a recording."""
        return frame_layout(source.n_samples_16k, self.frame_rate, "center" if self.center else "same")

    def chunks(self, source: Source) -> list[Chunk]:
        """A short rest belongs to the chunk before it."""
        _, _, n_frames = self.layout(source)
        size = self.chunk_frames
        n_chunks = max(1, n_frames // size + (n_frames % size > size // 4))
        starts = [index * size for index in range(n_chunks)]
        stops = [*starts[1:], n_frames]
        return [Chunk(source.content, first, stop - first) for first, stop in zip(starts, stops, strict=True)]

    def stretch(self, chunk: Chunk, context: int) -> tuple[int, int]:
        """The samples that a chunk's frames and a tracker with so much context see: its true surroundings, no seams."""
        start, hop, _ = frame_layout(0, self.frame_rate, "center" if self.center else "same")
        begin = start + chunk.first * hop - context
        return begin, begin + (chunk.n_frames - 1) * hop + FRAME_SIZE + 2 * context


def analyse_chunk(
    tracker: PitchTracker, cache: FeatureCache, framing: Framing, chunk: Chunk, stretch_N: Array
) -> Generator[float, None, FeatureArrays]:
    """The chunk's features, which the cache then holds; yields further seconds of audio as they are analysed.

    Args:
      stretch_N: What `framing.stretch` says.
    """
    # The stretch begins `context` samples before the pitch tracker's first frame.
    first_N, hop, n_frames = tracker.context, SAMPLE_RATE // framing.frame_rate, chunk.n_frames
    unfinished = cache.read_unfinished(chunk.content, chunk.first, n_frames)
    n_done = 0
    try:
        with Steps(tracker.steps(stretch_N, first_N, hop, n_frames, unfinished)) as steps:
            for now in steps:
                yield (now - n_done) / framing.frame_rate
                n_done = now
    except GeneratorExit:  # the job is stopped, and leaving the `with` has closed the steps
        cache.write_unfinished(chunk.content, chunk.first, n_frames, unfinished)
        raise
    pitch = steps.result
    loudness_start = first_N + framing.center * (FRAME_SIZE - LOUDNESS_FRAME_SIZE) // 2
    features = {
        "f0_hz": pitch.f0_hz,
        "f0_confidence": pitch.confidence,
        "loudness_db": loudness_of_frames(stretch_N, loudness_start, hop, n_frames),
        "power_db": power_of_frames(stretch_N, first_N, hop, n_frames, POWER_FRAME_SIZE),
    }
    cache.write_chunk(chunk.content, chunk.first, features)
    return features


class Analyser:
    """Analyses whole recordings, one at a time, in this process; what the cache holds is not computed again."""

    def __init__(self, tracker: PitchTracker, cache: FeatureCache, framing: Framing) -> None:
        self._tracker, self._cache, self._framing = tracker, cache, framing

    def missing_seconds(self, source: Source) -> float:
        """Seconds of audio that still have to be analysed."""
        chunks = self._framing.chunks(source)
        return sum(chunk.n_frames for chunk in chunks if self._cached(chunk) is None) / self._framing.frame_rate

    def analyse(self, source: Source) -> Generator[float, None, FeatureArrays]:
        """The features of the whole recording; yields further seconds of audio whenever they have been analysed."""
        audio: AudioWindow | None = None
        parts: list[FeatureArrays] = []
        for chunk in self._framing.chunks(source):
            features = self._cached(chunk)
            if features is None:
                audio = audio or AudioWindow(iterate_blocks(source.path, SAMPLE_RATE))
                stretch_N = audio.take(*self._framing.stretch(chunk, self._tracker.context))
                features = yield from analyse_chunk(self._tracker, self._cache, self._framing, chunk, stretch_N)
            parts.append(features)
        joined = {key: np.concatenate([part[key] for part in parts]) for key in FEATURE_KEYS}
        joined["f0_hz"] = Pitch(joined["f0_hz"], joined["f0_confidence"]).filled().f0_hz
        return joined

    def _cached(self, chunk: Chunk) -> FeatureArrays | None:
        return self._cache.read_chunk(chunk.content, chunk.first, chunk.n_frames)


class AudioWindow:
    """A moving window over blocks of audio: stretches are taken in order, and what lies before them is forgotten."""

    def __init__(self, blocks: Iterator[Array]) -> None:
        self._blocks = blocks
        self._held = np.zeros(0, np.float32)
        self._offset = 0  # of the first held sample

    def take(self, start: int, stop: int) -> Array:
        """audio_N[start:stop]; silence where that lies outside. `start` must not lie before an earlier one."""
        parts = [self._held]
        end = self._offset + len(self._held)
        while end < stop and (block_N := next(self._blocks, None)) is not None:
            parts.append(block_N)
            end += len(block_N)
            if end - len(block_N) <= start:  # what came before is not needed any more: do not pile it up
                parts = [block_N]
                self._offset = end - len(block_N)
        self._held = np.concatenate(parts)
        forgotten = max(0, min(start - self._offset, len(self._held)))
        self._held = self._held[forgotten:]
        self._offset += forgotten
        skipped = min(max(0, self._offset - start), stop - start)
        inside = self._held[max(0, start - self._offset) : max(0, stop - self._offset)]
        return np.pad(inside, (skipped, stop - start - skipped - len(inside)))
