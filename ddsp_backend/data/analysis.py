"""From a recording to its features, chunk by chunk, through the cache."""

# F = frames, N = samples at 16 kHz

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ddsp_backend.audio.files import iterate_blocks, resampled_length
from ddsp_backend.audio.survey import Survey
from ddsp_backend.data.feature_cache import FEATURE_KEYS, FeatureCache, Features
from ddsp_backend.data.features import LOUDNESS_FRAME_SIZE, POWER_FRAME_SIZE, loudness_of_frames, power_of_frames
from ddsp_backend.pitch.tracker import FRAME_SIZE, SAMPLE_RATE, Array, Pitch, PitchTracker, frame_layout


@dataclass(frozen=True, slots=True)
class Source:
    """A usable recording."""

    path: Path
    content: str  # hash of its bytes
    survey: Survey

    @property
    def n_samples_16k(self) -> int:
        return resampled_length(self.survey.n_frames, self.survey.sample_rate, SAMPLE_RATE)


@dataclass(slots=True)
class Tally:
    """How many chunks were computed and how many came from the cache."""

    computed: int = 0
    cached: int = 0


class Analyser:
    """Computes what the cache does not hold. A chunk's frames see their true surroundings: chunks leave no seams."""

    def __init__(
        self, tracker: PitchTracker, cache: FeatureCache, frame_rate: int, center: bool, chunk_frames: int
    ) -> None:
        self._tracker, self._cache = tracker, cache
        self._frame_rate, self._padding = frame_rate, "center" if center else "same"
        self._chunk_frames = chunk_frames
        self.tally = Tally()

    def missing_seconds(self, source: Source) -> float:
        """Seconds of audio that still have to be analysed."""
        chunks = self._chunks(source)
        missing = [n for first, n in chunks if self._cache.read_chunk(source.content, first, n) is None]
        return sum(missing) / self._frame_rate

    def analyse(self, source: Source) -> Generator[float, None, Features]:
        """The features of the whole recording; yields further seconds of audio whenever they have been analysed."""
        start, hop, _ = frame_layout(source.n_samples_16k, self._frame_rate, self._padding)
        audio: AudioWindow | None = None
        parts: list[Features] = []
        for first, n_frames in self._chunks(source):
            features = self._cache.read_chunk(source.content, first, n_frames)
            if features is None:
                audio = audio or AudioWindow(iterate_blocks(source.path, SAMPLE_RATE))
                begin = start + first * hop - self._tracker.context
                stretch_N = audio.take(begin, begin + (n_frames - 1) * hop + FRAME_SIZE + 2 * self._tracker.context)
                features = yield from self._compute(stretch_N, hop, source.content, first, n_frames)
                self._cache.write_chunk(source.content, first, features)
                self.tally.computed += 1
            else:
                self.tally.cached += 1
            parts.append(features)
        joined = {key: np.concatenate([part[key] for part in parts]) for key in FEATURE_KEYS}
        joined["f0_hz"] = Pitch(joined["f0_hz"], joined["f0_confidence"]).filled().f0_hz
        return joined

    def _compute(
        self, stretch_N: Array, hop: int, content: str, first: int, n_frames: int
    ) -> Generator[float, None, Features]:
        # The stretch begins `context` samples before the pitch tracker's first frame.
        first_N = self._tracker.context
        unfinished = self._cache.read_unfinished(content, first, n_frames)
        n_done = 0
        steps = self._tracker.steps(stretch_N, first_N, hop, n_frames, unfinished)
        try:
            while True:
                now = next(steps)
                yield (now - n_done) / self._frame_rate
                n_done = now
        except StopIteration as end:
            pitch: Pitch = end.value
        except GeneratorExit:  # the job is stopped
            steps.close()
            self._cache.write_unfinished(content, first, n_frames, unfinished)
            raise
        centered = self._padding == "center"
        loudness_start = first_N + centered * (FRAME_SIZE - LOUDNESS_FRAME_SIZE) // 2
        return {
            "f0_hz": pitch.f0_hz,
            "f0_confidence": pitch.confidence,
            "loudness_db": loudness_of_frames(stretch_N, loudness_start, hop, n_frames),
            "power_db": power_of_frames(stretch_N, first_N, hop, n_frames, POWER_FRAME_SIZE),
        }

    def _chunks(self, source: Source) -> list[tuple[int, int]]:
        """(first frame, number of frames); a short rest belongs to the chunk before it."""
        _, _, n_frames = frame_layout(source.n_samples_16k, self._frame_rate, self._padding)
        size = self._chunk_frames
        n_chunks = max(1, n_frames // size + (n_frames % size > size // 4))
        starts = [index * size for index in range(n_chunks)]
        return [(a, b - a) for a, b in zip(starts, [*starts[1:], n_frames], strict=True)]


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
