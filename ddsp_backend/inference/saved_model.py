"""Writes a trained model as a SavedModel, which TensorFlow plays without this program."""

from collections.abc import Callable, Generator
from typing import Any

import numpy as np
import soxr
import tensorflow as tf

from ddsp_backend.audio.files import write_wav
from ddsp_backend.errors import Cause, CheckpointError, ConfigError
from ddsp_backend.files import put, staged
from ddsp_backend.inference.autoencoder_inference import AutoencoderInference
from ddsp_backend.inference.model_player import ModelPlayer
from ddsp_backend.inference.streaming import VSTExtractFeatures, VSTPredictControls, VSTStatelessPredictControls
from ddsp_backend.inference.streaming_synthesis import VSTSynthesize, VSTSynthesizeHarmonic, VSTSynthesizeNoise
from ddsp_backend.jobs.events import ArtifactWritten, Event, Progressed
from ddsp_backend.jobs.interruptible import Interruptible
from ddsp_backend.jobs.kinds import Unit
from ddsp_backend.jobs.spec import ExportSpec
from ddsp_backend.storage import AnyPath

MARK = "saved_model.pb"  # TensorFlow takes a folder that holds this file for a SavedModel

_MAKERS: dict[str, Callable[[ModelPlayer, ExportSpec], Any]] = {
    "autoencoder": lambda player, spec: AutoencoderInference(player, spec.length_seconds, spec.remove_reverb),
    "vst_extract_features": lambda player, spec: VSTExtractFeatures(player, spec.crepe_capacity),
    "vst_predict_controls": lambda player, spec: VSTPredictControls(player),
    "vst_stateless_predict_controls": lambda player, spec: VSTStatelessPredictControls(player),
    "vst_synthesize": lambda player, spec: VSTSynthesize(player, spec.new_hop_size),
    "vst_synthesize_harmonic": lambda player, spec: VSTSynthesizeHarmonic(player, spec.new_hop_size),
    "vst_synthesize_noise": lambda player, spec: VSTSynthesizeNoise(player, spec.new_hop_size),
}


def write_export(
    spec: ExportSpec, player: ModelPlayer, folder: AnyPath, watch: Interruptible
) -> Generator[Event, None, dict[str, str]]:
    """Writes the SavedModel, and the learned room as wav files beside it.

    Returns: "saved_model", and if the model has a room and it is asked for, "impulse_response": paths.

    Raises:
      CheckpointError, ConfigError: the model cannot be exported in this form, or not be written there.
    """
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"save_dir={str(folder)!r} is a file", "Choose a folder.")
    yield Progressed("Writing the model", 1, 2, Unit.STEPS)
    yield from watch.run(lambda: write_saved_model(make_module(player, spec), folder))
    found = {"saved_model": str(folder)}
    yield ArtifactWritten("model", str(folder))
    if spec.impulse_response:
        for path in _write_room(player, folder, spec.impulse_response_rate):
            found.setdefault("impulse_response", str(path))
            yield ArtifactWritten("audio", str(path))
    yield Progressed("Writing the model", 2, 2, Unit.STEPS)
    return found


def make_module(player: ModelPlayer, spec: ExportSpec) -> Any:
    """What `spec.inference_model` names, with its `signatures`. Raises ConfigError where the model cannot be one."""
    return _MAKERS[spec.inference_model](player, spec)


def require_no_saved_model(source: AnyPath) -> None:
    """Raises CheckpointError where there is nothing to export, but something that was."""
    if (source / MARK).exists():
        raise CheckpointError(f"{source} is a SavedModel already", "Choose the run's folder or a checkpoint.")


def default_folder(source: AnyPath) -> AnyPath:
    """`export` in the run's folder, as the reference has it."""
    return (source if source.is_dir() else source.parent) / "export"


def write_saved_model(module: Any, folder: AnyPath) -> None:
    """Saves a module with its `signatures`. Other files of the folder stay; an earlier SavedModel is replaced.

    The folder counts as a SavedModel only when everything is in it.

    Raises:
      CheckpointError: the disk cannot store it. An earlier SavedModel is then still there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with staged(folder, ".export-") as temporary:
        # No gradients: those written by hand cannot be saved, and nobody trains an exported model.
        options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
        try:
            tf.saved_model.save(module, str(temporary), signatures=module.signatures, options=options)
        except tf.errors.OpError as error:
            raise CheckpointError(
                f"The model could not be written to {folder}: {error.message.partition(chr(10))[0]}",
                "Free some space on the disk or choose another folder, then export again.",
                Cause.DISK,
            ) from error
        (folder / MARK).unlink(missing_ok=True)
        for path in sorted(temporary.iterdir(), key=lambda path: path.name == MARK):
            put(path, folder / path.name)


def _write_room(player: ModelPlayer, folder: AnyPath, further_rate: int) -> list[AnyPath]:
    ir_1R = player.impulse_response()
    if ir_1R is None:
        return []
    ir_R, own_rate = np.asarray(ir_1R[0]), player.info.sample_rate
    paths = []
    for rate in dict.fromkeys((own_rate, further_rate or own_rate)):
        paths.append(folder / f"reverb_ir_{rate}_hz.wav")
        write_wav(paths[-1], ir_R if rate == own_rate else soxr.resample(ir_R, own_rate, rate, "VHQ"), rate, "FLOAT")
    return paths
