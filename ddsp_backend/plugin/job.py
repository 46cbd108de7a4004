"""The job that writes a trained model as a file for the plug-in."""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from ddsp_backend.errors import ConfigError
from ddsp_backend.files import put, staged
from ddsp_backend.inference.model_player import ModelPlayer, load_player
from ddsp_backend.inference.plugin_contract import SUFFIX
from ddsp_backend.inference.plugin_playable import require_playable
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import ArtifactWritten, Event, Noted, Progressed
from ddsp_backend.jobs.interruptible import Interruptible
from ddsp_backend.jobs.kinds import Unit
from ddsp_backend.jobs.spec import PluginSpec
from ddsp_backend.plugin.conformance import require_conforming
from ddsp_backend.plugin.conversion import convert, with_metadata
from ddsp_backend.plugin.metadata import describe_model, find_note_range, read_metadata
from ddsp_backend.plugin.note_range import Source
from ddsp_backend.plugin.trial import require_playing
from ddsp_backend.storage import AnyPath, any_path

_N_STAGES = 4

RANGE_UNKNOWN = Noted(
    "The data set of this model was not found, so the range of its notes is unknown",
    "The plug-in plays it all the same; it only marks the whole keyboard instead of the instrument's range.",
)


@dataclass(frozen=True)
class PluginFile:
    """What is to be written, checked."""

    content: bytes
    """The whole file."""
    fields: dict[str, object]
    """What its metadata says."""


def send(spec: PluginSpec, cancel: CancelToken) -> Generator[Event, None, dict[str, str]]:
    """Converts, checks, plays a thousand frames for trial, and puts the file in its place, whole or not at all.

    Returns: "plugin_file": its path. "step": that of the model.

    Raises:
      ConfigError: the plug-in cannot play such a model, or there is a file of this name and `replace` is not set.
      CheckpointError: the model cannot be loaded.
    """
    source, target = any_path(spec.model_path), Path(spec.output_path).expanduser()
    manifest = any_path(spec.manifest_path) if spec.manifest_path else None
    _require_free(target, spec.replace)
    with Interruptible(cancel) as watch:
        yield Progressed("Loading the model", 0, _N_STAGES, Unit.NOTHING)
        player = yield from watch.run(lambda: load_player(source))
        yield from player.info.notes
        file = yield from make_file(player, watch, model_path=source, manifest_path=manifest)
        _require_free(target, spec.replace)  # once more: making it took some seconds
        target.parent.mkdir(parents=True, exist_ok=True)
        write_file(file.content, target)
        yield ArtifactWritten("plugin_file", str(target))
    return {"plugin_file": str(target), "step": str(player.info.checkpoint.step)}


def make_file(
    player: ModelPlayer,
    watch: Interruptible,
    *,
    model_path: AnyPath,
    manifest_path: AnyPath | None = None,
    dataset_path: str = "",
    metadata_path: AnyPath | None = None,
) -> Generator[Event, None, PluginFile]:
    """The file for the plug-in, checked. Arguments as of `find_note_range`; metadata_path: a file instead of all that.

    Raises:
      ConfigError: the plug-in cannot play such a model, or not read such metadata.
      DataError: the data set that was given cannot be read.
      Cancelled: between two stages.
    """
    require_playable(player)
    fields = yield from make_metadata(
        player,
        watch,
        model_path=model_path,
        manifest_path=manifest_path,
        dataset_path=dataset_path,
        metadata_path=metadata_path,
    )
    yield Progressed("Converting the model", 2, _N_STAGES, Unit.NOTHING)
    model = yield from watch.run(lambda: convert(player))
    content = with_metadata(model, fields)
    require_conforming(content)
    yield from watch.raise_if_stopped()
    yield Progressed("Playing it for trial", 3, _N_STAGES, Unit.NOTHING)
    yield from watch.run(lambda: require_playing(content))
    yield from watch.raise_if_stopped()
    yield Progressed("Playing it for trial", _N_STAGES, _N_STAGES, Unit.NOTHING)
    return PluginFile(content, fields)


def make_metadata(
    player: ModelPlayer,
    watch: Interruptible,
    *,
    model_path: AnyPath,
    manifest_path: AnyPath | None = None,
    dataset_path: str = "",
    metadata_path: AnyPath | None = None,
) -> Generator[Event, None, dict[str, object]]:
    """What `metadata.json` says. Arguments and errors as of `make_file`."""
    yield Progressed("Finding the range of its notes", 1, _N_STAGES, Unit.NOTHING)
    if metadata_path is not None:
        return read_metadata(metadata_path)
    notes = yield from watch.run(lambda: find_note_range(player, model_path, manifest_path, dataset_path))
    if notes.source is Source.NOTHING:
        yield RANGE_UNKNOWN
    yield from watch.raise_if_stopped()
    return describe_model(player, notes)


def write_file(content: bytes, target: AnyPath) -> None:
    """Whole or not at all: the plug-in, which may look at any moment, never sees half a file."""
    with staged(target.parent, ".sending-") as folder:
        part = folder / target.with_suffix(".part").name  # by this ending the plug-in does not take it for a model
        part.write_bytes(content)
        put(part, target)


def _require_free(target: Path, replace: bool) -> None:
    if target.suffix != SUFFIX:
        raise ConfigError(f"output_path={target.name!r} does not end in {SUFFIX}", f"DDSP-VST loads {SUFFIX} files.")
    if target.is_dir():
        raise ConfigError(f"{target} is a folder", "Move it away, or choose another name.")
    if target.exists() and not replace:
        raise ConfigError(f"There is a file {target.name} already", "Replace it, or choose another name.")
