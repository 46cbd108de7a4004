"""The job that plays a training's fixed clips with one of the checkpoints that it has kept."""

import functools
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from ddsp_backend.checkpoints.choosing import of_step
from ddsp_backend.checkpoints.restoring import restore_weights
from ddsp_backend.config.operative import latest_operative_config
from ddsp_backend.config.parse import parse
from ddsp_backend.errors import ConfigError
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import Event, Noted, Progressed
from ddsp_backend.jobs.interruptible import Interruptible
from ddsp_backend.jobs.kinds import Unit
from ddsp_backend.jobs.progress import Pace
from ddsp_backend.jobs.spec import PlayCheckpointSpec
from ddsp_backend.models.sample_rate import require_same_rate
from ddsp_backend.reporting.clips import ClipRenderer, write_fixed_clip
from ddsp_backend.reporting.phrases import Phrase, phrases_of_training
from ddsp_backend.storage import AnyPath, any_path


@dataclass(frozen=True)
class _Session:
    model: Any
    phrases: list[Phrase]
    sample_rate: int
    """Hz."""
    notes: list[Noted]


def play(spec: PlayCheckpointSpec, cancel: CancelToken) -> Generator[Event, None, dict[str, str]]:
    """Writes audio and spectrograms where the training writes those of the checkpoints that it plays by itself.

    Raises:
      CheckpointError: the checkpoint is not kept any more, is damaged, or of another model.
      ConfigError, DataError: the training's config or data set cannot be used any more.
      Cancelled: between two clips, which stay.
    """
    folder = any_path(spec.save_dir)
    with Interruptible(cancel) as watch:
        yield Progressed("Loading the model", 0, 1, Unit.MODELS)
        session = yield from watch.run(lambda: _open(spec, folder))
        yield Progressed("Loading the model", 1, 1, Unit.MODELS)
        yield from session.notes
        player = ClipRenderer(session.model)
        pace = Pace("Playing the phrases", len(session.phrases), Unit.CLIPS)
        for number, phrase in enumerate(session.phrases, start=1):
            yield from watch.raise_if_stopped()
            (played,) = yield from watch.run(functools.partial(player.play, phrase.batch))
            yield write_fixed_clip(folder, spec.step, number, played, session.sample_rate, phrase.title)
            yield from pace.advance(1)
    return {"save_dir": spec.save_dir, "step": str(spec.step)}


def _open(spec: PlayCheckpointSpec, folder: AnyPath) -> _Session:
    wanted = of_step(folder, spec.step)
    config = parse(
        spec.gin_files, spec.gin_params, spec.gin_search_paths, operative_config=latest_operative_config(folder)
    )
    settings = config.train()
    provider = settings.data_provider
    if provider is None:
        raise ConfigError(
            f"{folder} does not record what it was trained on, so there is nothing to play",
            "Give the data set: --gin_param=\"TFRecordProvider.file_pattern='/path/to/data.tfrecord*'\".",
        )
    model = config.model()
    require_same_rate(model, provider)
    model.build(provider.get_example(0))
    _, notes = restore_weights(model, wanted)
    notes = [*(Noted(note) for note in config.notes), *notes]
    return _Session(model, phrases_of_training(settings), provider.sample_rate, notes)
