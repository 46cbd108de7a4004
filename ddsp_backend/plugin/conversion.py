"""From a trained model to the bytes of the file that the plug-in loads."""

import hashlib
import io
import json
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from ddsp_backend.checkpoints.values import named_variables
from ddsp_backend.errors import OWN_FAULT, ConfigError
from ddsp_backend.inference.model_player import ModelPlayer
from ddsp_backend.inference.plugin_contract import INPUT_NAMES, METADATA_NAME, OUTPUT_NAMES, SIGNATURE
from ddsp_backend.inference.plugin_playable import require_playable
from ddsp_backend.inference.saved_model import write_saved_model
from ddsp_backend.inference.streaming import VSTStatelessPredictControls
from ddsp_backend.plugin.model_file import with_names

_DIGITS = 32


def convert(player: ModelPlayer) -> bytes:
    """The model's decoder as a TensorFlow Lite model with the plug-in's names.

    Built-in operators only, as the plug-in has no others, and weights as they were trained: operators of shortened
    weights are too new for it.

    Raises ConfigError: the plug-in cannot play such a model, or it cannot be converted.
    """
    require_playable(player)
    _require_numbers(player)
    with tempfile.TemporaryDirectory(prefix="plugin-") as name:
        folder = Path(name)
        write_saved_model(VSTStatelessPredictControls(player), folder)
        converter = tf.lite.TFLiteConverter.from_saved_model(str(folder), signature_keys=[SIGNATURE])
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
        converted: bytes = converter.convert()
    try:
        return with_names(converted, SIGNATURE, {**INPUT_NAMES, **OUTPUT_NAMES})
    except ValueError as error:
        raise ConfigError(f"The converted model is not as the plug-in wants it: {error}", OWN_FAULT) from error


def _require_numbers(player: ModelPlayer) -> None:
    """The runtime makes numbers even of weights that are none, so playing it for trial would not show them."""
    for name, variable in named_variables(player.model.decoder).items():
        if not np.all(np.isfinite(variable.numpy())):
            raise ConfigError(
                f"This model cannot be played: its training went astray, and a weight in {name} is not a number",
                "Train it again from an earlier step, or with a smaller learning rate.",
            )


def identity(player: ModelPlayer) -> str:
    """What the plug-in knows a model by in a saved session: the same whenever the same weights are exported."""
    digest = hashlib.sha256()
    for name, variable in sorted(named_variables(player.model.decoder).items()):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(variable.numpy(), "<f4").tobytes())
    return f"weights-{digest.hexdigest()[:_DIGITS]}"


def with_metadata(model: bytes, fields: Mapping[str, Any]) -> bytes:
    """The model with `metadata.json` as an archive behind it, where the plug-in looks for it."""
    file = io.BytesIO(model)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(zipfile.ZipInfo(METADATA_NAME), metadata_text(fields))  # without a date: the same every time
    return file.getvalue()


def metadata_text(fields: Mapping[str, Any]) -> str:
    return json.dumps(fields, indent=1, allow_nan=False) + "\n"
