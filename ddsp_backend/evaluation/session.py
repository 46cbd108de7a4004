"""Everything an evaluation or a resynthesis works with: the run's config, its data, and the model, which plays batches.

B = batch, N = samples.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from ddsp_backend.arrays import Batch
from ddsp_backend.checkpoints.choosing import best_first, newer_than
from ddsp_backend.checkpoints.files import StoredCheckpoint
from ddsp_backend.checkpoints.restoring import restore_weights
from ddsp_backend.config.operative import latest_operative_config
from ddsp_backend.config.parse import Config, parse
from ddsp_backend.config.settings import EvaluateConfig, SampleConfig
from ddsp_backend.errors import ConfigError, DataError, DdspError
from ddsp_backend.evaluation.evaluator_table import make_evaluators
from ddsp_backend.evaluation.evaluators import Evaluator
from ddsp_backend.evaluation.outputs import Outputs
from ddsp_backend.jobs.events import Noted
from ddsp_backend.jobs.spec import EvaluateSpec, SampleSpec
from ddsp_backend.models.sample_rate import require_same_rate
from ddsp_backend.reporting.clips import recorded
from ddsp_backend.storage import AnyPath, any_path


@dataclass
class EvaluationSession:
    """A model on the examples that it is judged by."""

    source: AnyPath
    """Where the checkpoints lie: a folder, or one checkpoint's prefix."""
    folder: AnyPath
    """Where the results go."""
    name: str
    """As in gin: "evaluate" or "sample"."""
    settings: EvaluateConfig | SampleConfig
    model: Any
    n_examples: int
    """How many examples are measured or played."""
    notes: tuple[Noted, ...] = ()
    """What was changed in an old config."""
    _checkpoint: StoredCheckpoint | None = None
    _loss_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self._function = tf.function(self._play, autograph=False)

    @property
    def checkpoint(self) -> StoredCheckpoint:
        """The one that the model's weights are of."""
        assert self._checkpoint is not None, "restore comes first"
        return self._checkpoint

    @property
    def step(self) -> int:
        return self.checkpoint.step

    @property
    def provider(self) -> Any:
        return self.settings.data_provider

    @property
    def n_batches(self) -> int:
        """The last one may be smaller."""
        return -(-self.n_examples // self.settings.batch_size)

    def evaluators(self) -> list[Evaluator]:
        """Fresh ones, for one checkpoint."""
        return make_evaluators(self.settings.evaluator_classes, self.provider.sample_rate, self.provider.frame_rate)

    def restore(self) -> list[Noted]:
        """Takes the weights of the newest whole checkpoint that is newer than the last one.

        Raises:
          CheckpointError: there is none, or it is of another model.
        """
        self._checkpoint, notes = restore_weights(self.model, newer_than(self.source, self._checkpoint))
        return notes

    def batches(self) -> Iterator[Batch]:
        """In the order of the files, so that every checkpoint is measured on the same ones. Raises DataError."""
        passes = -(-self.n_examples // self.provider.n_examples)
        dataset = self.provider.get_batch(self.settings.batch_size, shuffle=False, repeats=passes, drop_remainder=False)
        batches = itertools.islice(iter(dataset), self.n_batches)
        while True:
            try:
                yield self.heard(next(batches))
            except StopIteration:
                return
            except tf.errors.OpError as error:
                raise DataError(
                    f"An example of the data set cannot be read: {str(error).splitlines()[0]}",
                    "Prepare the data set again.",
                ) from error

    def heard(self, batch: Batch) -> Batch:
        """Of zipped data sets the recordings; notes that nobody played, with what they sound like, and how sure their
        pitch is."""
        batch = recorded(batch)
        if "audio" in batch or not hasattr(self.model, "generate_synthetic_audio"):
            return batch
        confidence = tf.cast(batch["f0_hz"] > 0, tf.float32)
        return {**batch, "audio": self.model.generate_synthetic_audio(batch), "f0_confidence": confidence}

    def play(self, batch: Batch, draw: int) -> tuple[Outputs, dict[str, float]]:
        """(outputs with `audio_gen` [B, N], losses) of a batch. `draw` chooses the noise: take the batch's number."""
        try:
            outputs, losses = self._function(batch, tf.constant([0, draw], tf.int32))
        except tf.errors.ResourceExhaustedError as error:
            n = self.settings.batch_size
            raise DdspError(
                f"There is not enough memory for a batch of {n} examples",
                f'Try --gin_param="{self.name}.batch_size={max(1, n // 2)}".',
            ) from error
        return outputs, dict(zip(self._loss_names, losses.numpy().tolist(), strict=True))

    def _play(self, batch: Batch, noise_seed: tf.Tensor) -> tuple[Outputs, tf.Tensor]:
        features = {**batch, "noise_seed": noise_seed}
        outputs = self.model(features, training=False)
        losses = self.model.losses(features, outputs)
        self._loss_names = tuple(losses)
        return {**outputs, "audio_gen": self.model.get_audio_from_outputs(outputs)}, tf.stack(list(losses.values()))


def source_of(spec: EvaluateSpec | SampleSpec) -> AnyPath:
    """Where the checkpoints of a job lie."""
    return any_path(spec.restore_dir or spec.save_dir)


def open_session(spec: EvaluateSpec | SampleSpec) -> EvaluationSession:
    """Builds the model, which is not restored yet.

    Raises:
      ConfigError, DataError, CheckpointError.
    """
    source = source_of(spec)
    best_first(source)  # before the config, without which there would be much to complain about
    config = _config(spec, source)
    evaluates = isinstance(spec, EvaluateSpec)
    settings = config.evaluate() if evaluates else config.sample()
    name = "evaluate" if evaluates else "sample"
    if settings.data_provider is None:
        raise ConfigError(
            f"{name}.data_provider is not bound, so there is nothing to {'measure' if evaluates else 'play'}",
            "Add --gin_file=datasets/tfrecord.gin and "
            "--gin_param=\"TFRecordProvider.file_pattern='/path/to/data.tfrecord*'\".",
        )
    model = config.model()
    require_same_rate(model, settings.data_provider)
    model.build(settings.data_provider.get_example(0))
    folder = any_path(spec.save_dir)
    notes = tuple(Noted(note) for note in config.notes)
    return EvaluationSession(source, folder, name, settings, model, _n_examples(settings), notes)


def _config(spec: EvaluateSpec | SampleSpec, source: AnyPath) -> Config:
    return parse(
        spec.gin_files,
        spec.gin_params,
        spec.gin_search_paths,
        operative_config=latest_operative_config(source),
        allow_modules=spec.allow_modules,
    )


def _n_examples(settings: EvaluateConfig | SampleConfig) -> int:
    """Reads through the data set, and raises DataError where something is wrong with it."""
    passes = max(1, settings.repeats) if isinstance(settings, EvaluateConfig) else 1
    there_are: int = passes * settings.data_provider.n_examples
    return min(there_are, settings.num_batches * settings.batch_size) if settings.num_batches >= 1 else there_are
