"""Several data sets as one."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from ddsp_backend.data.providers import DataProvider
from ddsp_backend.errors import ConfigError

_CHOICES_AT_ONCE = 1024


class _MultiProvider(DataProvider):
    def __init__(self, data_providers: Sequence[Any], batch_size_ratios: Sequence[float] = ()) -> None:
        name = type(self).__name__
        if not data_providers:
            raise ConfigError(f"{name}.data_providers is empty", "Name at least one provider.")
        for what in ("sample_rate", "frame_rate"):
            rates = [getattr(provider, what) for provider in data_providers]
            if len(set(rates)) > 1:
                raise ConfigError(
                    f"{name}: the data sets differ in {what}: {', '.join(map(str, rates))}",
                    "Prepare all of them with the same settings.",
                )
        if batch_size_ratios and len(batch_size_ratios) != len(data_providers):
            raise ConfigError(
                f"{name} has {len(data_providers)} data_providers but {len(batch_size_ratios)} batch_size_ratios",
                "Give one ratio for each provider, or none.",
            )
        if any(ratio <= 0 for ratio in batch_size_ratios):
            raise ConfigError(f"{name}.batch_size_ratios={list(batch_size_ratios)}", "Every ratio must be above 0.")
        super().__init__(data_providers[0].sample_rate, data_providers[0].frame_rate)
        self._providers, self._ratios = list(data_providers), list(batch_size_ratios)


class ZippedProvider(_MultiProvider):
    """A batch is a tuple, one batch of each data set: of its share of the batch size, or of all without ratios."""

    @property
    def n_examples(self) -> int:
        return min(int(provider.n_examples) for provider in self._providers)

    def get_dataset(self, shuffle: bool = True, seed: int = 0) -> Any:
        return tf.data.Dataset.zip(tuple(provider.get_dataset(shuffle, seed) for provider in self._providers))

    def get_batch(
        self,
        batch_size: int,
        shuffle: bool = True,
        repeats: int = -1,
        drop_remainder: bool = False,
        seed: int = 0,
        first_batch: int = 0,
    ) -> Any:
        """See `DataProvider.get_batch`. With `repeats` above 0 it ends with the shortest data set."""
        shares = [ratio / sum(self._ratios) for ratio in self._ratios] or [1.0] * len(self._providers)
        sizes = [int(batch_size * share) for share in shares]
        if 0 in sizes:
            raise ConfigError(
                f"A batch of {batch_size} shared out as {self._ratios} leaves nothing for one data set",
                "Choose a larger batch_size, or batch_size_ratios that are nearer to each other.",
            )
        batches = tuple(
            provider.get_batch(size, shuffle, repeats, drop_remainder, seed, first_batch)
            for size, provider in zip(sizes, self._providers, strict=True)
        )
        return tf.data.Dataset.zip(batches)

    def get_example(self, place: int) -> Any:
        """A batch of one of each data set, whatever their shares are."""
        return tuple(provider.get_example(place) for provider in self._providers)


class MixedProvider(_MultiProvider):
    """Every example of a batch is drawn from one of the data sets, by chance, as often as its ratio says.

    Which one is a function of the seed and of the position, as the order within each data set is.
    """

    @property
    def n_examples(self) -> int:
        return sum(int(provider.n_examples) for provider in self._providers)

    def get_dataset(self, shuffle: bool = True, seed: int = 0) -> Any:
        return self._mixed(shuffle, 1, seed, 0)

    def get_batch(
        self,
        batch_size: int,
        shuffle: bool = True,
        repeats: int = -1,
        drop_remainder: bool = True,
        seed: int = 0,
        first_batch: int = 0,
    ) -> Any:
        """See `DataProvider.get_batch`. With `repeats` above 0 it ends when every data set has."""
        mixed = self._mixed(shuffle, repeats, seed, first_batch * batch_size)
        return mixed.batch(batch_size, drop_remainder).prefetch(tf.data.AUTOTUNE)

    def _mixed(self, shuffle: bool, repeats: int, seed: int, first: int) -> Any:
        drawn = np.zeros(len(self._providers), np.int64)
        for block in range(first // _CHOICES_AT_ONCE):
            drawn += np.bincount(self._choices(seed, block), minlength=len(drawn))
        begun = self._choices(seed, first // _CHOICES_AT_ONCE)[: first % _CHOICES_AT_ONCE]
        drawn += np.bincount(begun, minlength=len(drawn))
        datasets = [
            provider.get_batch(1, shuffle, repeats, False, seed, int(n_drawn)).unbatch()
            for provider, n_drawn in zip(self._providers, drawn, strict=True)
        ]

        def choices() -> Iterator[npt.NDArray[np.int64]]:
            block, skip = divmod(first, _CHOICES_AT_ONCE)
            while True:
                yield self._choices(seed, block)[skip:]
                block, skip = block + 1, 0

        signature = tf.TensorSpec([None], tf.int64)
        order = tf.data.Dataset.from_generator(choices, output_signature=signature).unbatch()
        return tf.data.Dataset.choose_from_datasets(datasets, order, stop_on_empty_dataset=False)

    def _choices(self, seed: int, block: int) -> npt.NDArray[np.int64]:
        ratios = np.array(self._ratios or [1.0] * len(self._providers))
        generator = np.random.default_rng([seed, block])
        return generator.choice(len(ratios), _CHOICES_AT_ONCE, p=ratios / ratios.sum()).astype(np.int64)
