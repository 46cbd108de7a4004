"""TFRecord files as magenta/ddsp's authors wrote those of URMP, and a small data set of notes in that form.

F = control frames (250 a second), N = samples at 16 kHz.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf

N_FRAMES, HOP, N_PITCHES = 1000, 64, 128  # four seconds


def write_examples(path: Path, examples: Iterable[Mapping[str, bytes | np.ndarray]]) -> None:
    """Through TensorFlow's own writer, as the reference wrote them."""
    with tf.io.TFRecordWriter(str(path)) as writer:
        for example in examples:
            feature = {
                key: tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))
                if isinstance(value, bytes)
                else tf.train.Feature(float_list=tf.train.FloatList(value=np.ravel(value)))
                for key, value in example.items()
            }
            writer.write(tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString())


def played(instrument: bytes, pitches: Iterable[int]) -> dict[str, bytes | np.ndarray]:
    """MIDI pitches one after the other, each for half of its share of the time, as harmonics with a little breath."""
    shares = np.array_split(np.arange(N_FRAMES), len(list(pitches := tuple(pitches))))
    sounding, onsets, offsets = (np.zeros([N_FRAMES, N_PITCHES], np.float32) for _ in range(3))
    for pitch, share in zip(pitches, shares, strict=True):
        first, last = share[0], share[len(share) // 2]
        sounding[first:last, pitch] = onsets[first, pitch] = offsets[last, pitch] = 1
    is_on_F = sounding.any(1)
    f0_hz_F = np.where(is_on_F, 440 * 2 ** ((sounding.argmax(1) - 69) / 12), 0)
    phase_N = 2 * np.pi * np.cumsum(np.repeat(f0_hz_F, HOP)) / 16000
    audio_N = np.repeat(is_on_F, HOP) * sum(0.2 / k * np.sin(k * phase_N) for k in (1, 2, 3))
    audio_N = audio_N + 0.002 * np.random.default_rng(0).standard_normal(len(audio_N))
    return {
        "audio": audio_N,
        "f0_hz": f0_hz_F,
        "f0_confidence": is_on_F.astype(np.float32),
        "loudness_db": np.where(is_on_F, -25.0, -75.0),
        "power_db": np.where(is_on_F, -20.0, -70.0),
        "note_active_frame_indices": sounding,
        "note_active_velocities": sounding * 0.7,
        "note_onsets": onsets,
        "note_offsets": offsets,
        "instrument_id": instrument,
        "recording_id": b"piece_1",
    }


def write_urmp(folder: Path) -> Path:
    """Two pieces to learn from and two others to be tested on, each of another instrument."""
    folder.mkdir(parents=True, exist_ok=True)
    for split, shift in (("train", 0), ("test", 1)):
        pieces = [played(key, np.array(pitches) + shift) for key, pitches in ((b"vn", [64, 67, 71]), (b"fl", [72, 69]))]
        write_examples(folder / f"all_instruments_{split}.tfrecord-00000-of-00001", pieces)
    return folder
