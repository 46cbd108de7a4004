"""Finds a trained model on disk and brings it back to life."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import tensorflow as tf

from ddsp_backend.config.operative import latest_operative_config
from ddsp_backend.config.parse import Config, parse
from ddsp_backend.dsp.synths import Harmonic
from ddsp_backend.errors import CheckpointError, ConfigError, DataError
from ddsp_backend.inference.stored_values import (
    StoredCheckpoint,
    Values,
    assign,
    find_checkpoints,
    named_variables,
    read_best,
    read_values,
    readable,
    require_fit,
)
from ddsp_backend.jobs.events import Noted
from ddsp_backend.models import magenta_checkpoints
from ddsp_backend.models.autoencoder import Autoencoder
from ddsp_backend.models.encoders import OneHotEncoder
from ddsp_backend.models.preprocessing import OnlineF0PowerPreprocessor
from ddsp_backend.storage import AnyPath, any_path

MODEL = "model/"
_DEFAULT_SAMPLE_RATE = 16000
_HEARD_SAMPLES = 2048  # enough for an encoder to see its input


@dataclass(frozen=True)
class ModelInfo:
    """Where a loaded model comes from, and on which grid it plays."""

    checkpoint: StoredCheckpoint
    is_magenta: bool
    """Whether magenta/ddsp trained it."""
    sample_rate: int
    """Hz."""
    frame_rate: int
    """Pitch and loudness values per second; a higher rate follows fast changes better but trains slower."""
    is_centered: bool
    """Frames are centred on their time stamps, which adds one."""
    notes: list[Noted] = field(default_factory=list)
    """What the user should know: what was changed in an old config, a damaged checkpoint that was passed over."""


def load_model(path: str | AnyPath, checkpoint: str | None = None) -> tuple[Any, ModelInfo]:
    """The model of a run's folder, of a checkpoint's prefix, or of a folder that magenta/ddsp wrote.

    Args:
      path: Of a folder, its best checkpoint is taken, else the newest whole one.
      checkpoint: Name of one checkpoint of the folder, such as "ckpt-300".

    Raises:
      CheckpointError: there is no checkpoint, or none is whole, or it does not fit its operative config.
      ConfigError: the operative config cannot be used.
    """
    path = any_path(path)
    if checkpoint is not None:
        path = path / checkpoint
    if path.name.endswith(".index"):
        path = path.with_suffix("")
    candidates = choose_checkpoints(path)
    operative_config = latest_operative_config(path)
    if operative_config is None:
        raise CheckpointError(
            f"There is no operative_config-<step>.gin beside {path}, so the kind of model is unknown",
            "Copy it there from the run's folder.",
        )
    config = parse(operative_config=operative_config)
    model = build_model(config)
    chosen, notes = restore_weights(model, candidates)
    return model, describe(model, chosen, [*(Noted(note) for note in config.notes), *notes])


def choose_checkpoints(path: AnyPath) -> list[StoredCheckpoint]:
    """The checkpoints to try, in order: the best one of a folder, then the newest. Raises CheckpointError for none."""
    found = find_checkpoints(path)
    if not found:
        raise CheckpointError(
            f"There is no checkpoint in {path}" if path.is_dir() else f"There is no checkpoint {path}",
            "Choose the folder of a run that has been trained, or the path of one ckpt-<step> without its ending.",
        )
    best = read_best(path)
    return sorted(found, key=lambda checkpoint: (best is None or checkpoint.step != best.step, -checkpoint.step))


def build_model(config: Config) -> Any:
    """The config's model with all its variables, not yet trained.

    Raises:
      ConfigError: it needs to know more than recordings say.
    """
    model = config.model()
    hint = "Hear it play its data set: ddsp_run --mode=sample."
    if not isinstance(model, Autoencoder):
        raise ConfigError(f"A {type(model).__name__} does not play from pitch and loudness alone", hint)
    if isinstance(model.encoder, OneHotEncoder):
        raise ConfigError("A model with OneHotEncoder plays by the numbers of its data set's instruments", hint)
    two_frames = tf.fill([1, 2], -30.0)
    levels = {"loudness_db": two_frames, "power_db": two_frames}
    features = model.preprocess({"f0_hz": tf.fill([1, 2], 440.0), **levels})
    model.build_networks({**features, "audio": tf.zeros([1, _HEARD_SAMPLES])})
    return model


def restore_weights(model: Any, candidates: Sequence[StoredCheckpoint]) -> tuple[StoredCheckpoint, list[Noted]]:
    """Gives a built model the weights of the first whole candidate. Raises CheckpointError where there is none."""
    notes: list[Noted] = []
    for checkpoint in candidates:
        try:
            values = read_values(checkpoint.prefix)
        except CheckpointError as error:
            notes.append(Noted(error.title, "It is skipped; another checkpoint in its folder is used."))
            continue
        weights = {name: value for name, value in values.items() if name.startswith(MODEL)}
        variables = weights_by_name(model, checkpoint.prefix)
        require_fit(variables, weights, str(checkpoint.folder))
        assign(variables, weights)
        return checkpoint, notes
    raise CheckpointError(
        f"No checkpoint of {candidates[0].folder} is whole. {notes[0].title}", "Restore a copy of it."
    )


def weights_by_name(model: Any, prefix: str) -> Values:
    """The model's variables by the names that a whole checkpoint has for them, ours or magenta/ddsp's."""
    named = magenta_checkpoints.variable_names(model) if is_magenta(prefix) else named_variables(model).items()
    return {MODEL + name: variable for name, variable in named}


def is_magenta(prefix: str) -> bool:
    """Whether magenta/ddsp wrote the checkpoint. Raises CheckpointError where it is damaged."""
    with readable(prefix) as path:
        return magenta_checkpoints.is_magenta_checkpoint(path)


def describe(model: Any, checkpoint: StoredCheckpoint, notes: list[Noted]) -> ModelInfo:
    """What there is to know of a restored model."""
    sample_rate = _sample_rate(model) or _DEFAULT_SAMPLE_RATE
    preprocessor = model.preprocessor
    return ModelInfo(
        checkpoint=checkpoint,
        is_magenta=is_magenta(checkpoint.prefix),
        sample_rate=sample_rate,
        frame_rate=sample_rate // model.samples_per_frame,
        is_centered=isinstance(preprocessor, OnlineF0PowerPreprocessor) and preprocessor.padding == "center",
        notes=notes,
    )


def require_same_rate(model: Any, provider: Any) -> None:
    """Raises DataError where a model would play the examples of a data provider at another pitch and speed."""
    sample_rate = _sample_rate(model)
    if sample_rate not in (None, provider.sample_rate):
        raise DataError(
            f"The data set has {provider.sample_rate} Hz, and the model plays at {sample_rate} Hz",
            "Prepare the recordings at the model's rate, or choose a model with their rate.",
        )


def _sample_rate(model: Any) -> int | None:
    """Hz; None for a model without harmonics."""
    return next((part.sample_rate for part in model.processor_group.processors if isinstance(part, Harmonic)), None)
