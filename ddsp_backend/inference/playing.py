"""Plays recordings through a model into files, piece by piece. N = audio samples."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from ddsp_backend.audio.files import iterate_blocks
from ddsp_backend.inference.adjusting import Adjusted, Adjustment, adjust
from ddsp_backend.inference.controls_file import ControlsFile, written_controls
from ddsp_backend.inference.level import level_of
from ddsp_backend.inference.model_input import ModelInput
from ddsp_backend.inference.model_player import ModelPlayer
from ddsp_backend.inference.plugin_sound import PluginSynthesizer
from ddsp_backend.inference.sound_file import Sound, written_sound
from ddsp_backend.jobs.events import Event, Noted
from ddsp_backend.jobs.interruptible import Interruptible
from ddsp_backend.jobs.kinds import Unit
from ddsp_backend.jobs.progress import Pace

Events = Generator[Event, None, None]
Signals = dict[str, Any]
OUT = "out"
PARTS: dict[str, Callable[[ModelPlayer], str]] = {
    "output_audio": lambda player: OUT,
    "harmonic_audio": lambda player: player.harmonic_name,
    "noise_audio": lambda player: player.noise_name,
}
"""What a model's sound is written as: the whole and its parts, before any room; and the signal of each."""


def adjusted(model_input: ModelInput, player: ModelPlayer, how: Adjustment) -> Adjusted:
    """The input as the model is to hear it."""
    quietest, frame_rate = level_of(player).quietest, player.info.frame_rate
    return adjust(
        model_input.f0_hz, model_input.level, model_input.f0_confidence, how, frame_rate=frame_rate, quietest=quietest
    )


def play(
    player: ModelPlayer,
    tracks: Sequence[tuple[ModelInput, Adjusted]],
    paths: dict[str, Path],
    watch: Interruptible,
    *,
    room: bool,
    as_plugin: bool = False,
    original: Path | None = None,
) -> Generator[Event, None, float]:
    """Writes what the model makes of its inputs, whole or not at all.

    Args:
      paths: What is to be written: "output_audio", "output_spectrogram", "harmonic_audio", "noise_audio", "controls",
        and of the original, if that is not there yet, "input_audio" and "input_spectrogram".
      as_plugin: Sound as in the DDSP-VST plug-in, whatever `room` says.
      original: The recording.

    Returns: The largest magnitude of the output, full scale 1.
    """
    n_samples = sum(model_input.n_samples for model_input, _ in tracks)
    rate = player.info.sample_rate
    with ExitStack() as files:
        if original is not None and "input_audio" in paths and not _has_copy(paths):
            sound = files.enter_context(
                written_sound(paths["input_audio"], rate, n_samples, paths["input_spectrogram"])
            )
            yield from _copy(original, sound, rate, watch)
        sounds: dict[str, Sound] = {}
        for kind, signal_of in PARTS.items():
            if kind in paths:
                picture = paths.get("output_spectrogram") if kind == "output_audio" else None
                sounds[signal_of(player)] = files.enter_context(written_sound(paths[kind], rate, n_samples, picture))
        controls = None
        if "controls" in paths:
            controls = files.enter_context(written_controls(paths["controls"], len(tracks)))
        pace = Pace("Playing", n_samples / rate, Unit.AUDIO_SECONDS)
        for number, (model_input, heard) in enumerate(tracks):
            left = dict.fromkeys(sounds, model_input.n_samples)
            for signals in _played(player, model_input, heard, number, controls, room, as_plugin):
                yield from watch.raise_if_stopped()
                for name, sound in sounds.items():
                    audio_N = signals[name][: left[name]]
                    left[name] -= len(audio_N)
                    sound.add(audio_N)
                yield from pace.advance(len(signals[OUT]) / rate)
        ir = player.impulse_response()
        if controls is not None and ir is not None:
            controls.put("ir", ir)
    if OUT in sounds and len(tracks) > 1:
        yield Noted(f"{len(tracks)} examples were played; they follow each other in {paths['output_audio'].name}")
    return sounds[OUT].peak if OUT in sounds else 0.0


def _has_copy(paths: dict[str, Path]) -> bool:
    return paths["input_audio"].exists() and paths["input_spectrogram"].exists()


def _copy(path: Path, sound: Sound, sample_rate: int, watch: Interruptible) -> Events:
    for audio_N in iterate_blocks(path, sample_rate):
        yield from watch.raise_if_stopped()
        sound.add(audio_N)


def _played(
    player: ModelPlayer,
    model_input: ModelInput,
    heard: Adjusted,
    number: int,
    controls: ControlsFile | None,
    room: bool,
    as_plugin: bool,
) -> Iterator[Signals]:
    """The signals of one input in pieces; fills `controls` along the way."""
    encoded = player.encode(
        {"f0_hz": heard.f0_hz, model_input.level_key: heard.level}, model_input.n_frames, model_input.z
    )
    drifts = controls is not None and player.drifts_at(model_input.n_frames)
    kept = []

    def pieces() -> Iterator[dict[str, Any]]:
        for piece in player.decode(encoded):
            if controls is not None:
                scaled = player.scaled(piece)
                answers = (*(key for key, _ in player.model.decoder.output_splits), *(["z"] if "z" in piece else []))
                controls.add({**{key: piece[key] for key in answers}, **scaled})
                kept.append(scaled) if drifts else None
            yield piece

    sounding = PluginSynthesizer(player, number) if as_plugin else player.streamer(number, room)
    for signals in sounding.play(pieces()):
        if controls is not None and not drifts and player.harmonic_name:
            controls.add({"harmonic_audio": signals[player.harmonic_name][None]})
        yield signals
    if controls is not None and drifts:
        whole = {key: np.concatenate([part[key] for part in kept], axis=1) for key in kept[0]}
        controls.add({"harmonic_audio": player.drifting_harmonics(encoded["f0_hz"], whole)[None]})
