"""Reads ready features from an npz: `audio` [B, N], and `f0_hz`, `f0_confidence`, `loudness_db`, `power_db` [B, F].

B = examples, F = control frames, N = audio samples.
"""

import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import soxr

from ddsp_backend.arrays import Array
from ddsp_backend.audio.files import RESAMPLING
from ddsp_backend.errors import DataError
from ddsp_backend.inference.latents import encode_latents
from ddsp_backend.inference.level import Level, fitted, level_of
from ddsp_backend.inference.model_input import ModelInput, frames_of
from ddsp_backend.inference.model_player import ModelPlayer
from ddsp_backend.jobs.steps import drain
from ddsp_backend.models.preprocessing import OnlineF0PowerPreprocessor
from ddsp_backend.pitch.tracker import SAMPLE_RATE

_KEYS = ("audio", "audio_16k", "f0_hz", "f0_confidence", "loudness_db", "power_db")
_HINT = "It must hold arrays named as in a data set: f0_hz [B, F], loudness_db or power_db [B, F], audio [B, N]."
_HIGHEST_HZ = 96000.0
_BLOCK = 1 << 20


def read_model_inputs(path: Path, player: ModelPlayer) -> list[ModelInput]:
    """The examples of an npz, as the model takes them.

    Where there is audio, its level is measured as the model does in training; otherwise the stored one is taken.

    Raises:
      DataError: the file cannot be read, lacks what the model needs, or holds arrays that make no sense.
    """
    arrays = _read(path)
    if "f0_hz" not in arrays:
        raise DataError(f"{path.name} holds no f0_hz, only {', '.join(sorted(arrays)) or 'nothing known'}", _HINT)
    level = level_of(player)
    audio = arrays.get("audio", arrays.get("audio_16k"))
    measured = audio is not None and not level.from_data_set
    if not measured and level.key not in arrays:
        raise DataError(f"{path.name} holds neither audio nor {level.key}, and the model plays from that", _HINT)
    if player.model.encoder is not None and audio is None:
        who = type(player.model.encoder).__name__
        raise DataError(f"{path.name} holds no audio, and the model's {who} hears its timbre in that", _HINT)
    n_examples = {key: len(values) for key, values in arrays.items()}
    if len(set(n_examples.values())) > 1:
        counts = ", ".join(f"{key} {n}" for key, n in n_examples.items())
        raise DataError(f"The arrays of {path.name} hold different numbers of examples: {counts}", _HINT)
    return [
        _model_input({key: values[i] for key, values in arrays.items()}, level, measured, player, path.name)
        for i in range(len(arrays["f0_hz"]))
    ]


def _model_input(example: dict[str, Array], level: Level, measured: bool, player: ModelPlayer, name: str) -> ModelInput:
    info = player.info
    f0_hz_F = example["f0_hz"]
    if "audio" in example:
        n_samples = len(example["audio"])
        n_frames = frames_of(player, n_samples)
    else:
        n_frames = len(f0_hz_F)
        n_samples = max(1, n_frames - info.is_centered) * player.hop
    confidence_F = example.get("f0_confidence", np.ones_like(f0_hz_F))
    example = {**example, "f0_confidence": confidence_F}
    used = ("f0_hz", "f0_confidence") if measured else ("f0_hz", "f0_confidence", level.key)
    for key, track_F in ((key, example[key]) for key in used):
        if abs(len(track_F) - n_frames) > 1:
            raise DataError(
                f"{key} of {name} has {len(track_F)} frames, but {n_samples} samples at {info.sample_rate} Hz make "
                f"{n_frames} frames at the model's {info.frame_rate} frames a second",
                "Compute it with the model's frame rate, from the audio that lies beside it.",
            )
    if not measured:
        level_F = example[level.key]
    else:
        blocks = _blocks(example, info.sample_rate, level.sample_rate)
        level_F = np.concatenate(list(level.frames(blocks, n_frames, info.frame_rate)))
    if isinstance(player.model.preprocessor, OnlineF0PowerPreprocessor):  # it cannot squeeze a frame more into place
        f0_hz_F, level_F = fitted(f0_hz_F, n_frames), fitted(level_F, n_frames)
    confidence_F = fitted(confidence_F, len(level_F))
    model_input = ModelInput(f0_hz_F, level_F, level.key, n_frames, n_samples, confidence_F)
    return (
        model_input
        if player.model.encoder is None
        else replace(model_input, z=_encoded_latents(example, model_input, player))
    )


def _encoded_latents(example: dict[str, Array], model_input: ModelInput, player: ModelPlayer) -> Array:
    rate = player.info.sample_rate
    blocks = list(_blocks(example, rate, rate))
    tracks = {"f0_hz": model_input.f0_hz, model_input.level_key: model_input.level}
    return drain(encode_latents(player, tracks, model_input.n_frames, iter(blocks), sum(map(len, blocks))))


def _blocks(example: dict[str, Array], model_rate: int, rate: int) -> Iterator[Array]:
    """The audio at the rate that is measured; `audio` itself is at the model's."""
    if rate == SAMPLE_RATE and "audio_16k" in example:
        audio_N = example["audio_16k"]
    elif "audio" not in example:
        raise DataError(f"There is only audio_16k, and the model hears audio at {model_rate} Hz", _HINT)
    elif rate == model_rate:
        audio_N = example["audio"]
    else:
        audio_N = soxr.resample(example["audio"], model_rate, rate, RESAMPLING)
    for first in range(0, len(audio_N), _BLOCK):
        yield audio_N[first : first + _BLOCK]


def _read(path: Path) -> dict[str, Array]:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            found = {key: arrays[key] for key in _KEYS if key in arrays.files}
    except FileNotFoundError as error:
        raise DataError(f"{path.name}: the file does not exist", f"Looked for {path}.") from error
    except PermissionError:
        raise  # said as a matter of the disk
    except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{path.name} cannot be read as an npz file: {error}", _HINT) from error
    return {key: _checked(values, key, path.name) for key, values in found.items()}


def _checked(values: np.ndarray, key: str, name: str) -> Array:
    if values.dtype.kind not in "fiu":
        raise DataError(f"{key} of {name} holds {values.dtype}, not numbers", _HINT)
    if values.ndim == 3 and values.shape[2] == 1:
        values = values[..., 0]
    if values.ndim != 2 or not values.size:
        raise DataError(f"{key} of {name} has the shape {list(values.shape)}, not [examples, length]", _HINT)
    with np.errstate(over="ignore"):  # what is too large becomes infinite, and is said below
        values = values.astype(np.float32)
    if not np.isfinite(values).all():
        example, place = np.argwhere(~np.isfinite(values))[0]
        raise DataError(f"{key} of {name} is no number at [{example}, {place}]", "Compute it again.")
    if key == "f0_hz" and (values.min() < 0 or values.max() > _HIGHEST_HZ):
        raise DataError(
            f"f0_hz of {name} reaches from {values.min():g} to {values.max():g} Hz",
            f"It must lie between 0 and {_HIGHEST_HZ:g} Hz.",
        )
    return values
