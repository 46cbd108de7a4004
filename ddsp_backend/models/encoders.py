"""From features to a latent vector z. B = batch, F = control frames, N = audio samples, Z = numbers of z."""

from collections.abc import Callable, Sequence

import tensorflow as tf

from ddsp_backend.arrays import Features
from ddsp_backend.dsp.core import resample
from ddsp_backend.dsp.mel import compute_mfcc
from ddsp_backend.errors import ConfigError
from ddsp_backend.models.features import needed
from ddsp_backend.models.layers import Dense, Layer
from ddsp_backend.models.normalization import Normalize
from ddsp_backend.models.sequences import Rnn

# z_time_steps of four seconds at 16 kHz: length of the spectrum's frames, and how much of one lies over the next.
_FRAMES_OF_TIME_STEPS = {63: (2048, 0.5), 125: (1024, 0.5), 250: (1024, 0.75), 500: (512, 0.75), 1000: (256, 0.75)}


class ZEncoder(tf.Module):
    """Base of the encoders: `compute_z` gives [B, Z] or [B, any, Z], which is stretched to the control frames."""

    def __call__(self, features: Features) -> Features:
        """{"z": [B, F, Z]}, with the frames of `f0_scaled`."""
        n_frames = needed(features, "f0_scaled", self).shape[1]
        return {"z": self.expand_z(self.compute_z(features), n_frames)}

    def compute_z(self, features: Features) -> tf.Tensor:
        raise NotImplementedError

    def expand_z(self, z: tf.Tensor, n_frames: int) -> tf.Tensor:
        """z at each of `n_frames` control frames."""
        if z.shape.rank == 2:
            z = z[:, tf.newaxis]
        return z if z.shape[1] == n_frames else resample(z, n_frames)


def _mfcc(
    audio_BN: tf.Tensor,
    fft_size: int = 1024,
    mel_bins: int = 128,
    mfcc_bins: int = 30,
    overlap: float = 0.75,
    pad_end: bool = True,
) -> tf.Tensor:
    return compute_mfcc(
        audio_BN,
        20.0,
        8000.0,
        fft_size=fft_size,
        mel_bins=mel_bins,
        mfcc_bins=mfcc_bins,
        overlap=overlap,
        pad_end=pad_end,
    )


class MfccTimeDistributedRnnEncoder(ZEncoder):
    """z changes with time: a recurrent layer over 30 MFCCs, each normalized over the example.

    Args:
      rnn_channels: Number of hidden units of the recurrent layer; more learn more detail but train slower.
      rnn_type: Type of the recurrent layer: "gru" is faster and smaller, "lstm" keeps a second memory.
      z_dims: Number of values of z in each frame; more values carry more detail of the recording.
      z_time_steps: Steps of z in four seconds: 63, 125, 250, 500 or 1000.

    Source: Engel et al., "DDSP", ICLR 2020, arXiv:2001.04643, appendix B.1.
    """

    def __init__(
        self,
        rnn_channels: int = 512,
        rnn_type: str = "gru",
        z_dims: int = 32,
        z_time_steps: int = 250,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        if z_time_steps not in _FRAMES_OF_TIME_STEPS:
            raise ConfigError(
                f"MfccTimeDistributedRnnEncoder.z_time_steps={z_time_steps} cannot be used",
                f"It must be one of {', '.join(map(str, _FRAMES_OF_TIME_STEPS))}.",
            )
        self.fft_size, self.overlap = _FRAMES_OF_TIME_STEPS[z_time_steps]
        self.z_norm = Normalize("instance")
        self.rnn = Rnn(rnn_channels, rnn_type)
        self.dense_out = Dense(z_dims)

    def compute_z(self, features: Features) -> tf.Tensor:
        z, _ = self.step(self.z_norm(self.mfccs(needed(features, "audio", self))))
        return z

    @property
    def hop_size(self) -> int:
        """Samples from one step of z to the next."""
        return int(self.fft_size * (1.0 - self.overlap))

    def mfccs(self, audio_BN: tf.Tensor, pad_end: bool = True) -> tf.Tensor:
        """What is heard, before it is normalized: [B, steps, 30], a frame of `fft_size` samples for each `hop_size`.

        Args:
          pad_end: Silence follows the audio, so that frames begin up to its end; otherwise they lie within it.
        """
        return _mfcc(audio_BN, self.fft_size, overlap=self.overlap, pad_end=pad_end)

    def step(self, normalized_BTC: tf.Tensor, state_BS: tf.Tensor | None = None) -> tuple[tf.Tensor, tf.Tensor]:
        """z of the next steps of a longer signal, [B, T, Z], and the state after them. A state of None starts it."""
        y_BTC, state_BS = self.rnn.rnn(normalized_BTC, state_BS)
        return self.dense_out(y_BTC), state_BS


class MfccEncoder(ZEncoder):
    """z is made of MFCCs, each normalized over the example. Nothing but the normalization's gains is learned.

    Args:
      fft_sizes: Lengths of the spectra's frames, one for each set of coefficients.
      mel_bins: Number of mel bands of each set; more bands separate frequencies more finely but need more memory.
      mfcc_bins: Number of MFCCs of each set; more of them describe the spectrum's shape more finely.
      time_steps: Number of frames that all sets are resampled to; more frames follow faster changes.
    """

    def __init__(
        self,
        fft_sizes: Sequence[int] | int = (1024,),
        mel_bins: Sequence[int] | int = (128,),
        mfcc_bins: Sequence[int] | int = (30,),
        time_steps: int = 250,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        counts = [(count,) if isinstance(count, int) else tuple(count) for count in (fft_sizes, mel_bins, mfcc_bins)]
        if len({len(count) for count in counts}) > 1:
            raise ConfigError(
                f"MfccEncoder: {len(counts[0])} fft_sizes, {len(counts[1])} mel_bins and {len(counts[2])} mfcc_bins",
                "Give as many of each.",
            )
        self.sets = tuple(zip(*counts, strict=True))
        self.time_steps = time_steps
        self.norm_out = Normalize("instance")

    def compute_z(self, features: Features) -> tf.Tensor:
        audio_BN = needed(features, "audio", self)
        mfccs = [resample(_mfcc(audio_BN, *sizes), self.time_steps) for sizes in self.sets]
        return self.norm_out(tf.concat(mfccs, -1))


class MfccRnnEncoder(ZEncoder):
    """One z for the whole example: a recurrent layer over 30 MFCCs, and what it knows at the end.

    Args:
      rnn_channels: Number of hidden units of the recurrent layer; more learn more detail but train slower.
      rnn_type: Type of the recurrent layer: "gru" is faster and smaller, "lstm" keeps a second memory.
      z_dims: Number of values of z in each frame; more values carry more detail of the recording.
      mean_aggregate: Take the mean over time instead of the last step.
    """

    def __init__(
        self,
        rnn_channels: int = 512,
        rnn_type: str = "gru",
        z_dims: int = 512,
        mean_aggregate: bool = False,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        self.mean_aggregate = mean_aggregate
        self.norm_in = Normalize("instance")
        self.rnn = Rnn(rnn_channels, rnn_type)
        self.dense_z = Dense(z_dims)

    def compute_z(self, features: Features) -> tf.Tensor:
        steps = self.rnn(self.norm_in(_mfcc(needed(features, "audio", self))))
        return self.dense_z(tf.reduce_mean(steps, 1, keepdims=True) if self.mean_aggregate else steps[:, -1:])


class Embedding(Layer):
    """A learned vector for each whole number below `vocab_size`: [...] to [..., n_dims]."""

    def __init__(self, vocab_size: int, n_dims: int, name: str | None = None) -> None:
        super().__init__(name=name)
        self.shape = [vocab_size, n_dims]

    def create(self, n_in: int) -> None:
        self.embeddings = tf.Variable(tf.random.uniform(self.shape, -0.05, 0.05), name="embeddings")  # as Keras starts

    def __call__(self, numbers: tf.Tensor) -> tf.Tensor:
        self.size(numbers)
        return tf.gather(self.embeddings, tf.cast(numbers, tf.int32))


class OneHotEncoder(ZEncoder):
    """z is a learned vector for each instrument of the data set.

    Args:
      one_hot_key: Name of the feature with each example's instrument number, of shape [B] or [B, 1].
      vocab_size: Number of different instruments that can be told apart; it must exceed the highest number in the data
        set.
      n_dims: Number of values of z for each instrument; more values can describe more differences between instruments.
      skip_expand: Leave z at one step, where what follows spreads it over time by itself.
    """

    def __init__(
        self,
        one_hot_key: str = "instrument",
        vocab_size: int = 1024,
        n_dims: int = 256,
        skip_expand: bool = True,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        self.one_hot_key = one_hot_key
        self.skip_expand = skip_expand
        self.embedding = Embedding(vocab_size, n_dims)

    def compute_z(self, features: Features) -> tf.Tensor:
        numbers = tf.convert_to_tensor(needed(features, self.one_hot_key, self))
        return self.embedding(numbers[:, tf.newaxis] if numbers.shape.rank == 1 else numbers)

    def expand_z(self, z: tf.Tensor, n_frames: int) -> tf.Tensor:
        return z if self.skip_expand else super().expand_z(z, n_frames)


class AggregateFeaturesEncoder(ZEncoder):
    """One z for the whole example: the mean of what a layer makes of pitch and loudness.

    Args:
      ch: Number of values of z; more values can describe more differences between recordings.
    """

    def __init__(self, ch: int = 512, name: str | None = None) -> None:
        super().__init__(name=name)
        self.fc = Dense(ch)

    def compute_z(self, features: Features) -> tf.Tensor:
        inputs = [needed(features, key, self) for key in ("f0_scaled", "ld_scaled")]
        return tf.reduce_mean(self.fc(tf.concat(inputs, -1)), 1, keepdims=True)


class ExpressionEncoder(ZEncoder):
    """z by a network over curves of features, and MFCCs where they hold `audio`.

    Args:
      net: The network, from [B, F, any] to [B, F, any]; a larger one learns more detail but trains slower.
      z_dims: Number of values of z in each frame; more values carry more detail of the recording.
      input_keys: The features to encode, each of shape [B, F, any]; "audio" means the MFCCs of the audio.
      mfcc_bins: Number of MFCCs; more of them describe the spectrum's shape more finely.
      fft_size: Length of the frames in samples; longer ones separate frequencies better but blur quick changes.
      mel_bins: Number of mel bands; more bands separate frequencies more finely but need more memory.
      pool_time: One z for the whole example: the mean over time.
    """

    def __init__(
        self,
        net: Callable[[tf.Tensor], tf.Tensor] | None = None,
        z_dims: int = 128,
        input_keys: Sequence[str] = ("f0_scaled", "ld_scaled"),
        mfcc_bins: int = 60,
        fft_size: int = 1024,
        mel_bins: int = 128,
        pool_time: bool = True,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        if net is None:
            raise ConfigError("ExpressionEncoder.net is None", "Bind it, such as to @nn.DilatedConvStack().")
        self.net = net
        self.curve_keys = tuple(key for key in input_keys if key != "audio")
        self.norm_mfcc = Normalize("instance") if "audio" in input_keys else None
        self.mfcc_sizes = (fft_size, mel_bins, mfcc_bins)
        self.pool_time = pool_time
        self.norm = Normalize("layer")
        self.dense_out = Dense(z_dims)

    def compute_z(self, features: Features) -> tf.Tensor:
        inputs = [needed(features, key, self) for key in self.curve_keys]
        if self.norm_mfcc is not None:
            mfccs = self.norm_mfcc(_mfcc(needed(features, "audio", self), *self.mfcc_sizes))
            inputs.append(resample(mfccs, needed(features, "f0_scaled", self).shape[1]))
        z = self.dense_out(self.norm(self.net(tf.concat(inputs, -1))))
        return tf.reduce_mean(z, 1, keepdims=True) if self.pool_time else z
