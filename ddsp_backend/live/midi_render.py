"""The job that plays a file through a model: a recording, features, or a MIDI file as on the Play page."""

# N = samples

from collections import deque
from collections.abc import Generator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ddsp_backend.arrays import Array, DoubleArray
from ddsp_backend.audio.formats import is_midi
from ddsp_backend.errors import ConfigError
from ddsp_backend.inference.learned_range import LearnedRange, read_learned
from ddsp_backend.inference.model_player import ModelPlayer, load_player
from ddsp_backend.inference.output_form import in_form, played_paths
from ddsp_backend.inference.render import output_paths, render
from ddsp_backend.inference.sound_file import written_sound
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import ArtifactWritten, Event, Noted, Progressed
from ddsp_backend.jobs.interruptible import Interruptible
from ddsp_backend.jobs.kinds import Unit
from ddsp_backend.jobs.progress import Pace
from ddsp_backend.jobs.sound_form import Depth, SoundForm
from ddsp_backend.jobs.spec import RenderSpec
from ddsp_backend.live.frame_predictor import FramePredictor
from ddsp_backend.live.frame_synthesizer import White
from ddsp_backend.live.live_instrument import LiveInstrument
from ddsp_backend.live.midi_file import TimedMessage, read_midi_file
from ddsp_backend.live.midi_messages import NoteOn
from ddsp_backend.live.shared_predictor import LeadingPredictor
from ddsp_backend.live.wishes import Knobs, Wish
from ddsp_backend.storage import any_path

_BLOCK_SECONDS = 0.1
_LAST_SECONDS = 0.5  # after the last message, for the end of its note
_OCTAVE = 12
_DRY_PARTS = {
    "harmonic_audio": Knobs(noise=0.0, room=0.0),
    "noise_audio": Knobs(harmonics=0.0, room=0.0),
}


def play_file(spec: RenderSpec, cancel: CancelToken) -> Generator[Event, None, dict[str, str]]:
    """Plays what `spec` names. A MIDI file becomes as long as it is, with the end of its last note and of the room.

    Returns: As `inference.render.render`. For a MIDI file "input_audio" is empty: there is nothing to compare with.

    Raises:
      DataError: It is no MIDI file.
      ConfigError: The model cannot be played by notes, or controls are asked for.
      Otherwise as `inference.render.render`.
    """
    if not is_midi(spec.input_path):
        return (yield from render(spec, cancel))
    if spec.controls_path:
        raise ConfigError("There are no controls of a MIDI file to write", "Leave --controls out, or play a recording.")
    paths, form = output_paths(spec), SoundForm(Depth(spec.bits), spec.sample_rate, spec.level)
    with Interruptible(cancel) as watch, ExitStack() as scratch:
        score = yield from watch.run(lambda: read_midi_file(Path(spec.input_path).expanduser()))
        yield Progressed("Loading the model", 0, 1, Unit.MODELS)
        player = yield from watch.run(lambda: load_player(any_path(spec.model_path), spec.allow_modules))
        yield from watch.raise_if_stopped()
        yield Progressed("Loading the model", 1, 1, Unit.MODELS)
        yield from player.info.notes
        if spec.as_plugin or spec.threshold or spec.autotune:
            yield Noted("The plug-in's sound, gate and autotune change recordings; a MIDI file is played without them")
        for path in paths.values():
            path.parent.mkdir(parents=True, exist_ok=True)
        played = played_paths(paths, form, scratch)
        octaves, peak = yield from _play(player, score, spec, played, watch)
        yield from in_form(played, paths, peak, form, watch)
    for kind, path in paths.items():
        yield ArtifactWritten(kind, str(path))
    result = {kind: str(path) for kind, path in paths.items()} | {"input_audio": ""}
    result["step"] = str(player.info.checkpoint.step)
    return result | {"octaves": str(octaves)} if spec.fit else result


@dataclass(slots=True)
class _Performer:
    """One instrument that plays the score from its beginning."""

    instrument: LiveInstrument
    score: deque[TimedMessage]
    loudness_shift: float
    n_done: int = 0

    def play(self, n: int) -> Array:
        """The next n samples."""
        audio_N = np.zeros(n, np.float32)
        done = 0
        while done < n:
            count = min(n - done, self._n_until_message())
            audio_N[done : done + count] = self.instrument.render_from(
                count, self._wish, self.instrument.voice.take_fresh_note
            )
            done += count
            self.n_done += count
        return audio_N

    def _n_until_message(self) -> int:
        """Plays what is due. Returns samples until the next message, 1 at least."""
        voice = self.instrument.voice
        while self.score:
            left = round(self.score[0].seconds * self.instrument.sample_rate) - self.n_done
            if left > 0:
                return left
            voice.hear(self.score.popleft().message)
            if not self.score:
                voice.stop()  # nothing that is left pressed sounds on
        return 1 << 30

    def _wish(self, seconds: float) -> Wish | None:
        wish = self.instrument.wish_of_voice(seconds)
        return wish and replace(wish, level_db=wish.level_db + self.loudness_shift)


def _play(
    player: ModelPlayer,
    score: Sequence[TimedMessage],
    spec: RenderSpec,
    paths: dict[str, Path],
    watch: Interruptible,
) -> Generator[Event, None, tuple[int, float]]:
    """By how many octaves the notes were moved to fit, and the peak of the output."""
    rate = player.info.sample_rate
    leader = LeadingPredictor((yield from watch.run(lambda: FramePredictor(player))))
    performers: dict[str, _Performer] = {}
    octaves = 0
    for kind in ("output_audio", *_DRY_PARTS):
        if kind not in paths:
            continue
        knobs = _DRY_PARTS.get(kind, Knobs(room=float(spec.reverb)))
        predictor = leader.follower() if performers else leader
        instrument = LiveInstrument(player, rate, _same_noise(), knobs, predictor)
        if spec.fit:
            manifest = any_path(spec.manifest_path) if spec.manifest_path else None
            learned = read_learned(any_path(spec.model_path), manifest)
            octaves = _octaves_to_fit(score, learned.range(leader.level_key))
        semitones = spec.pitch_shift + _OCTAVE * (spec.octave_shift + octaves)
        instrument.knobs = replace(knobs, semitones=semitones)
        performers[kind] = _Performer(instrument, deque(score), spec.loudness_shift)
    response = player.impulse_response() if spec.reverb else None
    n_room = 0 if response is None else response.shape[-1]
    n_samples = round((score[-1].seconds + _LAST_SECONDS) * rate) + n_room
    pace = Pace("Playing", n_samples / rate, Unit.AUDIO_SECONDS)
    with ExitStack() as files:
        sounds = {
            kind: files.enter_context(
                written_sound(
                    paths[kind], rate, n_samples, paths.get("output_spectrogram") if kind == "output_audio" else None
                )
            )
            for kind in performers
        }
        n_block = round(_BLOCK_SECONDS * rate)
        for first in range(0, n_samples, n_block):
            yield from watch.raise_if_stopped()
            count = min(n_block, n_samples - first)
            for kind, performer in performers.items():
                sounds[kind].add(performer.play(count))
            yield from pace.advance(count / rate)
    return octaves, sounds["output_audio"].peak


def _octaves_to_fit(score: Sequence[TimedMessage], learned: LearnedRange) -> int:
    """Whole octaves that bring the most notes into the range that the model learned; the fewest of them."""
    notes = np.array([timed.message.note for timed in score if isinstance(timed.message, NoteOn)])

    def n_outside(octaves: int) -> int:
        moved = notes + _OCTAVE * octaves
        return int(np.sum((moved < learned.lowest_midi - 0.5) | (moved > learned.highest_midi + 0.5)))

    return min(range(-5, 6), key=lambda octaves: (n_outside(octaves), abs(octaves)))


def _same_noise() -> White:
    """The same for the whole and for its noise part."""
    random = np.random.default_rng(0)

    def draw(n: int) -> DoubleArray:
        return random.uniform(-1.0, 1.0, n)

    return draw
