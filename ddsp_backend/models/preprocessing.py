"""What the networks see of a recording: pitch and loudness, or pitch and power, scaled to [0, 1].

B = batch, N = audio samples, F = control frames.
"""

import tensorflow as tf

from ddsp_backend.arrays import Features
from ddsp_backend.dsp.core import DB_RANGE, hz_to_midi, midi_to_hz, resample
from ddsp_backend.dsp.crepe import PretrainedCREPE
from ddsp_backend.dsp.spectral import F0_RANGE, compute_loudness, compute_power, get_framed_lengths
from ddsp_backend.errors import ConfigError, DataError
from ddsp_backend.models.features import at_least_3d, needed

ANALYSIS_SAMPLE_RATE = 16000  # Hz: the pitch tracker's rate, at which OnlineF0PowerPreprocessor analyses audio


def scale_db(db: tf.Tensor) -> tf.Tensor:
    """[-80, 0] dB to [0, 1]."""
    return db / DB_RANGE + 1.0


def inv_scale_db(scaled: tf.Tensor) -> tf.Tensor:
    """[0, 1] to [-80, 0] dB."""
    return (scaled - 1.0) * DB_RANGE


def scale_f0_hz(f0_hz: tf.Tensor) -> tf.Tensor:
    """Hz to MIDI numbers to [0, 1]; 0 Hz (no pitch) is 0."""
    return hz_to_midi(f0_hz) / F0_RANGE


def inv_scale_f0_hz(scaled: tf.Tensor) -> tf.Tensor:
    """[0, 1] to MIDI numbers to Hz."""
    return midi_to_hz(scaled * F0_RANGE)


class F0LoudnessPreprocessor(tf.Module):
    """Resamples `f0_hz` and `loudness_db` to `time_steps` frames and scales them.

    Args:
      time_steps: Number of control frames of each example; it must match the data set's length and frame rate.
      frame_rate: Frames a second of the loudness that is computed here.
      sample_rate: Sample rate of the audio in Hz; it must match the data set.
      compute_loudness: Compute the loudness of `audio` afresh. Where the features hold no audio (a rendering whose
        loudness was shifted), their `loudness_db` is used all the same.
    """

    def __init__(
        self,
        time_steps: int = 1000,
        frame_rate: int = 250,
        sample_rate: int = 16000,
        compute_loudness: bool = True,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        self.time_steps = time_steps
        self.frame_rate = frame_rate
        self.sample_rate = sample_rate
        self.compute_loudness = compute_loudness

    def __call__(self, features: Features, n_frames: int | None = None) -> Features:
        """New features, each [B, F, 1]. `n_frames` takes the place of `time_steps`, to render other lengths."""
        f0_hz = self.resample(needed(features, "f0_hz", self), n_frames)
        if self.compute_loudness and features.get("audio") is not None:
            loudness_db = self.measure(features["audio"])
        else:
            loudness_db = needed(features, "loudness_db", self)
        loudness_db = self.resample(loudness_db, n_frames)
        return {
            "f0_hz": f0_hz,
            "loudness_db": loudness_db,
            "f0_scaled": scale_f0_hz(f0_hz),
            "ld_scaled": self.scale(loudness_db),
        }

    def measure(self, audio_BN: tf.Tensor) -> tf.Tensor:
        """Loudness in dB, [B, F]."""
        return compute_loudness(audio_BN, self.sample_rate, self.frame_rate)

    def scale(self, loudness_db: tf.Tensor) -> tf.Tensor:
        """dB to [0, 1]."""
        return scale_db(loudness_db)

    def resample(self, x: tf.Tensor, n_frames: int | None = None) -> tf.Tensor:
        """[B, F] or [B, F, 1], any F, to [B, time_steps, 1]."""
        x = at_least_3d(x)
        n_frames = n_frames or self.time_steps
        return x if x.shape[1] == n_frames else resample(x, n_frames)

    def samples_per_frame(self, n_samples: int, sample_rate: int) -> int:
        """Samples between two control frames of a synthesizer with these settings."""
        if n_samples % self.time_steps:
            raise ConfigError(
                f"Harmonic.n_samples={n_samples} is no multiple of {type(self).__name__}.time_steps={self.time_steps}",
                f"Choose n_samples = {round(n_samples / self.time_steps) * self.time_steps}, or other time_steps.",
            )
        return n_samples // self.time_steps


class F0PowerPreprocessor(F0LoudnessPreprocessor):
    """Resamples `f0_hz` and the power of `audio` to `time_steps` frames and scales them.

    Args:
      frame_size: Number of samples that each value of power is computed over; more give a smoother but slower curve.
    """

    def __init__(
        self,
        time_steps: int = 1000,
        frame_rate: int = 250,
        sample_rate: int = 16000,
        frame_size: int = 64,
        name: str | None = None,
    ) -> None:
        super().__init__(time_steps, frame_rate, sample_rate, name=name)
        self.frame_size = frame_size

    def __call__(self, features: Features, n_frames: int | None = None) -> Features:
        f0_hz = self.resample(needed(features, "f0_hz", self), n_frames)
        pw_db = features.get("power_db")
        if pw_db is None:
            audio_BN = needed(features, "audio", self)
            pw_db = compute_power(
                audio_BN, sample_rate=self.sample_rate, frame_rate=self.frame_rate, frame_size=self.frame_size
            )
        pw_db = self.resample(pw_db, n_frames)
        return {"f0_hz": f0_hz, "pw_db": pw_db, "f0_scaled": scale_f0_hz(f0_hz), "pw_scaled": scale_db(pw_db)}


class OnlineF0PowerPreprocessor(tf.Module):
    """Pitch and power on the frames that a streaming plugin sees: no resampling, so the frame counts must fit.

    Analyses at 16 kHz: `audio_16k` where the features hold it, else `audio`.

    Args:
      frame_rate: Control frames per second, a divisor of 16000; more frames follow quick changes better.
      frame_size: Samples at 16 kHz that one value of power is computed over.
      padding: How frames lie on the audio: "center" centres them on their times, "same" begins them there, "valid"
        pads nothing.
      compute_power: Compute the power of the audio; otherwise take `pw_db`. Where the features hold no audio, their
        `pw_db` (or `power_db`) is used all the same.
      compute_f0: Track the pitch of the audio by CREPE, recording by recording, in every step; otherwise take `f0_hz`.
        A prepared data set has the same pitch, found once. Where the features hold no audio, `f0_hz` is taken too.
      crepe_saved_model_path: For compute_f0: CREPE's size, or a file of its weights.
      viterbi: Whether the pitch of compute_f0 is smoothed, which avoids octave jumps but takes more time.
    """

    def __init__(
        self,
        frame_rate: int = 250,
        frame_size: int = 1024,
        padding: str = "center",
        compute_power: bool = True,
        compute_f0: bool = True,
        crepe_saved_model_path: str | None = "full",
        viterbi: bool = False,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        if compute_f0 and not crepe_saved_model_path:
            raise ConfigError(
                "OnlineF0PowerPreprocessor.compute_f0=True needs a tracker, and crepe_saved_model_path is not set",
                "Set it to 'full' or 'tiny', or compute_f0 = False and prepare the data set with f0.",
            )
        if ANALYSIS_SAMPLE_RATE % frame_rate:
            raise ConfigError(
                f"OnlineF0PowerPreprocessor.frame_rate={frame_rate} does not divide {ANALYSIS_SAMPLE_RATE} Hz",
                "Choose a divisor, such as 50, 100 or 250.",
            )
        self.frame_rate = frame_rate
        self.frame_size = frame_size
        self.hop_size = ANALYSIS_SAMPLE_RATE // frame_rate
        self.padding = padding
        self.compute_power = compute_power
        self.viterbi = viterbi
        self.crepe = PretrainedCREPE(crepe_saved_model_path or "full", self.hop_size) if compute_f0 else None

    def __call__(self, features: Features, n_frames: int | None = None) -> Features:
        """New features, each [B, F, 1]. The frames are those of the audio; `n_frames` cannot change them."""
        audio_BN = features.get("audio_16k", features.get("audio"))
        tracked = {} if self.crepe is None or audio_BN is None else self._track(self.crepe, audio_BN)
        f0_hz = at_least_3d(needed({**features, **tracked}, "f0_hz", self))
        if self.compute_power and audio_BN is not None:
            pw_db = compute_power(
                audio_BN,
                sample_rate=ANALYSIS_SAMPLE_RATE,
                frame_rate=self.frame_rate,
                frame_size=self.frame_size,
                padding=self.padding,
            )
        else:
            pw_db = features.get("pw_db", features.get("power_db"))
            if pw_db is None:
                raise DataError("The features hold neither audio nor pw_db, so there is no power to play from")
        pw_db = at_least_3d(pw_db)
        if audio_BN is not None:
            self._check_frames(int(audio_BN.shape[1]), f0_hz, pw_db)
        scaled = {"f0_scaled": scale_f0_hz(f0_hz), "pw_scaled": scale_db(pw_db)}
        return {**tracked, "f0_hz": f0_hz, "pw_db": pw_db, **scaled}

    def _track(self, crepe: PretrainedCREPE, audio_BN: tf.Tensor) -> Features:
        """One recording after the other: CREPE's first layer alone takes a megabyte a frame."""
        f0_hz, confidence = tf.map_fn(
            lambda audio_N: crepe.predict_f0_and_confidence(audio_N, self.viterbi, self.padding),
            audio_BN,
            fn_output_signature=(tf.float32, tf.float32),
        )
        found = {"f0_hz": f0_hz[:, 0, :, None], "f0_confidence": confidence[:, 0, :, None]}
        return {key: tf.stop_gradient(value) for key, value in found.items()}

    def samples_per_frame(self, n_samples: int, sample_rate: int) -> int:
        """Samples between two control frames of a synthesizer with these settings."""
        return sample_rate // self.frame_rate

    def _check_frames(self, n_samples: int, f0_hz: tf.Tensor, pw_db: tf.Tensor) -> None:
        n_frames, _ = get_framed_lengths(n_samples, self.frame_size, self.hop_size, self.padding)
        for key, value in (("f0_hz", f0_hz), ("pw_db", pw_db)):
            if value.shape[1] != n_frames:
                raise ConfigError(
                    f"{key} has {value.shape[1]} frames, but {n_samples} samples at {ANALYSIS_SAMPLE_RATE} Hz make "
                    f"{n_frames} frames with OnlineF0PowerPreprocessor.frame_rate={self.frame_rate} and "
                    f"padding={self.padding!r}",
                    "Set TFRecordProvider.frame_rate and TFRecordProvider.centered as the data set was prepared, and "
                    "prepare it with the model's frame rate (ddsp_prepare_tfrecord --frame_rate, --center).",
                )
