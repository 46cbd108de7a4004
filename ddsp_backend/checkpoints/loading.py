"""Brings a trained model back to life: from a run's folder, or from one checkpoint."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import tensorflow as tf

from ddsp_backend.checkpoints.choosing import best_first
from ddsp_backend.checkpoints.files import StoredCheckpoint
from ddsp_backend.checkpoints.magenta_names import is_magenta
from ddsp_backend.checkpoints.restoring import restore_weights
from ddsp_backend.config.operative import latest_operative_config
from ddsp_backend.config.parse import Config, parse
from ddsp_backend.errors import CheckpointError, ConfigError
from ddsp_backend.jobs.events import Noted
from ddsp_backend.models.autoencoder import Autoencoder
from ddsp_backend.models.encoders import OneHotEncoder
from ddsp_backend.models.preprocessing import OnlineF0PowerPreprocessor
from ddsp_backend.models.sample_rate import sample_rate_of
from ddsp_backend.storage import AnyPath

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


def load_model(
    path: AnyPath, checkpoint: str | None = None, allow_modules: Sequence[str] = ()
) -> tuple[Any, ModelInfo]:
    """The model of a run's folder, of a checkpoint's prefix, or of a folder that magenta/ddsp wrote.

    Args:
      path: Of a folder, its best checkpoint is taken, else the newest whole one.
      checkpoint: Name of one checkpoint of the folder, such as "ckpt-300".
      allow_modules: Modules of the user's own that the operative config may name.

    Raises:
      CheckpointError: there is no checkpoint, or none is whole, or it does not fit its operative config.
      ConfigError: the operative config cannot be used.
    """
    if checkpoint is not None:
        path = path / checkpoint
    if path.name.endswith(".index"):
        path = path.with_suffix("")
    candidates = best_first(path)
    operative_config = latest_operative_config(path)
    if operative_config is None:
        raise CheckpointError(
            f"There is no operative_config-<step>.gin beside {path}, so the kind of model is unknown",
            "Copy it there from the run's folder.",
        )
    config = parse(operative_config=operative_config, allow_modules=allow_modules)
    model = build_model(config)
    chosen, notes = restore_weights(model, candidates)
    return model, describe(model, chosen, [*(Noted(note) for note in config.notes), *notes])


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


def describe(model: Any, checkpoint: StoredCheckpoint, notes: list[Noted]) -> ModelInfo:
    """What there is to know of a restored model."""
    sample_rate = sample_rate_of(model) or _DEFAULT_SAMPLE_RATE
    preprocessor = model.preprocessor
    return ModelInfo(
        checkpoint=checkpoint,
        is_magenta=is_magenta(checkpoint.path),
        sample_rate=sample_rate,
        frame_rate=sample_rate // model.samples_per_frame,
        is_centered=isinstance(preprocessor, OnlineF0PowerPreprocessor) and preprocessor.padding == "center",
        notes=notes,
    )
