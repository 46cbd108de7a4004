"""The URMP data set (Li et al., 2018) as the reference's TFRecord files hold it, with and without its notes.

F = control frames (250 a second), N = samples at 16 kHz, P = 128 MIDI pitches
"""

from pathlib import PurePosixPath
from typing import Any

import tensorflow as tf

from ddsp_backend.data.providers import LegacyTFRecordProvider
from ddsp_backend.errors import ConfigError

INSTRUMENTS = ("vn", "va", "vc", "db", "fl", "ob", "cl", "sax", "bn", "tpt", "hn", "tbn", "tba")
"""The keys of the data set's instruments, in the order of their numbers."""
ALL = "all"
SPLITS = ("train", "test")
_N_PITCHES = 128
_NOTE_KEYS = ("note_active_velocities", "note_active_frame_indices", "note_onsets", "note_offsets")


class Urmp(LegacyTFRecordProvider):
    """Four-second examples of one instrument, or of all."""

    def __init__(
        self, base_dir: str, instrument_key: str = "tpt", split: str = "train", suffix: str | None = None
    ) -> None:
        """Reads the files of `base_dir`, which may be a gs:// address.

        Args:
          instrument_key: The instrument to read, one of `INSTRUMENTS`, or "all" for every one of them.
          split: Which part of the data set to read: "train" to learn from or "test" to judge by.
          suffix: What the files' names end in, such as "batched" (four seconds an example) or "unbatched" (whole
            pieces) in the edition of March 2021; None for the first edition.
        """
        if instrument_key not in (*INSTRUMENTS, ALL):
            raise ConfigError(
                f"{type(self).__name__}.instrument_key={instrument_key!r} is not in the data set",
                f"Choose one of {', '.join((ALL, *INSTRUMENTS))}.",
            )
        if split not in SPLITS:
            raise ConfigError(f"{type(self).__name__}.split={split!r} is not in the data set", "Choose train or test.")
        ending = f"{split}{f'_{suffix}' if suffix else ''}.tfrecord*"
        is_all = instrument_key == ALL
        name = f"all_instruments_{ending}" if is_all else f"urmp_{instrument_key}_solo_ddsp_conditioning_{ending}"
        scheme, separator, path = base_dir.rpartition("://")
        super().__init__(file_pattern=f"{scheme}{separator}{PurePosixPath(path) / name}")


class UrmpMidi(Urmp):
    """The examples with their notes.

    Besides the features of `Urmp`, with `f0_hz` and `loudness_db` as [F, 1]: `note_active_frame_indices` and
    `note_active_velocities` [F, P], `midi` [F] (the pitch that sounds, 0 for none), `onsets` and `offsets` [F] (1 where
    a note begins or ends), `power_db` [F], `instrument_id` (the number in `INSTRUMENTS`) and `recording_id`.
    """

    @property
    def features_dict(self) -> dict[str, Any]:
        n_frames = self._feature_length
        lengths = {"power_db": n_frames, **dict.fromkeys(_NOTE_KEYS, n_frames * _N_PITCHES)}
        notes = {key: tf.io.FixedLenFeature([length], tf.float32) for key, length in lengths.items()}
        return {**super().features_dict, **notes, **_names()}

    def restructure(self, example: dict[str, Any]) -> dict[str, Any]:
        return _with_notes(example)


class UrmpMidiUnsegmented(Urmp):
    """Whole pieces with their notes, each as long as it is: a batch holds one."""

    @property
    def features_dict(self) -> dict[str, Any]:
        keys = ("audio", "f0_hz", "f0_confidence", "loudness_db", "power_db", *_NOTE_KEYS)
        return {**{key: tf.io.VarLenFeature(tf.float32) for key in keys}, **_names()}

    def restructure(self, example: dict[str, Any]) -> dict[str, Any]:
        dense = {
            key: tf.sparse.to_dense(value) if isinstance(value, tf.SparseTensor) else value
            for key, value in example.items()
        }
        return _with_notes(dense)


def _names() -> dict[str, Any]:
    return {key: tf.io.FixedLenFeature([], tf.string) for key in ("instrument_id", "recording_id")}


def _with_notes(example: dict[str, Any]) -> dict[str, Any]:
    rolls = {key: tf.reshape(example[key], [-1, _N_PITCHES]) for key in _NOTE_KEYS}
    number = tf.argmax(tf.cast(tf.constant(INSTRUMENTS) == example["instrument_id"], tf.int32), output_type=tf.int32)
    is_known = tf.reduce_any(tf.constant(INSTRUMENTS) == example["instrument_id"])
    return {
        **example,
        "note_active_frame_indices": rolls["note_active_frame_indices"],
        "note_active_velocities": rolls["note_active_velocities"],
        "instrument_id": tf.where(is_known, number, -1),
        "midi": tf.argmax(rolls["note_active_frame_indices"], axis=-1),
        "f0_hz": example["f0_hz"][..., tf.newaxis],
        "loudness_db": example["loudness_db"][..., tf.newaxis],
        "onsets": tf.cast(tf.reduce_sum(rolls["note_onsets"], axis=-1) > 0, tf.int64),
        "offsets": tf.cast(tf.reduce_sum(rolls["note_offsets"], axis=-1) > 0, tf.int64),
    }
