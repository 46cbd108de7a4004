"""The job that plays a recording, or ready features, through a trained model. N = audio samples."""

import math
import tempfile
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from ddsp_backend.audio.files import iterate_blocks
from ddsp_backend.dsp.streaming import stream
from ddsp_backend.errors import ConfigError
from ddsp_backend.inference.controls_file import Controls, written_controls
from ddsp_backend.inference.feature_file import read_takes
from ddsp_backend.inference.hearing import level_of, shifted
from ddsp_backend.inference.sound_file import Sound, written_sound
from ddsp_backend.inference.take import Take, read_recording
from ddsp_backend.inference.voice import Voice, load_voice
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import ArtifactWritten, Event, Noted, Progressed
from ddsp_backend.jobs.progress import Pace
from ddsp_backend.jobs.spec import RenderSpec
from ddsp_backend.jobs.watch import Watch
from ddsp_backend.pitch.trackers import make_tracker

Events = Generator[Event, None, None]


def render(spec: RenderSpec, cancel: CancelToken) -> Generator[Event, None, dict[str, str]]:
    """Listens, plays, and writes what is asked for, whole or not at all. Memory does not grow with the recording.

    Returns: "output_audio", "controls", and for the listening page "input_audio", "input_spectrogram" and
      "output_spectrogram", as far as they were asked for: paths.

    Raises:
      AudioError, DataError: the recording or the features cannot be used.
      CheckpointError, ConfigError: the model cannot be loaded, or not be rendered.
    """
    paths = _paths(spec)
    with Watch(cancel) as watch:
        yield Progressed("Loading the model", 0, 1, "model")
        voice = yield from watch.run(lambda: load_voice(spec.model_path))
        yield from watch.raise_if_stopped()
        yield Progressed("Loading the model", 1, 1, "model")
        yield from voice.info.notes
        takes = yield from _takes(spec, voice, watch)
        for path in paths.values():
            path.parent.mkdir(parents=True, exist_ok=True)
        yield from _play(spec, voice, takes, paths, watch)
    for kind, path in paths.items():
        yield ArtifactWritten(kind, str(path))
    return {kind: str(path) for kind, path in paths.items()}


def _paths(spec: RenderSpec) -> dict[str, Path]:
    """The files to write, by the name that the result gives them."""
    found: dict[str, Path] = {}
    if spec.output_path:
        output = found["output_audio"] = Path(spec.output_path).expanduser()
        if output.suffix.lower() != ".wav":
            raise ConfigError(f"output_path={output.name!r} does not end in .wav", "Only wav files are written.")
        if spec.listening_dir:
            folder = Path(spec.listening_dir).expanduser()
            found["output_spectrogram"] = folder / f"{output.stem} output.npy"
            if spec.input_path:
                found["input_audio"] = folder / f"{output.stem} input.wav"
                found["input_spectrogram"] = folder / f"{output.stem} input.npy"
    if spec.controls_path:
        found["controls"] = Path(spec.controls_path).expanduser()
    for given in filter(None, (spec.input_path, spec.features_path)):
        for path in found.values():
            if path.exists() and Path(given).expanduser().exists() and path.samefile(Path(given).expanduser()):
                raise ConfigError(f"{path.name} would be written over what it is made from", "Choose another name.")
    return found


def _takes(spec: RenderSpec, voice: Voice, watch: Watch) -> Generator[Event, None, list[Take]]:
    if spec.features_path:
        path = Path(spec.features_path).expanduser()
        return (yield from watch.run(lambda: read_takes(path, voice)))
    tracker = yield from watch.run(lambda: make_tracker(spec.tracker, spec.crepe_capacity))
    with ExitStack() as stack:
        cache = spec.cache_dir or stack.enter_context(tempfile.TemporaryDirectory(prefix="features-"))
        recording, folder = Path(spec.input_path).expanduser(), Path(cache).expanduser()
        return [(yield from read_recording(recording, voice, tracker, folder, watch))]


def _play(spec: RenderSpec, voice: Voice, takes: list[Take], paths: dict[str, Path], watch: Watch) -> Events:
    n_samples = sum(take.n_samples for take in takes)
    rate = voice.info.sample_rate
    with ExitStack() as files:
        sound = controls = None
        if "output_audio" in paths:
            picture = paths.get("output_spectrogram")
            sound = files.enter_context(written_sound(paths["output_audio"], rate, n_samples, picture))
        if "controls" in paths:
            controls = files.enter_context(written_controls(paths["controls"], len(takes)))
        if "input_audio" in paths:
            picture = paths["input_spectrogram"]
            original = files.enter_context(written_sound(paths["input_audio"], rate, n_samples, picture))
            yield from _copy(Path(spec.input_path).expanduser(), original, rate, watch)
        pace = Pace("Playing", n_samples / rate, "s of audio")
        for number, take in enumerate(takes):
            n_left = take.n_samples
            for audio_N in _played(voice, take, spec, number, controls):
                yield from watch.raise_if_stopped()
                audio_N = audio_N[:n_left]
                n_left -= len(audio_N)
                if sound is not None:
                    sound.add(audio_N)
                yield from pace.advance(len(audio_N) / rate)
        ir = voice.impulse_response()
        if controls is not None and ir is not None:
            controls.put("ir", ir)
    if sound is not None and len(takes) > 1:
        yield Noted(f"{len(takes)} examples were played; they follow each other in {paths['output_audio'].name}")
    if sound is not None and sound.peak > 1:
        yield Noted(
            f"The output is louder than full scale: its peak is {20 * math.log10(sound.peak):+.1f} dB",
            "Nothing is lost: the wav holds floating-point numbers. Turn it down before you save it in another format.",
        )


def _played(voice: Voice, take: Take, spec: RenderSpec, number: int, controls: Controls | None) -> Iterator[Any]:
    """Audio_N of one take in pieces; fills `controls` along the way."""
    quietest = level_of(voice).quietest
    f0_hz_F, level_F = shifted(take.f0_hz, take.level, spec.pitch_shift, spec.loudness_shift, quietest)
    encoded = voice.encode({"f0_hz": f0_hz_F, take.level_key: level_F}, take.n_frames, take.z)
    drifts = controls is not None and voice.drifts_at(take.n_frames)
    kept = []

    def pieces() -> Iterator[dict[str, Any]]:
        for piece in voice.decode(encoded):
            if controls is not None:
                scaled = voice.scaled(piece)
                answers = (*(key for key, _ in voice.model.decoder.output_splits), *(["z"] if "z" in piece else []))
                controls.add({**{key: piece[key] for key in answers}, **scaled})
                kept.append(scaled) if drifts else None
            yield piece

    group = voice.model.processor_group
    for signals in stream(group, pieces(), voice.hop, noise_seed=(number, 0), room=spec.reverb):
        if controls is not None and not drifts and voice.harmonic_name:
            controls.add({"harmonic_audio": signals[voice.harmonic_name][None]})
        yield signals["out"]
    if controls is not None and drifts:
        whole = {key: np.concatenate([part[key] for part in kept], axis=1) for key in kept[0]}
        controls.add({"harmonic_audio": voice.drifting_harmonics(encoded["f0_hz"], whole)[None]})


def _copy(path: Path, sound: Sound, sample_rate: int, watch: Watch) -> Events:
    for audio_N in iterate_blocks(path, sample_rate):
        yield from watch.raise_if_stopped()
        sound.add(audio_N)
