"""What a model's encoder hears in a recording: the latent vector z that stands for its timbre.

F = control frames, N = audio samples, T = steps of z, C = coefficients, Z = numbers of z.
"""

from collections.abc import Generator, Iterator

import numpy as np
import tensorflow as tf

from ddsp_backend.arrays import Array
from ddsp_backend.data.analysis import AudioWindow
from ddsp_backend.inference.model_player import ModelPlayer
from ddsp_backend.models.encoders import MfccTimeDistributedRnnEncoder

Steps = Generator[float, None, Array]
_STEPS_AT_ONCE = 256


def encode_latents(
    player: ModelPlayer, tracks: dict[str, Array], n_frames: int, blocks: Iterator[Array], n_samples: int
) -> Steps:
    """z, [T, Z], of audio in blocks at the model's rate. Yields the seconds that were heard since the last time.

    `MfccTimeDistributedRnnEncoder` hears in pieces: what stays in memory is C = 30 numbers for each step. It normalizes
    over the whole recording, as in training over an example. Other encoders are given the whole recording at once.

    Args:
      tracks: Pitch and level, [F] each, by the names of features.
      n_frames: F of the preprocessed tracks.
    """
    encoder = player.model.encoder
    if isinstance(encoder, MfccTimeDistributedRnnEncoder):
        return (yield from _in_pieces(encoder, blocks, n_samples, player.info.sample_rate))
    features = player.model.preprocess({key: tf.constant(track_F[None]) for key, track_F in tracks.items()}, n_frames)
    audio_1N = np.concatenate([np.zeros(0, np.float32), *blocks])[None, :n_samples]
    z = np.asarray(encoder.compute_z({**features, "audio": tf.constant(audio_1N)}))
    yield n_samples / player.info.sample_rate
    return z.reshape(-1, z.shape[-1])


def _in_pieces(
    encoder: MfccTimeDistributedRnnEncoder, blocks: Iterator[Array], n_samples: int, sample_rate: int
) -> Steps:
    window, hop = AudioWindow(blocks), encoder.hop_size
    n_steps = -(-n_samples // hop)
    heard = []
    for first in range(0, n_steps, _STEPS_AT_ONCE):
        # The last stretch is as long as the others: nothing has to be set up for another length.
        stretch_N = window.take(first * hop, (first + _STEPS_AT_ONCE - 1) * hop + encoder.fft_size)
        mfccs_TC = np.asarray(encoder.mfccs(tf.constant(stretch_N[None]), pad_end=False)[0])
        heard.append(mfccs_TC[: n_steps - first])
        yield len(heard[-1]) * hop / sample_rate
    normalized_1TC = np.asarray(encoder.z_norm(tf.constant(np.concatenate(heard)[None])))
    state_1S, parts = None, []
    for first in range(0, n_steps, _STEPS_AT_ONCE):
        z_1TZ, state_1S = encoder.step(tf.constant(normalized_1TC[:, first : first + _STEPS_AT_ONCE]), state_1S)
        parts.append(np.asarray(z_1TZ[0]))
        yield 0.0
    return np.concatenate(parts)
