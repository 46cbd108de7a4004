"""A trained model in a researcher's hands: what `import ddsp_backend` offers. Examples are in docs/python.md.

F = control frames, N = audio samples, C = channels of a control, T = steps of an encoder's latent, Z = its numbers.
"""

import os
import tempfile
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, overload

import numpy as np
import tensorflow as tf

from ddsp_backend.arrays import Audio, Features, FloatArray
from ddsp_backend.audio.files import read_audio, write_wav
from ddsp_backend.checkpoints.loading import load_model as load_network
from ddsp_backend.errors import DataError
from ddsp_backend.inference.learned_range import read_learned
from ddsp_backend.inference.level import level_of
from ddsp_backend.inference.model_input import RecordingAnalysis, frames_of, look_at, read_recording
from ddsp_backend.inference.model_player import ModelPlayer
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.interruptible import Interruptible
from ddsp_backend.jobs.steps import drain
from ddsp_backend.pitch.tracker import PitchTracker
from ddsp_backend.pitch.trackers import make_tracker
from ddsp_backend.storage import any_path

Outputs = dict[str, Any]


class TrainedModel:
    """A model with its weights, and the way from a recording through it to audio.

    Attributes:
      network: The `Autoencoder` itself, a `tf.Module`: `preprocessor`, `encoder`, `decoder`, `processor_group`, ...
      sample_rate: Hz, of all audio.
      frame_rate: Control frames a second.
      step: How long the checkpoint was trained.
    """

    def __init__(self, player: ModelPlayer, tracker: tuple[str, str]) -> None:
        self._player, self._tracker = player, tracker
        self.network = player.model
        self.sample_rate, self.frame_rate = player.info.sample_rate, player.info.frame_rate
        self.step = player.info.checkpoint.step
        self._level = level_of(player).key

    def features(self, recording: str | os.PathLike[str] | FloatArray, sample_rate: int | None = None) -> Features:
        """What the model hears in a recording of any length and format, found with the pitch tracker of its data set.

        Args:
          recording: A file, or audio [N], full scale 1.
          sample_rate: Hz of that audio; the model's own if left out. A file says its own.

        Returns: NumPy arrays of one example, as ddsp_render --features reads them: `audio` [1, N]; `f0_hz` and
          `f0_confidence` [1, F]; `loudness_db` or `power_db`, which the model plays from, [1, F] or one frame more;
          `z` [1, T, Z] for a model with an encoder.

        Raises:
          AudioError: the recording cannot be read, or there is nothing to be heard.
          DataError: the audio has more than one axis.
        """
        with tempfile.TemporaryDirectory(prefix="features-") as scratch, Interruptible(CancelToken()) as watch:
            path = _file_of(recording, sample_rate or self.sample_rate, Path(scratch))
            analysis = RecordingAnalysis.of(self._player, self._tracker, Path(scratch), self._loaded_tracker)
            source = drain(look_at(path, analysis.cache, watch))
            heard = drain(read_recording(source, analysis, watch))
            audio_N = read_audio(path, self.sample_rate)
        found = {
            "audio": audio_N,
            "f0_hz": heard.f0_hz,
            "f0_confidence": heard.f0_confidence,
            heard.level_key: heard.level,
        }
        if heard.z is not None:
            found["z"] = heard.z
        return {key: values[None] for key, values in found.items()}

    @cached_property
    def _loaded_tracker(self) -> PitchTracker:
        """Kept: a script listens to many recordings, and CREPE takes seconds to load."""
        return make_tracker(*self._tracker)

    def controls(self, features: Features) -> Features:
        """What the decoder makes of features: the synthesizers' inputs, before these scale them.

        Returns: NumPy arrays [1, F, C] by the names that the processor group knows them by: `amps`,
          `harmonic_distribution`, `noise_magnitudes`, `f0_hz`, ... Scaled ones are among the outputs of a call.
        """
        z_TZ = None
        if self.network.encoder is not None:
            z_TZ = np.asarray(self._needed(features, "z"), np.float32)[0]
        pieces = list(self._player.decode(self._player.encode(self._tracks(features), self._n_frames(features), z_TZ)))
        return {key: np.concatenate([np.asarray(piece[key]) for piece in pieces], axis=1) for key in pieces[0]}

    def audio(self, features: Features, controls: Features | None = None, *, room: bool = True) -> Audio:
        """The features as the model plays them, [N]. Length does not matter: it is played in pieces.

        Args:
          controls: Play these, such as `controls` gave them and you changed them, in place of the decoder's own.
          room: Play in the room that the model learned.
        """
        played = self.controls(features) if controls is None else controls
        signals = self._player.streamer(0, room).play(self._pieces(played))
        n_samples = max(1, self._n_frames(features) - self._player.info.is_centered) * self._player.hop
        if "audio" in features:
            n_samples = features["audio"].shape[1]
        return np.concatenate([signal["out"] for signal in signals])[:n_samples]

    @overload
    def __call__(self, features: Features, *, return_losses: Literal[False] = False) -> Outputs: ...

    @overload
    def __call__(self, features: Features, *, return_losses: Literal[True]) -> tuple[Outputs, dict[str, float]]: ...

    def __call__(self, features: Features, *, return_losses: bool = False) -> Any:
        """Everything that the network makes of features, at once: for recordings of minutes, not of hours.

        Returns: The outputs: the features as they were encoded, the decoder's outputs, each processor's "controls" and
          "signal", and `audio_synth` [1, N], whole frames of it. With `return_losses` also the losses that the model is
          trained with, by name, and their sum as `total_loss`, of these outputs against `features["audio"]`.

        Raises:
          DataError: there is no `audio`, and losses were asked for or an encoder needs it.
        """
        n_frames = self._n_frames(features)
        tracks = {key: tf.constant(track_F[None]) for key, track_F in self._tracks(features).items()}
        # Without audio the preprocessor takes the level as it is given, with all that was changed in it.
        encoded = self.network.preprocess(tracks, n_frames)
        if self.network.encoder is not None:
            encoded = self.network.with_latents({**encoded, "audio": self._audio(features)})
        outputs = {**encoded, **self.network.answer(encoded, n_frames)}
        if not return_losses:
            return outputs
        n_samples = outputs["audio_synth"].shape[1]
        target_N = np.asarray(self._audio(features))[0, :n_samples]
        target_1N = np.pad(target_N, (0, n_samples - len(target_N)))[None]
        losses = self.network.losses({**features, "audio": tf.constant(target_1N)}, outputs)
        return outputs, {name: float(value) for name, value in losses.items()}

    def _tracks(self, features: Features) -> dict[str, Any]:
        found = {key: np.asarray(self._needed(features, key), np.float32)[0] for key in ("f0_hz", self._level)}
        n_frames = self._n_frames(features)
        for key, track_F in found.items():
            if abs(len(track_F) - n_frames) > 1:
                raise DataError(
                    f"{key} has {len(track_F)} frames, but the features are of {n_frames}",
                    "Give f0, level and audio of the same length; leave audio out to play frames alone.",
                )
        return found

    def _n_frames(self, features: Features) -> int:
        if "audio" in features:
            return frames_of(self._player, features["audio"].shape[1])
        return int(self._needed(features, "f0_hz").shape[1])

    def _audio(self, features: Features) -> tf.Tensor:
        return tf.constant(np.asarray(self._needed(features, "audio"), np.float32))

    def _needed(self, features: Features, key: str) -> Any:
        if key not in features:
            there = ", ".join(features) or "nothing"
            raise DataError(f"The features hold no {key}, only {there}", "Take those of model.features().")
        return features[key]

    def _pieces(self, controls: Features) -> Iterator[Features]:
        size = self._player.piece_frames
        for first in range(0, controls["f0_hz"].shape[1], size):
            yield {key: np.asarray(values, np.float32)[:, first : first + size] for key, values in controls.items()}


def _file_of(recording: str | os.PathLike[str] | FloatArray, sample_rate: int, scratch: Path) -> Path:
    """Audio in memory goes through a file, as everything that listens reads files."""
    if not isinstance(recording, np.ndarray):
        return Path(recording).expanduser()
    if recording.ndim != 1:
        raise DataError(
            f"The audio has the shape {list(recording.shape)}, not [samples]", "Give one channel of one recording."
        )
    path = scratch / "audio.wav"
    write_wav(path, recording.astype(np.float32), sample_rate, "FLOAT")
    return path


def load_model(path: str | os.PathLike[str], allow_modules: Sequence[str] = ()) -> TrainedModel:
    """The model of a run's folder (its best checkpoint), of one checkpoint's prefix, or of a folder of magenta/ddsp.

    Args:
      allow_modules: Modules of your own that the model was trained with; they are imported.

    Raises:
      CheckpointError: there is no checkpoint, or none is whole.
      ConfigError: the operative config cannot be used, or the model does not play from pitch and loudness.
    """
    place = any_path(os.fspath(path))
    return TrainedModel(ModelPlayer(*load_network(place, allow_modules=allow_modules)), read_learned(place).tracker())
