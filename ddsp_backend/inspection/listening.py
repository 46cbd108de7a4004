"""Listens to a recording of any length, stretch by stretch: pitch, level, and what else is measured in passing."""

# C = channels, F = frames, N = samples at 16 kHz

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ddsp_backend.arrays import Array
from ddsp_backend.audio.decoding import Samples, open_recording
from ddsp_backend.audio.files import RESAMPLING, to_mono
from ddsp_backend.inspection.channels import ChannelMeter
from ddsp_backend.inspection.clipping import ClippingMeter
from ddsp_backend.inspection.frames import HOP, SILENT_DB, Frames
from ddsp_backend.inspection.hum import HumMeter
from ddsp_backend.inspection.picture import Outline
from ddsp_backend.inspection.room import RoomMeter
from ddsp_backend.inspection.voices import VoiceMeter
from ddsp_backend.jobs.steps import drain
from ddsp_backend.pitch.tracker import FRAME_SIZE, SAMPLE_RATE, PitchTracker, cut

_STRETCH_FRAMES = 512  # 8 s at a time: what a request to stop waits for is a tenth of a second


@dataclass(frozen=True)
class Heard:
    """What a whole recording sounds like."""

    seconds: float
    sample_rate: int  # Hz
    peak: float  # full scale 1
    frames: Frames
    outline: Outline
    channels: ChannelMeter
    clipping: ClippingMeter
    hum: HumMeter
    voices: VoiceMeter
    room: RoomMeter


def listen(path: Path, tracker: PitchTracker) -> Generator[float, None, Heard]:
    """Decodes a recording once; memory grows by some twenty bytes a frame. Yields the seconds heard since last time.

    Raises:
      AudioError: the recording cannot be read.
    """
    with open_recording(path) as recording:
        rate = recording.info.sample_rate
        outline, channels, clipping = Outline(), ChannelMeter(), ClippingMeter()
        hum, voices, room = HumMeter(), VoiceMeter(), RoomMeter()
        n_read = n_frames = 0

        def measured() -> Iterator[Samples]:
            nonlocal n_read
            for block_NC in recording.blocks():
                n_read += len(block_NC)
                outline.add(block_NC)
                channels.add(block_NC)
                clipping.add(block_NC)
                yield block_NC

        found: list[Frames] = []
        told = 0.0
        for stretch in _stretches(_at_16k(measured(), rate), tracker.context):
            frames = _heard_in(stretch, tracker)
            center = stretch.start + FRAME_SIZE // 2
            sure_hz_F = np.where(frames.sure, frames.f0_hz, np.nan)
            own_N = stretch.audio[center : center + stretch.n_frames * HOP]
            voices.add(stretch.audio, center, n_frames, sure_hz_F)
            hum.add(own_N)
            room.add(own_N, sure_hz_F, frames.level_db)
            n_frames += frames.n_frames
            found.append(frames)
            yield n_read / rate - told
            told = n_read / rate
        return Heard(n_read / rate, rate, channels.peak, _joined(found), outline, channels, clipping, hum, voices, room)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Audio with context: its frames, centred at multiples of HOP, begin at sample `start`, which may be negative."""

    audio: Array
    start: int
    n_frames: int


def _at_16k(blocks: Iterator[Samples], rate: int) -> Iterator[Array]:
    if rate == SAMPLE_RATE:
        yield from map(to_mono, blocks)
        return
    import soxr

    resampler = soxr.ResampleStream(rate, SAMPLE_RATE, 1, "float32", RESAMPLING)
    for block_NC in blocks:
        yield resampler.resample_chunk(to_mono(block_NC))
    yield resampler.resample_chunk(np.zeros(0, np.float32), last=True)


def _stretches(blocks: Iterator[Array], context: int) -> Iterator[_Stretch]:
    """Cuts the stream into stretches that overlap by what a frame needs around it."""
    reach = -(-(context + FRAME_SIZE // 2) // HOP) * HOP
    length = _STRETCH_FRAMES * HOP
    held_N = np.zeros(0, np.float32)
    offset = 0  # of held_N in the recording, a multiple of HOP
    begin = 0  # centre of the first frame that is not yet done
    for block_N in blocks:
        held_N = np.concatenate([held_N, block_N])
        while offset + len(held_N) >= begin + length + reach:
            end = begin + length + reach - offset
            yield _Stretch(held_N[:end], begin - offset - FRAME_SIZE // 2, _STRETCH_FRAMES)
            begin += length
            n_past = max(0, begin - reach - offset)
            held_N, offset = held_N[n_past:], offset + n_past
    n_frames = -(-(offset + len(held_N) - begin) // HOP)
    if n_frames > 0:
        yield _Stretch(held_N, begin - offset - FRAME_SIZE // 2, n_frames)


def _heard_in(stretch: _Stretch, tracker: PitchTracker) -> Frames:
    pitch = drain(tracker.steps(stretch.audio, stretch.start, HOP, stretch.n_frames))
    return Frames(pitch.f0_hz, pitch.confidence, _levels(stretch))


def _levels(stretch: _Stretch) -> Array:
    end = stretch.start + (stretch.n_frames - 1) * HOP + FRAME_SIZE
    squares_N = np.square(cut(stretch.audio, stretch.start, end), dtype=np.float64)
    power_F = np.lib.stride_tricks.sliding_window_view(squares_N, FRAME_SIZE)[::HOP].mean(axis=1)
    level_db_F: Array = np.maximum(10 * np.log10(np.maximum(power_F, 1e-20)), SILENT_DB).astype(np.float32)
    return level_db_F


def _joined(parts: list[Frames]) -> Frames:
    columns = ([getattr(part, name) for part in parts] for name in ("f0_hz", "confidence", "level_db"))
    return Frames(*(np.concatenate([np.zeros(0, np.float32), *column]) for column in columns))
