"""The job behind ddsp_export: the SavedModel, and on request the plug-in's file and its metadata beside it."""

from collections.abc import Generator

from ddsp_backend.errors import ConfigError
from ddsp_backend.files import written_whole
from ddsp_backend.inference.model_player import ModelPlayer, load_player
from ddsp_backend.inference.plugin_contract import METADATA_NAME, SUFFIX
from ddsp_backend.inference.saved_model import default_folder, make_module, require_no_saved_model, write_export
from ddsp_backend.inference.streaming import StreamingModule
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import ArtifactWritten, Event, Noted, Progressed
from ddsp_backend.jobs.interruptible import Interruptible
from ddsp_backend.jobs.kinds import Unit
from ddsp_backend.jobs.spec import ExportSpec
from ddsp_backend.plugin.conversion import metadata_text
from ddsp_backend.plugin.job import PluginFile, make_file, make_metadata, write_file
from ddsp_backend.storage import AnyPath, any_path

_PLUGIN_MODEL = "vst_stateless_predict_controls"
_FOLDER, _FILE = "tflite", "model"

NOTHING_WRITTEN = Noted("Everything was made and checked, and nothing was written", "Leave --debug out to write it.")


def export(spec: ExportSpec, cancel: CancelToken) -> Generator[Event, None, dict[str, str]]:
    """Makes and checks everything that is asked for before it writes the first file.

    Returns: "saved_model", "impulse_response" if the model has a room and it is asked for, "plugin_file" and
      "metadata" if they are: paths. Nothing with `debug`.

    Raises:
      CheckpointError, ConfigError: the model cannot be loaded, or not be exported in this form.
      DataError: the data set that is given cannot be read.
    """
    if spec.tflite and spec.inference_model != _PLUGIN_MODEL:
        raise ConfigError(
            f"There is no TFLite file of inference_model={spec.inference_model}: DDSP-VST, which such files are for, "
            f"loads {_PLUGIN_MODEL}",
            f"Choose --inference_model={_PLUGIN_MODEL}, or leave --tflite out.",
        )
    source = any_path(spec.model_path)
    require_no_saved_model(source)
    folder = any_path(spec.save_dir) if spec.save_dir else default_folder(source)
    found: dict[str, str] = {}
    with Interruptible(cancel) as watch:
        yield Progressed("Loading the model", 0, 2, Unit.STEPS)
        player = yield from watch.run(lambda: load_player(source, spec.allow_modules))
        yield from player.info.notes
        yield from watch.raise_if_stopped()
        file = yield from _make_files(spec, player, source, watch)
        if spec.debug:
            module = make_module(player, spec)
            yield from watch.run(lambda: module.signatures)
            yield NOTHING_WRITTEN
            return found
        found = yield from write_export(spec, player, folder, watch)
        if file is not None:
            yield from _write_files(spec, file, folder, found)
    return found


def _make_files(
    spec: ExportSpec, player: ModelPlayer, source: AnyPath, watch: Interruptible
) -> Generator[Event, None, PluginFile | None]:
    own = any_path(spec.metadata_file) if spec.metadata_file else None
    data = spec.dataset_path
    if spec.tflite:
        return (yield from make_file(player, watch, model_path=source, dataset_path=data, metadata_path=own))
    if spec.metadata:
        StreamingModule(player)  # refuses a model that no plug-in plays
        fields = yield from make_metadata(player, watch, model_path=source, dataset_path=data, metadata_path=own)
        return PluginFile(b"", fields)
    return None


def _write_files(
    spec: ExportSpec, file: PluginFile, folder: AnyPath, found: dict[str, str]
) -> Generator[Event, None, None]:
    if spec.metadata:
        path = folder / METADATA_NAME
        with written_whole(path) as temporary:
            temporary.write_text(metadata_text(file.fields), encoding="utf-8")
        found["metadata"] = str(path)
        yield ArtifactWritten("metadata", str(path))
    if spec.tflite:
        path = folder / _FOLDER / f"{spec.name or _FILE}{SUFFIX}"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(file.content, path)
        found["plugin_file"] = str(path)
        yield ArtifactWritten("plugin_file", str(path))
