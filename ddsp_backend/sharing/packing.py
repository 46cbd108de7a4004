"""The job that writes a trained model as one file for others."""

from collections.abc import Generator
from pathlib import Path

from ddsp_backend import __version__
from ddsp_backend.checkpoints.loading import ModelInfo
from ddsp_backend.config.operative import latest_operative_config
from ddsp_backend.config.parse import parse
from ddsp_backend.data.manifest import read_manifest
from ddsp_backend.errors import CheckpointError, ConfigError, DataError
from ddsp_backend.files import put, staged
from ddsp_backend.inference.learned_range import Learned, read_learned
from ddsp_backend.inference.model_player import load_player
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import ArtifactWritten, Event, Noted, Progressed
from ddsp_backend.jobs.interruptible import Interruptible
from ddsp_backend.jobs.kinds import Unit
from ddsp_backend.jobs.spec import ShareSpec
from ddsp_backend.sharing.card import LONGEST_NAME, SUFFIX, ModelCard
from ddsp_backend.sharing.example import play_example
from ddsp_backend.sharing.learned_file import kept
from ddsp_backend.sharing.shared_model import read_shared, write_shared
from ddsp_backend.sharing.weights import weights_of
from ddsp_backend.storage import AnyPath, any_path

_N_STAGES = 3
_SOFT_PERCENTILE, _LOUD_PERCENTILE = 5, 95

RANGE_UNKNOWN = Noted(
    "The data set of this model was not found, so the file does not say what it has learned from",
    "It plays all the same. Recordings cannot be fitted to it.",
)


def share(spec: ShareSpec, cancel: CancelToken) -> Generator[Event, None, dict[str, str]]:
    """Writes the file, opens it once as others will, and puts it in its place, whole or not at all.

    Returns: "shared_file": its path. "step": that of the model.

    Raises:
      ConfigError: such a model cannot be shared, or there is a file of this name and `replace` is not set.
      CheckpointError: the model cannot be loaded.
    """
    source, target = any_path(spec.model_path), Path(spec.output_path).expanduser()
    _require_free(target, spec.replace)
    learned = read_learned(source, any_path(spec.manifest_path) if spec.manifest_path else None)
    with Interruptible(cancel) as watch:
        yield Progressed("Loading the model", 0, _N_STAGES, Unit.NOTHING)
        player = yield from watch.run(lambda: load_player(source))
        yield from player.info.notes
        card = _card(spec, player.info, learned)
        if not kept(learned).statistics:
            yield RANGE_UNKNOWN
        yield from watch.raise_if_stopped()
        yield Progressed("Playing an example", 1, _N_STAGES, Unit.NOTHING)
        example = yield from play_example(player, learned, watch)
        yield Progressed("Writing the file", 2, _N_STAGES, Unit.NOTHING)
        operative_config = latest_operative_config(source)
        if operative_config is None:
            raise CheckpointError(f"The settings beside {source} are gone", "Was the folder moved?")
        config = parse(operative_config=operative_config)
        weights = weights_of(player.model)
        target.parent.mkdir(parents=True, exist_ok=True)
        with staged(target.parent, ".sharing-") as folder:
            part = folder / target.name
            yield from watch.run(lambda: write_shared(part, card, config, learned, weights, example))
            yield from watch.run(lambda: read_shared(part))
            yield from watch.raise_if_stopped()
            _require_free(target, spec.replace)  # once more: making it took some seconds
            put(part, target)
        yield Progressed("Writing the file", _N_STAGES, _N_STAGES, Unit.NOTHING)
        yield ArtifactWritten("shared_file", str(target))
    return {"shared_file": str(target), "step": str(player.info.checkpoint.step)}


def _card(spec: ShareSpec, info: ModelInfo, learned: Learned) -> ModelCard:
    statistics = kept(learned).statistics
    levels = statistics.get("voiced_power_db", ())
    has_percentiles = len(levels) > _LOUD_PERCENTILE
    return ModelCard(
        name=spec.name[:LONGEST_NAME],
        licence=spec.licence,
        maker=spec.maker,
        minutes=_minutes(spec, statistics.get("voiced_seconds")),
        lowest_midi=_note(statistics.get("lowest_midi")),
        highest_midi=_note(statistics.get("highest_midi")),
        softest_db=levels[_SOFT_PERCENTILE] if has_percentiles else None,
        loudest_db=levels[_LOUD_PERCENTILE] if has_percentiles else None,
        steps=info.checkpoint.step,
        program=__version__,
        preset=spec.preset,
        settings=spec.settings,
    )


def _minutes(spec: ShareSpec, voiced_seconds: float | None) -> float | None:
    """Of the recordings; where their manifest is gone, of the notes in them."""
    manifest: AnyPath | None = any_path(spec.manifest_path) if spec.manifest_path else None
    try:
        seconds = read_manifest(manifest).audio_seconds if manifest is not None else voiced_seconds
    except DataError:
        seconds = voiced_seconds
    return round(seconds / 60, 2) if seconds is not None else None


def _note(midi: float | None) -> int | None:
    return round(min(max(midi, 0), 127)) if midi is not None else None


def _require_free(target: Path, replace: bool) -> None:
    if target.suffix != SUFFIX:
        raise ConfigError(
            f"output_path={target.name!r} does not end in {SUFFIX}", f"Give it a name such as Flute{SUFFIX}."
        )
    if target.is_dir():
        raise ConfigError(f"{target} is a folder", "Move it away, or choose another name.")
    if target.exists() and not replace:
        raise ConfigError(f"There is a file {target.name} already", "Replace it, or choose another name.")
