"""A trained model that is ready to play: loaded once, its decoder compiled for pieces of one length.

F = control frames, P = frames of a piece.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import tensorflow as tf

from ddsp_backend.arrays import Array
from ddsp_backend.checkpoints.loading import ModelInfo, load_model
from ddsp_backend.dsp.effects import Reverb
from ddsp_backend.dsp.nested import Tensors
from ddsp_backend.dsp.processors import Processor
from ddsp_backend.dsp.streaming import Streamer
from ddsp_backend.dsp.synths import FilteredNoise, Harmonic
from ddsp_backend.errors import ConfigError
from ddsp_backend.inference.drifting_harmonics import harmonic_audio_as_there
from ddsp_backend.models.decoders import RnnFcDecoder
from ddsp_backend.storage import AnyPath

_PIECE_SECONDS = 4.0
_MOST_STREAMERS = 4

_kept: dict[tuple[Any, ...], "ModelPlayer"] = {}


class ModelPlayer:
    """A model and how it plays: `hop` audio samples to each of its `info.frame_rate` frames a second."""

    def __init__(self, model: Any, info: ModelInfo) -> None:
        """Raises ConfigError where the model cannot play other lengths than it was trained with."""
        self.model, self.info = model, info
        self._streamers: dict[tuple[int, bool], Streamer] = {}
        self.model_inputs: dict[tuple[Any, ...], Any] = {}  # what it heard in recordings; see model_input.py
        self.hop: int = model.samples_per_frame
        self.piece_frames = max(1, round(_PIECE_SECONDS * info.frame_rate))
        can_step = isinstance(model.decoder, RnnFcDecoder)
        self._step = tf.function(model.decoder.step, autograph=False) if can_step else None
        if info.frame_rate * self.hop != info.sample_rate:
            raise ConfigError(
                f"The model's frames of {self.hop} samples are no whole number of frames a second at "
                f"{info.sample_rate} Hz",
                "Train it with Harmonic.n_samples and time_steps that make one.",
            )

    def encode(self, tracks: dict[str, Array], n_frames: int, z_TZ: Array | None = None) -> dict[str, Array]:
        """What the decoder sees, [1, F, 1] each, of f0 and level, [F] or one frame more or less; and z, [1, T, Z].

        Args:
          z_TZ: What the encoder heard (see `latents.encode_latents`), for a model that has one.
        """
        given = {key: tf.constant(track_F[None]) for key, track_F in tracks.items()}
        encoded = self.model.preprocess(given, n_frames)
        found = {key: np.asarray(value) for key, value in encoded.items() if value.shape.rank == 3}
        return found if z_TZ is None else {**found, "z": z_TZ[None]}

    def decode(self, encoded: dict[str, Array]) -> Iterator[Tensors]:
        """Pieces of the encoded features and the decoder's outputs, [1, P, ...]; the last one may be shorter.

        A recurrent decoder is played piece by piece; another one, which is normalized over all frames, at once.
        """
        n_frames = encoded["f0_hz"].shape[1]
        starts = range(0, n_frames, self.piece_frames)
        if self._step is None:
            whole = _cut(encoded, 0, n_frames)
            whole.update(self.model.decoder({key: tf.constant(values) for key, values in whole.items()}))
            yield from ({key: values[:, i : i + self.piece_frames] for key, values in whole.items()} for i in starts)
            return
        with ThreadPoolExecutor(1, thread_name_prefix="decoder") as ahead:
            # The recurrent layer can use one core only: while a piece sounds, the next one is decoded.
            coming = ahead.submit(self._decode_piece, encoded, 0, self.model.decoder.initial_state(1))
            for first in starts:
                piece, state_1S = coming.result()
                if first != starts[-1]:
                    coming = ahead.submit(self._decode_piece, encoded, first + self.piece_frames, state_1S)
                yield piece

    def _decode_piece(self, encoded: dict[str, Array], first: int, state_1S: tf.Tensor) -> tuple[Tensors, tf.Tensor]:
        assert self._step is not None
        piece = _cut(encoded, first, self.piece_frames)
        n_now = piece["f0_hz"].shape[1]
        # One length for all pieces: another one would have to be compiled.
        missing = ((0, 0), (0, self.piece_frames - n_now), (0, 0))
        full = {key: tf.constant(np.pad(values, missing, mode="edge")) for key, values in piece.items()}
        decoded, state_1S = self._step(full, state_1S)
        return {**piece, **{key: value[:, :n_now] for key, value in decoded.items()}}, state_1S

    def scaled(self, piece: Tensors) -> Tensors:
        """The synthesizers' controls of a decoded piece, by the names that --controls gives them."""
        found: Tensors = {}
        for processor, input_keys in self._nodes():
            if isinstance(processor, Harmonic) and "amplitudes" not in found:
                controls = processor.get_controls(*(tf.convert_to_tensor(piece[key]) for key in input_keys))
                found["amplitudes"] = controls["amplitudes"]
                found["harmonic_distribution_scaled"] = controls["harmonic_distribution"]
            elif isinstance(processor, FilteredNoise) and "noise_magnitudes_scaled" not in found:
                controls = processor.get_controls(tf.convert_to_tensor(piece[input_keys[0]]))
                found["noise_magnitudes_scaled"] = controls["magnitudes"]
        return found

    def streamer(self, number: int, room: bool) -> Streamer:
        """What synthesizes decoded pieces. Args: number: Of the example, which chooses the noise."""
        key = (number, room)
        if key not in self._streamers:
            if len(self._streamers) >= _MOST_STREAMERS:
                self._streamers.clear()
            self._streamers[key] = Streamer(self.model.processor_group, self.hop, (number, 0), room)
        return self._streamers[key]

    @property
    def harmonic_name(self) -> str:
        """The first harmonic synthesizer's; empty where there is none."""
        return next((part.name for part, _ in self._nodes() if isinstance(part, Harmonic)), "")

    @property
    def noise_name(self) -> str:
        """The first noise synthesizer's; empty where there is none."""
        return next((part.name for part, _ in self._nodes() if isinstance(part, FilteredNoise)), "")

    def drifts_at(self, n_frames: int) -> bool:
        """Whether harmonics of this length are compared with those of magenta/ddsp, drift of the phase included."""
        harmonic = getattr(self.model.processor_group, self.harmonic_name, None)
        return self.info.is_magenta and harmonic is not None and harmonic.n_samples == n_frames * self.hop

    def drifting_harmonics(self, f0_hz_1F1: Array, scaled: Tensors) -> Array:
        """Audio_N of the harmonics as magenta/ddsp sounds them. See `drifts_at`."""
        controls = {
            "f0_hz": tf.constant(f0_hz_1F1),
            "amplitudes": scaled["amplitudes"],
            "harmonic_distribution": scaled["harmonic_distribution_scaled"],
        }
        harmonic = getattr(self.model.processor_group, self.harmonic_name)
        return np.asarray(harmonic_audio_as_there(harmonic, controls)[0])

    def impulse_response(self) -> Array | None:
        """The learned room, [1, R]; None where the model has none."""
        rooms = [part for part, _ in self._nodes() if isinstance(part, Reverb) and part.trainable]
        return np.asarray(rooms[0].impulse_response()) if rooms else None

    def _nodes(self) -> list[tuple[Processor, tuple[str, ...]]]:
        group = self.model.processor_group
        return [(processor, keys) for processor, (_, keys) in zip(group.processors, group.nodes, strict=True)]


def load_player(path: AnyPath, allow_modules: tuple[str, ...] = ()) -> ModelPlayer:
    """The player of a checkpoint or a run's folder; the one that was loaded last is kept, as long as its files stay.

    Args:
      allow_modules: Modules of the user's own that the operative config may name.

    Raises:
      CheckpointError, ConfigError: see `load_model`.
    """
    key = (*_state_of_files(path), allow_modules)
    if key not in _kept:
        _kept.clear()  # before the next one is loaded: two may not fit into memory
        _kept[key] = ModelPlayer(*load_model(path, allow_modules=allow_modules))
    return _kept[key]


def _cut(encoded: dict[str, Array], first: int, n: int) -> Tensors:
    """`n` frames from `first` on, or as many as there are."""
    piece = {key: values[:, first : first + n] for key, values in encoded.items() if key != "z"}
    if "z" in encoded:
        piece["z"] = _stretched(encoded["z"], encoded["f0_hz"].shape[1], first, piece["f0_hz"].shape[1])
    return piece


def _stretched(z_1TZ: Array, n_frames: int, first: int, n: int) -> Array:
    """[1, n, Z]: frames of z from `first` on, as `resample` to all `n_frames` would have them."""
    position_F = np.arange(first, first + n) * z_1TZ.shape[1] / n_frames
    before_F = position_F.astype(int)
    after_F = np.minimum(before_F + 1, z_1TZ.shape[1] - 1)
    share_F1 = (position_F - before_F).astype(np.float32)[:, None]
    stretched: Array = z_1TZ[:, before_F] + share_F1 * (z_1TZ[:, after_F] - z_1TZ[:, before_F])
    return stretched


def _state_of_files(path: AnyPath) -> tuple[Any, ...]:
    folder = path if path.is_dir() else path.parent
    try:
        entries = [(entry.name, entry.stat()) for entry in folder.iterdir() if not entry.name.startswith(".")]
    except OSError:
        return (path,)  # which `load_model` will say more about
    kinds = ("ckpt", "operative_config", "best.json", path.name)
    found = [(name, stat.st_mtime_ns, stat.st_size) for name, stat in entries if name.startswith(kinds)]
    return (path.absolute(), *sorted(found))
