"""Everything a training run works with, built from its spec: config, data, model, trainer, and what was restored."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from ddsp_backend.arrays import Batch
from ddsp_backend.checkpoints.files import find_checkpoints
from ddsp_backend.checkpoints.resuming import restore
from ddsp_backend.checkpoints.starting_point import start_from
from ddsp_backend.checkpoints.values import AVERAGE
from ddsp_backend.checkpoints.writing import Checkpoints
from ddsp_backend.config.operative import latest_operative_config, write_operative_config
from ddsp_backend.config.parse import DEFAULTS, TPU_DEFAULTS, Config, parse
from ddsp_backend.config.settings import TrainConfig
from ddsp_backend.data.manifest import write_run_statistics
from ddsp_backend.errors import ConfigError
from ddsp_backend.jobs.claim import Claim
from ddsp_backend.jobs.events import Noted
from ddsp_backend.jobs.spec import TrainSpec
from ddsp_backend.models.sample_rate import require_same_rate
from ddsp_backend.reporting.phrases import Phrase, phrases_of_training
from ddsp_backend.storage import AnyPath, any_path
from ddsp_backend.training.course import Course
from ddsp_backend.training.goal import TrainingGoal, goal_of
from ddsp_backend.training.smoothing import Progress
from ddsp_backend.training.strategy import choose_strategy, distributed, require_even_shares
from ddsp_backend.training.trainer import Trainer
from ddsp_backend.training.training_errors import claim_run
from ddsp_backend.training.workers import Workers


@dataclass
class TrainingSession:
    """A run that can take its next step."""

    folder: AnyPath
    claim: Claim
    """The right to write to the folder. Release it when the session is over."""
    settings: TrainConfig
    operative_text: str
    trainer: Trainer
    progress: Progress
    checkpoints: Checkpoints
    notes: list[Noted]
    goal: TrainingGoal
    course: Course
    is_resumed: bool
    """Whether the folder holds the checkpoint of the step that it is at."""
    sample_rate: int
    """Sample rate of the audio in Hz; it must match the data set."""
    batches: Iterator[Batch]
    held_out_batches: list[Batch]
    phrases: list[Phrase]
    workers: Workers

    @property
    def model(self) -> Any:
        return self.trainer.model

    def ends_early_at(self, smoothed_loss: float) -> bool:
        """Whether the loss has fallen to where training may end. One lucky batch does not decide it."""
        if self.goal.loss is None or self.progress.train_loss.count < self.progress.train_loss.span:
            return False
        return smoothed_loss <= self.goal.loss


def open_session(spec: TrainSpec) -> TrainingSession:
    """Builds the model and restores what there is to restore. Writes nothing but the operative config, at the end.

    Raises:
      ConfigError, DataError, CheckpointError.
      WorkerLostError: another process has ended meanwhile.
    """
    strategy, notes = choose_strategy(spec.tpu, spec.cluster_config)  # before any other use of TensorFlow
    workers = Workers(strategy)
    folder = any_path(spec.save_dir)
    claim = claim_run(workers.folder(folder))
    with ExitStack() as unless_opened:
        unless_opened.callback(claim.give_up)
        with workers.told_of_losses():
            session = _open(spec, folder, strategy, workers, notes, claim)
        unless_opened.pop_all()
    return session


def _open(
    spec: TrainSpec, folder: AnyPath, strategy: Any, workers: Workers, notes: list[Noted], claim: Claim
) -> TrainingSession:
    source, more_notes = _source(spec, folder)
    notes += more_notes
    operative_config = latest_operative_config(source) if find_checkpoints(source) else None
    config = _parsed(spec, spec.gin_params, operative_config)
    settings = config.train()
    if settings.seed is None:
        # Bound, so that the operative config holds it and a resumed run draws the same examples and noise.
        params = (*spec.gin_params, f"train.seed = {spec.seed}")
        config = _parsed(spec, params, operative_config)
        settings = config.train()
    provider = settings.data_provider
    if provider is None:
        raise ConfigError(
            "train.data_provider is not bound, so there is nothing to learn from",
            "Add --gin_file=datasets/tfrecord.gin and "
            "--gin_param=\"TFRecordProvider.file_pattern='/path/to/data.tfrecord*'\".",
        )
    require_even_shares(strategy, settings.batch_size)
    seed = settings.seed or 0
    tf.random.set_seed(seed)  # some processors make their variables at once
    with strategy.scope():
        model = config.model()
    require_same_rate(model, provider)
    trainer_config = config.trainer()
    trainer = Trainer(model, strategy, trainer_config, seed)
    trainer.build(provider.get_example(0))
    progress, course = Progress(), Course()
    own = source == folder
    kept: dict[str, tf.Module] = {"progress": progress, "course": course, **trainer.kept}
    restored = restore(
        source,
        model,
        trainer.optimizer,
        others=kept if own else None,
        keys=None if own else trainer_config.restore_keys,
    )
    if not own and restored.checkpoint is None:
        raise ConfigError(f"There is no checkpoint in restore_dir={str(source)!r}", "Choose the folder of a run.")
    if restored.checkpoint is None and settings.start_from is not None:
        restored.notes += start_from(settings.start_from, model)
    if trainer.average is not None and AVERAGE not in restored.others:
        trainer.average.begin_again()  # a run of elsewhere, or one that kept no average
    workers.take_from_chief(model, trainer.optimizer, *kept.values())
    step = trainer.step
    operative_text = config.operative_text()
    folder = claim.folder
    folder.mkdir(parents=True, exist_ok=True)
    checkpoints = Checkpoints(
        folder,
        trainer_config.checkpoints_to_keep,
        model=model,
        optimizer=trainer.optimizer,
        **kept,
    )
    checkpoints.remove_leftovers()
    write_operative_config(folder, step, operative_text)
    manifest = getattr(provider, "manifest", None)  # providers of other kinds have none
    if manifest is not None:
        write_run_statistics(folder, manifest)
    first_batch = step + trainer.recoveries.steps_undone
    dataset = provider.get_batch(settings.batch_size, shuffle=True, repeats=-1, seed=seed, first_batch=first_batch)
    return TrainingSession(
        folder=folder,
        claim=claim,
        settings=settings,
        operative_text=operative_text,
        trainer=trainer,
        progress=progress,
        checkpoints=checkpoints,
        notes=[*notes, *(Noted(note) for note in config.notes), *restored.notes],
        goal=goal_of(spec, settings),
        course=course,
        is_resumed=own and restored.checkpoint is not None,
        sample_rate=provider.sample_rate,
        batches=distributed(strategy, dataset, settings.batch_size),
        held_out_batches=(
            list(_in_order(settings.held_out_provider, settings.batch_size).take(settings.held_out_batches))
            if settings.held_out_provider and workers.is_chief
            else []
        ),
        phrases=phrases_of_training(settings) if workers.is_chief else [],
        workers=workers,
    )


def _source(spec: TrainSpec, folder: AnyPath) -> tuple[AnyPath, list[Noted]]:
    """Where to restore from. A run that has checkpoints of its own goes on with them."""
    wanted = any_path(spec.restore_dir) if spec.restore_dir else folder
    own = find_checkpoints(folder)
    if wanted == folder or not own:
        return wanted, []
    note = Noted(
        f"Training goes on at step {own[0].step} of {folder}",
        f"The checkpoint in {wanted} is where this run once began. Choose another save_dir to begin there again.",
    )
    return folder, [note]


def _parsed(spec: TrainSpec, params: Sequence[str], operative_config: AnyPath | None) -> Config:
    """A run that goes on keeps what it began with, wherever it began: the defaults are read first of all."""
    defaults = TPU_DEFAULTS if spec.tpu else DEFAULTS
    return parse(
        spec.gin_files,
        params,
        spec.gin_search_paths,
        defaults=defaults,
        operative_config=operative_config,
        allow_modules=spec.allow_modules,
    )


def _in_order(provider: Any, batch_size: int) -> Any:
    return provider.get_batch(batch_size, shuffle=False, repeats=1, drop_remainder=False)
