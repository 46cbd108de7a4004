"""A recording, as a model takes it: f0 and level on the model's frames, and the latent of an encoder.

F = control frames, N = audio samples, T = steps of the latent, Z = its numbers.
"""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ddsp_backend.arrays import Array
from ddsp_backend.audio.content import hash_content
from ddsp_backend.audio.files import iterate_blocks, resampled_length
from ddsp_backend.audio.survey import survey
from ddsp_backend.data.analysis import Analyser, Framing, Source
from ddsp_backend.data.feature_cache import FeatureCache, feature_settings
from ddsp_backend.errors import AudioError, ConfigError
from ddsp_backend.inference.latents import encode_latents
from ddsp_backend.inference.level import fitted, level_of
from ddsp_backend.inference.model_player import ModelPlayer
from ddsp_backend.jobs.events import Event
from ddsp_backend.jobs.interruptible import Interruptible
from ddsp_backend.jobs.kinds import Unit
from ddsp_backend.jobs.progress import Pace
from ddsp_backend.jobs.steps import Steps
from ddsp_backend.pitch.tracker import SAMPLE_RATE, PitchTracker
from ddsp_backend.pitch.trackers import make_tracker, tracker_name

Result = TypeVar("Result")
_CHUNK_SECONDS = 20  # as a preparation has it, whose cached features then serve here
_MOST_KEPT = 16  # inputs; one of an hour is some megabytes


@dataclass(frozen=True)
class ModelInput:
    """One recording or one example. All tracks are [F], but for a frame that the model's preprocessor needs more."""

    f0_hz: Array
    level: Array
    """dB."""
    level_key: str
    """The feature that `level` is: "loudness_db" or "power_db"."""
    n_frames: int
    n_samples: int
    """Of the audio that is to come out."""
    f0_confidence: Array
    """0 to 1."""
    content: str = ""
    """Hash of the recording's bytes; empty for ready features."""
    z: Array | None = None
    """[T, Z]: what the model's encoder heard; None for a model without one."""


def frames_of(player: ModelPlayer, n_samples: int) -> int:
    """Frames to play for `n_samples` at the model's rate, the one that centring adds included."""
    return -(-n_samples // player.hop) + player.info.is_centered


@dataclass(frozen=True, slots=True)
class RecordingAnalysis:
    """How a model listens to recordings: with which tracker, on which frames, and where their pitch is kept."""

    player: ModelPlayer
    tracker: str
    crepe_capacity: str
    cache: FeatureCache
    framing: Framing
    loaded: PitchTracker | None = None
    """That tracker, where somebody keeps it; otherwise it is loaded for the recording."""

    @classmethod
    def of(
        cls, player: ModelPlayer, tracker: tuple[str, str], cache_folder: Path, loaded: PitchTracker | None = None
    ) -> "RecordingAnalysis":
        """Raises ConfigError where the model's frame rate is not one for the pitch tracker."""
        frame_rate, is_centered = player.info.frame_rate, player.info.is_centered
        if SAMPLE_RATE % frame_rate:
            raise ConfigError(
                f"The model plays {frame_rate} frames a second, which does not divide the pitch tracker's "
                f"{SAMPLE_RATE} Hz",
                "Give it ready features instead: --features.",
            )
        settings = feature_settings(tracker_name(*tracker), frame_rate, is_centered)
        framing = Framing(frame_rate, is_centered, _CHUNK_SECONDS * frame_rate)
        return cls(player, *tracker, FeatureCache(cache_folder, settings), framing, loaded)

    def knows(self, source: Source) -> bool:
        """Whether all of the recording's pitch is kept."""
        chunks = self.framing.chunks(source)
        return all(self.cache.read_chunk(each.content, each.first, each.n_frames) is not None for each in chunks)


def recall(player: ModelPlayer, path: Path, tracker: tuple[str, str]) -> ModelInput | None:
    """What the model heard in the recording before, if the file has not changed since."""
    return player.model_inputs.get(_key(path, tracker))


def remember(player: ModelPlayer, path: Path, tracker: tuple[str, str], model_input: ModelInput) -> None:
    """Keeps it for the next time, and forgets the oldest of many."""
    player.model_inputs[_key(path, tracker)] = model_input
    while len(player.model_inputs) > _MOST_KEPT:
        del player.model_inputs[next(iter(player.model_inputs))]


def read_recording(
    source: Source, analysis: RecordingAnalysis, watch: Interruptible
) -> Generator[Event, None, ModelInput]:
    """Listens to a recording of any length. Raises AudioError where it cannot be read any more."""
    path, player, frame_rate = source.path, analysis.player, analysis.framing.frame_rate
    tracker = analysis.loaded
    if tracker is None:
        tracker = yield from watch.run(lambda: make_tracker(analysis.tracker, analysis.crepe_capacity))
    analyser = Analyser(tracker, analysis.cache, analysis.framing)
    pace = Pace("Finding the pitch", analyser.missing_seconds(source), Unit.AUDIO_SECONDS)
    features = yield from _paced(analyser.analyse(source), pace, path.name, watch)
    level = level_of(player)
    n_samples = resampled_length(source.survey.n_frames, source.survey.sample_rate, player.info.sample_rate)
    n_frames = frames_of(player, n_samples)
    if level.from_data_set:
        level_F = fitted(features[level.key], n_frames)
    else:
        pace = Pace("Finding the loudness", n_frames / frame_rate, Unit.AUDIO_SECONDS)
        parts = []
        for part_F in level.frames(iterate_blocks(path, level.sample_rate), n_frames, frame_rate):
            yield from watch.raise_if_stopped()
            parts.append(part_F)
            yield from pace.advance(len(part_F) / frame_rate, path.name)
        level_F = np.concatenate(parts)
    f0_hz_F = fitted(features["f0_hz"], n_frames)
    confidence_F = fitted(features["f0_confidence"], n_frames)
    z_TZ = None
    if player.model.encoder is not None:
        rate = player.info.sample_rate
        steps = encode_latents(
            player, {"f0_hz": f0_hz_F, level.key: level_F}, n_frames, iterate_blocks(path, rate), n_samples
        )
        z_TZ = yield from _paced(
            steps, Pace("Finding the timbre", n_samples / rate, Unit.AUDIO_SECONDS), path.name, watch
        )
    return ModelInput(f0_hz_F, level_F, level.key, n_frames, n_samples, confidence_F, source.content, z_TZ)


def look_at(path: Path, cache: FeatureCache, watch: Interruptible) -> Generator[Event, None, Source]:
    """Raises AudioError where the recording cannot be read, or there is nothing to be heard."""
    if not path.exists() or not path.is_file():
        next(iterate_blocks(path, SAMPLE_RATE))  # says why
    content = yield from _stoppable(hash_content(path), watch)
    found = cache.read_survey(content)
    if found is None:
        found = yield from _stoppable(survey(path), watch)
        cache.write_survey(content, found)
    refusal = found.refusal()
    if refusal is not None:
        raise AudioError(refusal.what, refusal.cure, file=path.name)
    return Source(path, content, found)


def _key(path: Path, tracker: tuple[str, str]) -> tuple[Any, ...]:
    try:
        state = path.stat()
    except OSError:
        return ()  # nothing is kept under it: reading the file says why
    return path.absolute(), state.st_mtime_ns, state.st_size, *tracker


def _paced(
    work: Generator[float, None, Result], pace: Pace, name: str, watch: Interruptible
) -> Generator[Event, None, Result]:
    """What `work` returns; it yields seconds that are done."""
    with Steps(work) as steps:
        for seconds in steps:
            yield from watch.raise_if_stopped()
            yield from pace.advance(seconds, name)
    return steps.result


def _stoppable(work: Generator[object, None, Result], watch: Interruptible) -> Generator[Event, None, Result]:
    with Steps(work) as steps:
        for _ in steps:
            yield from watch.raise_if_stopped()
    return steps.result
