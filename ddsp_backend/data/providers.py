"""Data sets for training and evaluation: batches of named arrays, in an order that is known beforehand."""

# B = batch, F = control frames, N = samples

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PureWindowsPath
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from ddsp_backend.data.manifest import Manifest
from ddsp_backend.data.tfrecord_index import RecordIndex, index_records, manifest_beside
from ddsp_backend.distinct_names import distinct_names
from ddsp_backend.errors import DataError
from ddsp_backend.pitch.tracker import SAMPLE_RATE, frame_layout
from ddsp_backend.storage import any_path

_BUFFER_BYTES = 1 << 18
_RECORDS_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an example was cut out."""

    recording: str
    """Its file's name, without extension; with folders where another has the same."""
    second: float
    """Where it begins."""


class DataProvider:
    """Gives batches of {"audio": [B, N], "f0_hz": [B, F], "f0_confidence": [B, F], "loudness_db": [B, F], ...}."""

    def __init__(self, sample_rate: int, frame_rate: int) -> None:
        self._sample_rate, self._frame_rate = sample_rate, frame_rate

    @property
    def sample_rate(self) -> int:
        """Hz of `audio`."""
        return self._sample_rate

    @property
    def frame_rate(self) -> int:
        """Feature values a second."""
        return self._frame_rate

    @property
    def n_examples(self) -> int:
        """How many examples one pass through the data set has."""
        raise NotImplementedError

    @property
    def origins(self) -> tuple[Origin, ...]:
        """Of every example, in the unshuffled order; empty where nobody knows."""
        return ()

    def get_dataset(self, shuffle: bool = True, seed: int = 0) -> Any:
        """Every example once, as a `tf.data.Dataset` of dictionaries without a batch axis."""
        raise NotImplementedError

    def get_batch(
        self,
        batch_size: int,
        shuffle: bool = True,
        repeats: int = -1,
        drop_remainder: bool = True,
        seed: int = 0,
        first_batch: int = 0,
    ) -> Any:
        """A `tf.data.Dataset` of batches.

        Args:
          repeats: How often every example is seen; -1 is without end.
          seed: Decides the order when `shuffle` is set.
          first_batch: Batches to leave out at the start, to go on where a run stopped.
        """
        dataset = self.get_dataset(shuffle, seed).repeat(repeats)
        return dataset.batch(batch_size, drop_remainder).skip(first_batch).prefetch(tf.data.AUTOTUNE)

    def get_example(self, place: int) -> Any:
        """A batch of one: the example at a place of the unshuffled order."""
        return next(iter(self.get_batch(1, shuffle=False, repeats=1, drop_remainder=False, first_batch=place)))


class RecordProvider(DataProvider):
    """Reads TFRecord files of examples, each of the features that `features_dict` names.

    With `shuffle` the order is a function of seed and position alone: epoch e is the permutation that numpy's generator
    draws for [seed, e], and batches run on from one epoch into the next. So `first_batch=n` gives what would have come
    after n batches.
    """

    def __init__(self, file_pattern: str | Sequence[str] | None, sample_rate: int, frame_rate: int) -> None:
        """`file_pattern` is a path with * and ?, or several of them."""
        super().__init__(sample_rate, frame_rate)
        self._file_pattern = file_pattern

    @property
    def file_pattern(self) -> str | Sequence[str] | None:
        return self._file_pattern

    @property
    def features_dict(self) -> dict[str, Any]:
        """What an example holds, as `tf.io.parse_single_example` wants to know it."""
        raise NotImplementedError

    def restructure(self, example: dict[str, Any]) -> dict[str, Any]:
        """An example as it was parsed, as the models take it."""
        return example

    @property
    def n_examples(self) -> int:
        """How many examples the files hold. Raises DataError if there are none or they do not fit."""
        return len(self._index.offset_of_record)

    def get_dataset(self, shuffle: bool = True, seed: int = 0) -> Any:
        """Every example once. Raises DataError if there are none or they do not fit."""
        return self._read(self._order(shuffle, seed, 0, 1))

    def get_batch(
        self,
        batch_size: int,
        shuffle: bool = True,
        repeats: int = -1,
        drop_remainder: bool = True,
        seed: int = 0,
        first_batch: int = 0,
    ) -> Any:
        """See `DataProvider.get_batch`. Raises DataError if there are no examples or they do not fit."""
        if self.n_examples < batch_size and drop_remainder and repeats == 1:
            raise DataError(
                f"{self._file_pattern}: the data set has {self.n_examples} examples, less than a batch of {batch_size}",
                f"Choose a batch size of {self.n_examples} or less, or prepare more recordings.",
            )
        order = self._order(shuffle, seed, first_batch * batch_size, repeats)
        return self._read(order).batch(batch_size, drop_remainder).prefetch(tf.data.AUTOTUNE)

    def _order(self, shuffle: bool, seed: int, first: int, repeats: int) -> Any:
        """The numbers of the records, from position `first` of the endless order on."""
        n_examples = self.n_examples

        def indices() -> Iterator[npt.NDArray[np.int64]]:
            epoch, skip = divmod(first, n_examples)
            while repeats < 0 or epoch < repeats:
                ranks = np.arange(n_examples)
                if shuffle:
                    ranks = np.random.default_rng([seed, epoch]).permutation(n_examples)
                yield ranks[skip:]
                epoch, skip = epoch + 1, 0

        signature = tf.TensorSpec([None], tf.int64)
        return tf.data.Dataset.from_generator(indices, output_signature=signature).unbatch()

    def _read(self, order: Any) -> Any:
        index = self._index
        files, file_of_record, offset_of_record = (
            tf.constant(part) for part in (index.files, index.file_of_record, index.offset_of_record)
        )

        def record_of(number: Any) -> Any:
            variant = tf.raw_ops.TFRecordDatasetV2(
                filenames=files[file_of_record[number]][None],
                compression_type="",
                buffer_size=_BUFFER_BYTES,
                byte_offsets=offset_of_record[number][None],
            )
            return tf.data.experimental.from_variant(variant, tf.TensorSpec([], tf.string)).take(1)

        records = order.interleave(
            record_of, cycle_length=_RECORDS_AT_ONCE, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True
        )
        return records.map(self._parse, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)

    def _parse(self, record: Any) -> dict[str, Any]:
        return self.restructure(tf.io.parse_single_example(record, self.features_dict))

    @property
    def manifest(self) -> Manifest | None:
        """What the preparation says of the files; None where there is nothing that can be read."""
        try:
            return manifest_beside(self._found.files[0])
        except DataError:
            return None

    @property
    def origins(self) -> tuple[Origin, ...]:
        """See `DataProvider.origins`. Empty, too, where the manifest is of other files than these."""
        manifest = self.manifest
        if manifest is None:
            return ()
        paths = [source["path"] for source in manifest.sources]
        names = distinct_names([PureWindowsPath(path).stem for path in paths], paths)  # it takes both kinds of slash
        index, origins = self._index, []
        for number, file in enumerate(index.files):
            places = manifest.examples.get(any_path(file).name, [])
            if len(places) != np.count_nonzero(index.file_of_record == number):
                return ()
            origins += [Origin(names[source], second) for source, second in places]
        return tuple(origins)

    def get_places(self, places: Sequence[int]) -> Any:
        """The examples at such places of the unshuffled order, as `get_dataset` gives them."""
        return self._read(tf.data.Dataset.from_tensor_slices(tf.constant(places, tf.int64)))

    @cached_property
    def _found(self) -> RecordIndex:
        return index_records(self._file_pattern)

    @cached_property
    def _index(self) -> RecordIndex:
        self._check(self._found)
        return self._found

    def _check(self, index: RecordIndex) -> None:
        """Raises DataError where the examples are not of the lengths that the settings ask for."""
        for key, feature in self.features_dict.items():
            if key not in index.lengths:
                known = ", ".join(sorted(index.lengths)) or "nothing"
                raise DataError(
                    f"{index.files[0]}: the examples hold no '{key}', only {known}",
                    "Prepare the recordings with ddsp_prepare_tfrecord, or choose the provider that fits the files.",
                )
            found = index.lengths[key]
            if isinstance(feature, tf.io.FixedLenFeature) and feature.dtype == tf.float32:
                wanted = math.prod(feature.shape)
                if found != wanted:
                    raise DataError(*self._misfit(index, key, found, wanted))

    def _misfit(self, index: RecordIndex, key: str, found: int, wanted: int) -> tuple[str, str]:
        return (
            f"{index.files[0]}: the data set has {found} values of '{key}' in an example, the model wants {wanted}",
            f"Change the parameters of {type(self).__name__} to those that the data set was made with.",
        )


class TFRecordProvider(RecordProvider):
    """Reads TFRecord files as `ddsp_prepare_tfrecord`, or the reference, writes them."""

    def __init__(
        self,
        file_pattern: str | Sequence[str] | None = None,
        example_secs: float = 4,
        sample_rate: int = 16000,
        frame_rate: int = 250,
        centered: bool = False,
    ) -> None:
        """`file_pattern` is a path with * and ?, or several of them."""
        super().__init__(file_pattern, sample_rate, frame_rate)
        self._example_secs, self._centered = example_secs, centered
        self._audio_length = round(example_secs * sample_rate)
        self._audio_16k_length = round(example_secs * SAMPLE_RATE)
        padding = "center" if centered else "same"
        self._feature_length = frame_layout(self._audio_16k_length, frame_rate, padding)[2]

    @property
    def features_dict(self) -> dict[str, Any]:
        """`power_db` is read where the files have it; `audio_16k` where it is not the same as `audio`."""
        lengths = {"audio": self._audio_length}
        if self.sample_rate != SAMPLE_RATE and "audio_16k" in self._found.keys:
            lengths["audio_16k"] = self._audio_16k_length
        names = ["f0_hz", "f0_confidence", "loudness_db", *(["power_db"] if "power_db" in self._found.keys else [])]
        lengths |= dict.fromkeys(names, self._feature_length)
        return {key: tf.io.FixedLenFeature([length], tf.float32) for key, length in lengths.items()}

    def _check(self, index: RecordIndex) -> None:
        manifest = self.manifest
        if manifest is not None and not (manifest.settings["example_secs"] or manifest.settings["chunk_secs"]):
            raise DataError(
                f"{index.files[0]}: the data set holds whole recordings, each of its own length",
                "Prepare it again with one length for all: --example_secs, or --chunk_secs with --example_secs=0.",
            )
        super()._check(index)

    def restructure(self, example: dict[str, Any]) -> dict[str, Any]:
        return {**example, "audio_16k": example["audio"]} if self.sample_rate == SAMPLE_RATE else example

    def _misfit(self, index: RecordIndex, key: str, found: int, wanted: int) -> tuple[str, str]:
        title, _ = super()._misfit(index, key, found, wanted)
        model = _in_words(self._example_secs, self._sample_rate, self._frame_rate, self._centered)
        manifest = manifest_beside(index.files[0])
        if manifest is None:
            return title, f"The model is set to {model}. Prepare the recordings so, or choose a model that fits."
        seconds = manifest.settings["example_secs"] or manifest.settings["chunk_secs"]
        data = _in_words(seconds, *(manifest.settings[name] for name in ("sample_rate", "frame_rate", "center")))
        return title, (
            f"The data set was prepared with {data}; the model is set to {model}."
            " Prepare it again with the model's settings, or choose a model that fits."
        )


class LegacyTFRecordProvider(TFRecordProvider):
    """Reads TFRecord files of the reference's first version, without `audio_16k` and power."""

    @property
    def features_dict(self) -> dict[str, Any]:
        frames = dict.fromkeys(("f0_hz", "f0_confidence", "loudness_db"), self._feature_length)
        lengths = {"audio": self._audio_length, **frames}
        return {key: tf.io.FixedLenFeature([length], tf.float32) for key, length in lengths.items()}

    def restructure(self, example: dict[str, Any]) -> dict[str, Any]:
        return example


def _in_words(example_secs: float, sample_rate: int, frame_rate: int, centered: bool) -> str:
    where = "centred" if centered else "not centred"
    return f"{example_secs:g} s at {sample_rate} Hz and {frame_rate} frames a second, {where}"
