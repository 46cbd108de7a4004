"""What `metadata.json` says of a model: its identity, its sizes, and the range of the notes that it has learned."""

from typing import Any

from ddsp_backend import __version__
from ddsp_backend.config.operative import latest_operative_config
from ddsp_backend.config.parse import parse
from ddsp_backend.data.manifest import Manifest, read_manifest
from ddsp_backend.data.providers import RecordProvider, TFRecordProvider
from ddsp_backend.data.tfrecord_index import index_records, manifest_beside
from ddsp_backend.dsp.core import midi_to_hz
from ddsp_backend.errors import ConfigError, DataError, DdspError
from ddsp_backend.inference.learned_range import read_learned
from ddsp_backend.inference.model_player import ModelPlayer
from ddsp_backend.inference.plugin_contract import METADATA_NAME
from ddsp_backend.json_reading import read_json
from ddsp_backend.models.preprocessing import ANALYSIS_SAMPLE_RATE
from ddsp_backend.plugin.conformance import problems_of_fields
from ddsp_backend.plugin.conversion import identity
from ddsp_backend.plugin.note_range import NoteRange, range_of_examples, range_of_summary, whole_range
from ddsp_backend.storage import AnyPath


def describe_model(player: ModelPlayer, notes: NoteRange) -> dict[str, Any]:
    """Every key that the plug-in reads or the reference writes."""
    sizes = dict(player.model.decoder.output_splits)
    return {
        "mean_min_pitch_note": notes.lowest_midi,
        "mean_max_pitch_note": notes.highest_midi,
        "mean_min_pitch_note_hz": float(midi_to_hz(notes.lowest_midi)),
        "mean_max_pitch_note_hz": float(midi_to_hz(notes.highest_midi)),
        "mean_min_power_note": notes.softest_db,
        "mean_max_power_note": notes.loudest_db,
        "version": __version__,
        "export_time": identity(player),
        "num_harmonics": sizes["harmonic_distribution"],
        "num_noise_amps": sizes["noise_magnitudes"],
        "frame_rate": player.info.frame_rate,
        "frame_size": player.model.preprocessor.frame_size,
        "sample_rate": player.info.sample_rate,
    }


def read_metadata(path: AnyPath) -> dict[str, Any]:
    """A file of the user's own. Raises ConfigError where the plug-in could not read it."""
    try:
        fields = read_json(path)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path.name} cannot be read as JSON ({error})", "Choose another metadata file.") from error
    problem = next(problems_of_fields(fields), None)
    if problem is not None:
        raise ConfigError(
            f"{path.name} is not what DDSP-VST can read: {problem.removeprefix(f'{METADATA_NAME}: ')}",
            "Correct it, or let it be written: leave --metadata_file out.",
        )
    return dict(fields)


def find_note_range(
    player: ModelPlayer, model_path: AnyPath, manifest_path: AnyPath | None, dataset_path: str
) -> NoteRange:
    """Of the data set that the model has learned from.

    Args:
      model_path: Of a run or a checkpoint; its config says where the data set was.
      manifest_path: What the preparation wrote about it; None where nobody knows.
      dataset_path: Pattern of its files, if the user gives one; then nothing else is asked.

    Raises DataError: the data set that the user gives cannot be read.
    """
    if dataset_path:
        return range_of_examples(_provider_of(dataset_path, player))
    for provider in (_provider_of_run(model_path), _provider_of_manifest(manifest_path)):
        try:
            if provider is not None:
                return range_of_examples(provider)
        except DataError:
            continue  # moved or deleted since; others may know more
    return range_of_summary(read_learned(model_path, manifest_path)) or whole_range()


def _provider_of_run(model_path: AnyPath) -> RecordProvider | None:
    operative_config = latest_operative_config(model_path)
    if operative_config is None:
        return None
    try:
        provider = parse(operative_config=operative_config).train().data_provider
    except DdspError:
        return None
    return provider if isinstance(provider, RecordProvider) else None


def _provider_of_manifest(path: AnyPath | None) -> RecordProvider | None:
    if path is None or not path.is_file():
        return None
    try:
        return _prepared_at(path)
    except (DataError, KeyError):
        return None


def _prepared_at(path: AnyPath) -> RecordProvider:
    manifest = read_manifest(path)
    return _prepared(str(path.parent / manifest.train_pattern), manifest)


def _provider_of(pattern: str, player: ModelPlayer) -> RecordProvider:
    """Reads a data set as its manifest says, or as the lengths of its examples show. Raises DataError."""
    index = index_records(pattern)
    manifest = manifest_beside(index.files[0])
    if manifest is not None:
        return _prepared(pattern, manifest)
    sample_rate = player.info.sample_rate
    seconds = index.lengths.get("audio", 0) / sample_rate
    n_frames = index.lengths.get("f0_hz", 0)
    for is_centered in (False, True):
        frame_rate = (n_frames - is_centered) / seconds if seconds else 0.0
        if frame_rate >= 1 and ANALYSIS_SAMPLE_RATE % frame_rate == 0:
            return TFRecordProvider(pattern, seconds, sample_rate, int(frame_rate), is_centered)
    raise DataError(
        f"{pattern}: {n_frames} values of 'f0_hz' in an example of {seconds:g} s are no whole frame rate",
        "Give a data set that was prepared for this model.",
    )


def _prepared(pattern: str, manifest: Manifest) -> RecordProvider:
    example_secs, sample_rate, frame_rate, center = (
        manifest.settings[name] for name in ("example_secs", "sample_rate", "frame_rate", "center")
    )
    seconds = example_secs or manifest.settings["chunk_secs"]
    return TFRecordProvider(pattern, seconds, sample_rate, frame_rate, center)
