"""The job that plays a recording, or ready features, through a trained model."""

import tempfile
from collections.abc import Generator, Sequence
from contextlib import ExitStack
from pathlib import Path

from ddsp_backend.errors import ConfigError
from ddsp_backend.inference.adjusting import Adjusted, Adjustment
from ddsp_backend.inference.feature_file import read_model_inputs
from ddsp_backend.inference.first_seconds import is_worth_a_beginning, play_beginning
from ddsp_backend.inference.learned_range import Learned, read_learned
from ddsp_backend.inference.level import level_of
from ddsp_backend.inference.model_input import ModelInput, RecordingAnalysis, look_at, read_recording, recall, remember
from ddsp_backend.inference.model_player import ModelPlayer, load_player
from ddsp_backend.inference.output_form import in_form, played_paths
from ddsp_backend.inference.playing import PARTS, adjusted, play
from ddsp_backend.inference.plugin_playable import require_playable
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import ArtifactWritten, Event, Noted, Progressed
from ddsp_backend.jobs.interruptible import Interruptible
from ddsp_backend.jobs.kinds import Unit
from ddsp_backend.jobs.sound_form import Depth, SoundForm
from ddsp_backend.jobs.spec import RenderSpec
from ddsp_backend.storage import any_path


def render(spec: RenderSpec, cancel: CancelToken) -> Generator[Event, None, dict[str, str]]:
    """Listens, plays, and writes what is asked for, whole or not at all. Memory does not grow with the recording.

    Returns: "output_audio", "controls", and for the listening page "input_audio", "harmonic_audio", "noise_audio",
      "input_spectrogram" and "output_spectrogram", as far as they were asked for: paths. "step": that of the model.
      "octaves": how many the pitch was moved by to fit.

    Raises:
      AudioError, DataError: the recording or the features cannot be used.
      CheckpointError, ConfigError: the model cannot be loaded, or not be rendered, or its range is not known.
    """
    paths, model_path = output_paths(spec), any_path(spec.model_path)
    with Interruptible(cancel) as watch, ExitStack() as scratch:
        yield Progressed("Loading the model", 0, 1, Unit.MODELS)
        player = yield from watch.run(lambda: load_player(model_path, spec.allow_modules))
        yield from watch.raise_if_stopped()
        yield Progressed("Loading the model", 1, 1, Unit.MODELS)
        yield from player.info.notes
        if spec.as_plugin:
            require_playable(player)
        learned = read_learned(model_path, any_path(spec.manifest_path) if spec.manifest_path else None)
        how = _adjustment(spec, player, learned)  # before the long work: what cannot be fitted is refused at once
        model_inputs = yield from _model_inputs(spec, player, learned, how, watch, scratch)
        tracks = [(model_input, adjusted(model_input, player, how)) for model_input in model_inputs]
        yield from _notes_on(tracks, spec)
        paths = _wanted(paths, spec, player, model_inputs[0])
        for path in paths.values():
            path.parent.mkdir(parents=True, exist_ok=True)
        original = Path(spec.input_path).expanduser() if spec.input_path else None
        form = SoundForm(Depth(spec.bits), spec.sample_rate, spec.level)
        played = played_paths(paths, form, scratch)
        peak = yield from play(
            player, tracks, played, watch, room=spec.reverb, as_plugin=spec.as_plugin, original=original
        )
        if "output_audio" in paths:
            yield from in_form(played, paths, peak, form, watch)
    for kind, path in paths.items():
        yield ArtifactWritten(kind, str(path))
    result = {kind: str(path) for kind, path in paths.items()} | {"step": str(player.info.checkpoint.step)}
    octaves = tracks[0][1].octaves
    return result if octaves is None else result | {"octaves": str(octaves)}


def output_paths(spec: RenderSpec) -> dict[str, Path]:
    """The files to write, by the name that the result gives them."""
    found: dict[str, Path] = {}
    if spec.output_path:
        output = found["output_audio"] = Path(spec.output_path).expanduser()
        if output.suffix.lower() != ".wav":
            raise ConfigError(f"output_path={output.name!r} does not end in .wav", "Only wav files are written.")
        if spec.listening_dir:
            folder = Path(spec.listening_dir).expanduser()
            found["output_spectrogram"] = folder / f"{output.stem} output.npy"
        if spec.listening_dir or spec.parts:
            folder = Path(spec.listening_dir).expanduser() if spec.listening_dir else output.parent
            found["harmonic_audio"] = folder / f"{output.stem} harmonic.wav"
            found["noise_audio"] = folder / f"{output.stem} noise.wav"
    if spec.controls_path:
        found["controls"] = Path(spec.controls_path).expanduser()
    for given in filter(None, (spec.input_path, spec.features_path)):
        for path in found.values():
            if path.exists() and Path(given).expanduser().exists() and path.samefile(Path(given).expanduser()):
                raise ConfigError(f"{path.name} would overwrite the file that it is made from", "Choose another name.")
    return found


def _wanted(paths: dict[str, Path], spec: RenderSpec, player: ModelPlayer, model_input: ModelInput) -> dict[str, Path]:
    """The paths without parts that the model does not have, and with the copy of the recording to listen to.

    One copy serves all that is ever made of the recording.
    """
    absent = {kind for kind, name in PARTS.items() if not name(player)}
    found = {kind: path for kind, path in paths.items() if kind not in absent}
    if spec.listening_dir and spec.input_path:
        stem = Path(spec.listening_dir).expanduser() / f"{model_input.content}-{player.info.sample_rate}"
        found |= {"input_audio": stem.with_suffix(".wav"), "input_spectrogram": stem.with_suffix(".npy")}
    return found


def _adjustment(spec: RenderSpec, player: ModelPlayer, learned: Learned) -> Adjustment:
    return Adjustment(
        fit_to=learned.range(level_of(player).key) if spec.fit else None,
        threshold=spec.threshold,
        quiet=spec.quiet,
        autotune=spec.autotune,
        semitones=spec.pitch_shift + 12 * spec.octave_shift,
        db=spec.loudness_shift,
    )


def _model_inputs(
    spec: RenderSpec, player: ModelPlayer, learned: Learned, how: Adjustment, watch: Interruptible, scratch: ExitStack
) -> Generator[Event, None, list[ModelInput]]:
    if spec.features_path:
        path = Path(spec.features_path).expanduser()
        return (yield from watch.run(lambda: read_model_inputs(path, player)))
    tracker = (spec.tracker, spec.crepe_capacity) if spec.tracker else learned.tracker()
    recording = Path(spec.input_path).expanduser()
    model_input = recall(player, recording, tracker)
    if model_input is None:
        cache = spec.cache_dir or scratch.enter_context(tempfile.TemporaryDirectory(prefix="features-"))
        analysis = RecordingAnalysis.of(player, tracker, Path(cache).expanduser())
        source = yield from look_at(recording, analysis.cache, watch)
        if spec.listening_dir and spec.output_path and is_worth_a_beginning(source, analysis):
            folder = Path(scratch.enter_context(tempfile.TemporaryDirectory(prefix="beginning-")))
            yield from play_beginning(source, player, how, folder, watch, room=spec.reverb, as_plugin=spec.as_plugin)
        model_input = yield from read_recording(source, analysis, watch)
        remember(player, recording, tracker, model_input)
    return [model_input]


def _notes_on(tracks: Sequence[tuple[ModelInput, Adjusted]], spec: RenderSpec) -> Generator[Event, None, None]:
    if spec.fit and all(adjusted.octaves is None for _, adjusted in tracks):
        yield Noted(
            "No notes were found in the recording, so pitch and loudness stay as they are",
            "Fitting needs one voice at a time, clearly louder than what is around it.",
        )
