"""A recording, as a model takes it: f0 and level on the model's frames, and the latent of an encoder.

F = control frames, N = audio samples, T = steps of the latent, Z = its numbers.
"""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from ddsp_backend.audio.files import iterate_blocks, resampled_length
from ddsp_backend.audio.survey import survey
from ddsp_backend.data.analysis import Analyser, Framing, Source
from ddsp_backend.data.feature_cache import FeatureCache, feature_settings, hash_content
from ddsp_backend.errors import AudioError, ConfigError
from ddsp_backend.inference.hearing import fitted, level_of
from ddsp_backend.inference.latents import hear
from ddsp_backend.inference.voice import Voice
from ddsp_backend.jobs.events import Event
from ddsp_backend.jobs.progress import Pace
from ddsp_backend.jobs.watch import Watch
from ddsp_backend.pitch.tracker import SAMPLE_RATE, PitchTracker

Array = npt.NDArray[np.float32]
Result = TypeVar("Result")
_CHUNK_SECONDS = 20  # as a preparation has it, whose cached features then serve here


@dataclass(frozen=True)
class Take:
    """One recording or one example. All tracks are [F], but for a frame that the model's preprocessor needs more."""

    f0_hz: Array
    level: Array
    """dB."""
    level_key: str
    """The feature that `level` is: "loudness_db" or "power_db"."""
    n_frames: int
    n_samples: int
    """Of the audio that is to come out."""
    z: Array | None = None
    """[T, Z]: what the model's encoder heard; None for a model without one."""


def frames_of(voice: Voice, n_samples: int) -> int:
    """Frames to play for `n_samples` at the model's rate, the one that centring adds included."""
    return -(-n_samples // voice.hop) + voice.info.is_centered


def read_recording(
    path: Path, voice: Voice, tracker: PitchTracker, cache_folder: Path, watch: Watch
) -> Generator[Event, None, Take]:
    """Listens to a recording of any length.

    Args:
      cache_folder: Where its pitch is kept, and looked for.

    Raises:
      AudioError: it cannot be read, or there is nothing to be heard.
      ConfigError: the model's frame rate is not one for the pitch tracker.
    """
    frame_rate, is_centered = voice.info.frame_rate, voice.info.is_centered
    if SAMPLE_RATE % frame_rate:
        raise ConfigError(
            f"The model plays {frame_rate} frames a second, which does not divide the pitch tracker's {SAMPLE_RATE} Hz",
            "Give it ready features instead: --features.",
        )
    cache = FeatureCache(cache_folder, feature_settings(tracker.name, frame_rate, is_centered))
    source = yield from _survey(path, cache, watch)
    analyser = Analyser(tracker, cache, Framing(frame_rate, is_centered, _CHUNK_SECONDS * frame_rate))
    pace = Pace("Finding the pitch", analyser.missing_seconds(source), "s of audio")
    features = yield from _paced(analyser.analyse(source), pace, path.name, watch)
    level = level_of(voice)
    n_samples = resampled_length(source.survey.n_frames, source.survey.sample_rate, voice.info.sample_rate)
    n_frames = frames_of(voice, n_samples)
    if level.from_data_set:
        level_F = fitted(features[level.key], n_frames)
    else:
        pace = Pace("Finding the loudness", n_frames / frame_rate, "s of audio")
        parts = []
        for part_F in level.frames(iterate_blocks(path, level.sample_rate), n_frames, frame_rate):
            yield from watch.raise_if_stopped()
            parts.append(part_F)
            yield from pace.advance(len(part_F) / frame_rate, path.name)
        level_F = np.concatenate(parts)
    f0_hz_F = fitted(features["f0_hz"], n_frames)
    z_TZ = None
    if voice.model.encoder is not None:
        rate = voice.info.sample_rate
        steps = hear(voice, {"f0_hz": f0_hz_F, level.key: level_F}, n_frames, iterate_blocks(path, rate), n_samples)
        z_TZ = yield from _paced(steps, Pace("Finding the timbre", n_samples / rate, "s of audio"), path.name, watch)
    return Take(f0_hz_F, level_F, level.key, n_frames, n_samples, z_TZ)


def _survey(path: Path, cache: FeatureCache, watch: Watch) -> Generator[Event, None, Source]:
    if not path.exists() or not path.is_file():
        next(iterate_blocks(path, SAMPLE_RATE))  # says why
    content = yield from _stoppable(hash_content(path), watch)
    found = cache.read_survey(content)
    if found is None:
        found = yield from _stoppable(survey(path), watch)
        cache.write_survey(content, found)
    refusal = found.refusal()
    if refusal:
        what, _, cure = refusal.partition(". ")
        raise AudioError(
            f"{path.name}: {what[:1].lower()}{what[1:].removesuffix('.')}", cure or "Choose another recording."
        )
    return Source(path, content, found)


def _paced(
    steps: Generator[float, None, Result], pace: Pace, name: str, watch: Watch
) -> Generator[Event, None, Result]:
    """What `steps` return; they yield seconds that are done."""
    try:
        while True:
            seconds = next(steps)
            yield from watch.raise_if_stopped()
            yield from pace.advance(seconds, name)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
    finally:
        steps.close()


def _stoppable(steps: Generator[object, None, Result], watch: Watch) -> Generator[Event, None, Result]:
    try:
        while True:
            next(steps)
            yield from watch.raise_if_stopped()
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
    finally:
        steps.close()
