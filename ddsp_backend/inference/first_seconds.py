"""The first seconds of a recording, played at once while the whole of it is still being listened to."""

from collections.abc import Generator
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from ddsp_backend.audio.files import iterate_blocks, write_wav
from ddsp_backend.data.analysis import Source
from ddsp_backend.errors import AudioError
from ddsp_backend.inference.adjusting import Adjustment
from ddsp_backend.inference.model_input import RecordingAnalysis, look_at, read_recording
from ddsp_backend.inference.model_player import ModelPlayer
from ddsp_backend.inference.playing import adjusted, play
from ddsp_backend.jobs.events import ArtifactWritten, Event, Noted, Progressed
from ddsp_backend.jobs.interruptible import Interruptible
from ddsp_backend.jobs.kinds import Unit
from ddsp_backend.jobs.steps import Steps

Result = TypeVar("Result")
BEGINNING = "beginning_"  # before the kinds of its files
_SECONDS = 8.0
_WORTH_SECONDS = 12.0  # a shorter recording is there almost as soon
_WORTH_KNOWN_SECONDS = 90.0  # one whose pitch is known takes so much less
_TRACKER = ("swift-f0", "full")  # a minute of audio in a second


def is_worth_a_beginning(source: Source, analysis: RecordingAnalysis) -> bool:
    """Whether the whole will let its user wait."""
    seconds = source.survey.seconds
    return seconds > _WORTH_KNOWN_SECONDS or (seconds > _WORTH_SECONDS and not analysis.knows(source))


def play_beginning(
    source: Source,
    player: ModelPlayer,
    how: Adjustment,
    folder: Path,
    watch: Interruptible,
    *,
    room: bool,
    as_plugin: bool,
) -> Generator[Event, None, None]:
    """Writes the first seconds and what the model makes of them into `folder`, with the quickest of the pitch trackers.

    Says where they lie by `ArtifactWritten` with the kinds of a whole rendering, BEGINNING before each. Where they
    hold nothing to be heard, it says nothing.
    """
    rate = player.info.sample_rate
    cut = folder / "cut.wav"
    names = {"output_audio": "output.wav", "output_spectrogram": "output.npy"}
    names |= {"input_audio": "input.wav", "input_spectrogram": "input.npy"}
    paths = {kind: folder / name for kind, name in names.items()}
    try:
        yield Progressed("Playing the beginning", 0, 1, Unit.NOTHING)
        write_wav(cut, _first_seconds(source.path, rate), rate, subtype="FLOAT")
        analysis = RecordingAnalysis.of(player, _TRACKER, folder / "features")
        short = yield from _quietly(look_at(cut, analysis.cache, watch))
        model_input = yield from _quietly(read_recording(short, analysis, watch))
        yield from _quietly(
            play(
                player,
                [(model_input, adjusted(model_input, player, how))],
                paths,
                watch,
                room=room,
                as_plugin=as_plugin,
                original=cut,
            )
        )
    except AudioError:
        return  # a rest at the beginning; the whole is still to come
    for kind, path in paths.items():
        yield ArtifactWritten(BEGINNING + kind, str(path))


def _first_seconds(path: Path, rate: int) -> npt.NDArray[np.float32]:
    n_left = round(_SECONDS * rate)
    parts = []
    for audio_N in iterate_blocks(path, rate):
        parts.append(audio_N[:n_left])
        n_left -= len(parts[-1])
        if n_left <= 0:
            break
    return np.concatenate(parts)


def _quietly(work: Generator[Event, None, Result]) -> Generator[Event, None, Result]:
    """What they return, and what they say but for progress and remarks: those are about the whole."""
    with Steps(work) as steps:
        for event in steps:
            if not isinstance(event, Progressed | Noted):
                yield event
    return steps.result
