"""What is heard of a shared model at once: a short phrase of made-up notes. F = control frames."""

import io
import tempfile
from collections.abc import Generator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from ddsp_backend.arrays import Array
from ddsp_backend.audio.wav import write_wav
from ddsp_backend.errors import ConfigError, DataError
from ddsp_backend.inference.adjusting import Adjustment
from ddsp_backend.inference.learned_range import Learned
from ddsp_backend.inference.level import level_of
from ddsp_backend.inference.model_input import ModelInput, frames_of
from ddsp_backend.inference.model_player import ModelPlayer
from ddsp_backend.inference.playing import adjusted, play
from ddsp_backend.jobs.events import Event
from ddsp_backend.jobs.interruptible import Interruptible

_STEPS = (0, 4, 7, 12, 7, 4, 0)  # semitones: a major chord up and down
_LENGTHS = (0.5, 0.5, 0.5, 1.0, 0.5, 0.5, 1.5)  # seconds
_REST_SECONDS = 0.8  # for the room to die away
_FADE_SECONDS = 0.06
_SOFTER_DB = 30.0  # at the ends of a note
_USUAL_MIDI, _USUAL_DB = 60, (-36.0, -24.0)  # where nobody knows what was learned
_SOFT, _LOUD = 0.4, 0.9  # shares of the learned levels
_LOUDEST = 0.9  # of full scale
_FORMAT, _SUBTYPE = "WAV", "PCM_16"


def play_example(player: ModelPlayer, learned: Learned, watch: Interruptible) -> Generator[Event, None, bytes]:
    """A wav file; empty for a model with an encoder, which plays only what it has heard."""
    if player.model.encoder is not None:
        return b""
    phrase = _phrase(player, learned)
    tracks = [(phrase, adjusted(phrase, player, Adjustment()))]
    with tempfile.TemporaryDirectory(prefix="example-") as name:
        played, packed = Path(name) / "played.wav", Path(name) / "packed.wav"
        yield from play(player, tracks, {"output_audio": played}, watch, room=True)
        audio_N, rate = soundfile.read(played, dtype="float32")
        write_wav(packed, audio_N * min(1.0, _LOUDEST / max(float(np.abs(audio_N).max()), 1e-9)), rate, _SUBTYPE)
        return packed.read_bytes()


def read_example(content: bytes, source: str) -> tuple[Array, int]:
    """audio_N and its rate in Hz, of the example in anybody's file. Raises DataError where it is no such wav file."""
    try:
        with soundfile.SoundFile(io.BytesIO(content)) as file:
            is_right = (file.format, file.subtype, file.channels) == (_FORMAT, _SUBTYPE, 1)
            audio_N = file.read(len(content), dtype="float32") if is_right else np.zeros(0, np.float32)
            rate = file.samplerate
    except (soundfile.LibsndfileError, RuntimeError, ValueError) as error:
        raise DataError(f"{source}: its example cannot be read ({error})", "Ask its maker for it again.") from error
    if not len(audio_N):
        raise DataError(f"{source}: its example is no mono wav file of 16 bits", "Ask its maker for it again.")
    return audio_N, rate


def _phrase(player: ModelPlayer, learned: Learned) -> ModelInput:
    key = level_of(player).key
    lowest, soft_db, loud_db = _range_of(learned, key)
    frame_rate = player.info.frame_rate
    midi, level, peaks = [], [], np.linspace(soft_db, loud_db, len(_STEPS) // 2 + 1)
    for number, (step, seconds) in enumerate(zip(_STEPS, _LENGTHS, strict=True)):
        n_frames = round(seconds * frame_rate)
        midi.append(np.full(n_frames, lowest + step, np.float64))
        peak = peaks[min(number, len(_STEPS) - 1 - number)]  # loudest in the middle
        level.append(peak - _SOFTER_DB * _ends(n_frames, max(1, round(_FADE_SECONDS * frame_rate))))
    n_rest = round(_REST_SECONDS * frame_rate)
    midi.append(np.full(n_rest, lowest, np.float64))
    level.append(np.full(n_rest, level_of(player).quietest, np.float64))
    midi_F, level_F = np.concatenate(midi), np.maximum(np.concatenate(level), level_of(player).quietest)
    n_samples = len(midi_F) * player.hop
    n_frames = frames_of(player, n_samples)
    f0_hz_F = _as_long(440.0 * 2.0 ** ((midi_F - 69.0) / 12.0), n_frames)
    return ModelInput(f0_hz_F, _as_long(level_F, n_frames), key, n_frames, n_samples, np.ones(n_frames, np.float32))


def _range_of(learned: Learned, level_key: str) -> tuple[int, float, float]:
    """The phrase's lowest note, and the levels that it grows from and to."""
    try:
        found = learned.range(level_key)
    except ConfigError:
        return _USUAL_MIDI - _STEPS[3] // 2, *_USUAL_DB
    soft_db, loud_db = found.levels.inverse_transform([_SOFT, _LOUD])
    middle = (found.lowest_midi + found.highest_midi - max(_STEPS)) / 2
    return round(min(max(middle, 0.0), 127.0)), float(soft_db), float(loud_db)


def _ends(n_frames: int, n_fade: int) -> npt.NDArray[np.float64]:
    """1 at both ends of a note, 0 between them."""
    frames_F = np.arange(n_frames)
    return np.clip(1.0 - np.minimum(frames_F, n_frames - 1 - frames_F) / n_fade, 0.0, 1.0)


def _as_long(track_F: npt.NDArray[np.float64], n_frames: int) -> Array:
    return np.pad(track_F, (0, n_frames - len(track_F)), mode="edge").astype(np.float32)
