"""NSynth (Engel et al., ICML 2017) as TensorFlow Datasets prepares it."""

from functools import cached_property
from typing import Any

import tensorflow as tf

from ddsp_backend.data.providers import DataProvider
from ddsp_backend.errors import ConfigError, DataError

_BUFFER_EXAMPLES = 1024  # of 4 s: 260 MB
_PREPARE = "Prepare it with TensorFlow Datasets (`tfds build`) and bind NSynthTfds.data_dir to the folder it lies in."


class NSynthTfds(DataProvider):
    """Single notes of many instruments, four seconds each.

    Gives `audio` [64000], `f0_hz`, `f0_confidence`, `loudness_db` [1000] and, if asked for, the note's labels `pitch`,
    `instrument_source`, `instrument_family` and `instrument`.
    """

    def __init__(
        self,
        name: str = "nsynth/gansynth_subset.f0_and_loudness:2.3.0",
        split: str = "train",
        data_dir: str = "gs://tfds-data/datasets",
        sample_rate: int = 16000,
        frame_rate: int = 250,
        include_note_labels: bool = True,
    ) -> None:
        """Reads what was prepared in `data_dir`, a folder or a gs:// address. Nothing is downloaded.

        Args:
          name: TFDS' name of the data set, with configuration and version.
          split: Which part of it to read: "train", "valid", "test", or a part of one such as "train[:10%]".
        """
        super().__init__(sample_rate, frame_rate)
        self._name, self._split, self._data_dir = name, split, data_dir
        self._include_note_labels = include_note_labels

    @property
    def n_examples(self) -> int:
        return int(self._builder.info.splits[self._split].num_examples)

    def get_dataset(self, shuffle: bool = True, seed: int = 0) -> Any:
        """Every example once; shuffled, in an order that the seed decides."""
        import tensorflow_datasets as tfds

        options = tf.data.Options()
        options.deterministic = True
        read_config = tfds.ReadConfig(shuffle_seed=seed, options=options)
        dataset = self._builder.as_dataset(split=self._split, shuffle_files=shuffle, read_config=read_config)
        if shuffle:
            dataset = dataset.shuffle(_BUFFER_EXAMPLES, seed=seed)
        return dataset.map(self._restructured, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)

    def _restructured(self, example: dict[str, Any]) -> dict[str, Any]:
        features = {
            "audio": example["audio"],
            "f0_hz": example["f0"]["hz"],
            "f0_confidence": example["f0"]["confidence"],
            "loudness_db": example["loudness"]["db"],
        }
        if self._include_note_labels:
            features |= {
                "pitch": example["pitch"],
                "instrument_source": example["instrument"]["source"],
                "instrument_family": example["instrument"]["family"],
                "instrument": example["instrument"]["label"],
            }
        return features

    @cached_property
    def _builder(self) -> Any:
        try:
            import tensorflow_datasets as tfds
        except ModuleNotFoundError as error:
            raise ConfigError(
                "NSynthTfds needs the package tensorflow_datasets, which is not installed",
                'Install it with: pip install "timbre-studio[nsynth]"',
            ) from error
        try:
            builder = tfds.builder(self._name, data_dir=self._data_dir)
            found = sorted(builder.info.splits)
        except (tfds.core.registered.DatasetNotFoundError, ValueError, OSError, tf.errors.OpError) as error:
            raise DataError(f"{self._data_dir}: {self._name} cannot be read there: {error}", _PREPARE) from error
        if not found:
            raise DataError(f"{self._data_dir}: {self._name} was not prepared there", _PREPARE)
        if self._split.partition("[")[0] not in found:
            raise DataError(
                f"{self._data_dir}: {self._name} has no part {self._split!r}", f"Choose one of {', '.join(found)}."
            )
        return builder
