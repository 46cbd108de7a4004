"""A trained model as an instrument: a voice asks, the model answers frame by frame, sound comes out block by block."""

from collections.abc import Callable

import numpy as np
import soxr

from ddsp_backend.arrays import Array, DoubleArray
from ddsp_backend.data.postprocessing import QuantileTransformer
from ddsp_backend.dsp.synths import FilteredNoise, Harmonic
from ddsp_backend.errors import ConfigError
from ddsp_backend.inference.learned_range import LearnedRange, read_learned
from ddsp_backend.inference.model_player import ModelPlayer
from ddsp_backend.live.frame_predictor import Frame, FramePredictor, Predictor
from ddsp_backend.live.frame_synthesizer import FrameSynthesizer, Shape, White
from ddsp_backend.live.live_room import LiveRoom
from ddsp_backend.live.voice import Tone, Voice
from ddsp_backend.live.wishes import Knobs, Wish
from ddsp_backend.storage import AnyPath

_UNKNOWN_RANGE = (36.0, 96.0)
_UNKNOWN_LEVELS_DB = (-50.0, -15.0)
_LOWEST_HZ, _HIGHEST_SHARE = 20.0, 0.45
# A new note waits for no frame of the model's; but a flood of them must not ask the model more often than this.
_LEAST_SECONDS = 0.003


class LiveInstrument:
    """Args:
    sample_rate: Of the sound that comes out, Hz.
    white: Where the noise comes from; None: drawn afresh.
    predictor: Who answers for the model; None: one of its own.
    knobs: As they stand from the first sample on. Those that are turned later are turned by and by.
    """

    def __init__(
        self,
        player: ModelPlayer,
        sample_rate: int,
        white: White | None = None,
        knobs: Knobs | None = None,
        predictor: Predictor | None = None,
    ) -> None:
        """Raises ConfigError for a model that cannot be played live."""
        self.predictor: Predictor = predictor or FramePredictor(player)
        self.sample_rate, self.frame_rate = sample_rate, player.info.frame_rate
        self._synthesizer = FrameSynthesizer(_shape_of(player), sample_rate, white or _drawn())
        self._room = _room_of(player, sample_rate)
        self.voice = Voice()
        self.knobs = self._turned = knobs or Knobs()
        learned = _range_of(player, self.predictor)
        self.knows_range = learned is not None
        learned = learned or LearnedRange(*_UNKNOWN_RANGE, QuantileTransformer(_UNKNOWN_LEVELS_DB))
        self.lowest_midi, self.highest_midi, self._levels = learned.lowest_midi, learned.highest_midi, learned.levels
        self._highest_hz = _HIGHEST_SHARE * player.info.sample_rate
        self._is_resting = True
        self._silent = Frame(0.0, np.zeros(self.predictor.n_harmonics), np.zeros(self.predictor.n_noise))

    def render(self, n: int) -> Array:
        """The next n samples of what the voice plays."""
        return self.render_from(n, self.wish_of_voice, self.voice.take_fresh_note)

    def render_from(self, n: int, wish: Callable[[float], Wish | None], is_urgent: Callable[[], bool]) -> Array:
        """The next n samples, asked for by somebody else.

        Args:
          wish: Asked at every frame, with the seconds since the one before; None for silence.
          is_urgent: Whether to ask before the next frame is due.
        """
        audio_N = np.zeros(n)
        done = 0
        while done < n:
            synthesizer = self._synthesizer
            is_early = synthesizer.left > 0 and (self._is_resting or synthesizer.seconds_in_hop >= _LEAST_SECONDS)
            if not synthesizer.left or (is_early and is_urgent()):
                self._begin_frame(wish)
            count = min(n - done, synthesizer.left)
            audio_N[done : done + count] = synthesizer.take(count)
            done += count
        # What was turned since the block before is turned by and by.
        before, self._turned = self._turned, self.knobs
        if self._room is not None:
            audio_N += np.linspace(before.room, self.knobs.room, n) * self._room.wet(audio_N)
        return (np.linspace(before.volume, self.knobs.volume, n) * audio_N).astype(np.float32)

    def level_of(self, strength: float) -> float:
        """dB of a strength from 0 to 1, among the notes that the model learned from."""
        return float(self._levels.inverse_transform(strength))

    def _begin_frame(self, wish: Callable[[float], Wish | None]) -> None:
        synthesizer = self._synthesizer
        seconds = synthesizer.seconds_in_hop if synthesizer.left else 1 / self.frame_rate
        asked = wish(seconds)
        if asked is None:
            if not self._is_resting:
                self._is_resting = True
                self.predictor.restart()
            synthesizer.begin(self._silent)
            return
        self._is_resting = False
        f0_hz = float(np.clip(asked.f0_hz * 2 ** (self.knobs.semitones / 12), _LOWEST_HZ, self._highest_hz))
        answer = self.predictor.predict(f0_hz, asked.level_db)
        synthesizer.begin(
            Frame(
                f0_hz,
                asked.gain * self.knobs.harmonics * answer.harmonics,
                asked.gain * self.knobs.noise * answer.noise,
            )
        )

    def wish_of_voice(self, seconds: float) -> Wish | None:
        """What the voice wants after these seconds; None for silence."""
        tone: Tone = self.voice.advance(seconds)
        if self.voice.is_silent:
            return None
        f0_hz = 440.0 * 2 ** ((tone.midi - 69) / 12)
        return Wish(f0_hz, self.level_of(tone.strength) + tone.fade_db, tone.gain)


def _shape_of(player: ModelPlayer) -> Shape:
    parts = player.model.processor_group.processors
    harmonic = next(part for part in parts if isinstance(part, Harmonic))
    noise = next(part for part in parts if isinstance(part, FilteredNoise))
    sizes = dict(player.model.decoder.output_splits)
    if harmonic.amp_resample_method not in ("linear", "window"):
        raise ConfigError(
            f"Harmonic.amp_resample_method={harmonic.amp_resample_method!r} cannot be played live",
            "Use 'linear' or 'window'.",
        )
    return Shape(
        sizes["harmonic_distribution"],
        sizes["noise_magnitudes"],
        player.info.sample_rate,
        player.info.frame_rate,
        harmonic.amp_resample_method == "linear",
        noise.window_size,
    )


def _room_of(player: ModelPlayer, sample_rate: int) -> LiveRoom | None:
    response = player.impulse_response()
    if response is None:
        return None
    own_rate = player.info.sample_rate
    response_R = np.asarray(response[0], np.float64)
    if own_rate != sample_rate:
        response_R = soxr.resample(response_R, own_rate, sample_rate, "VHQ") * own_rate / sample_rate
    return LiveRoom(response_R)


def _range_of(player: ModelPlayer, predictor: Predictor) -> LearnedRange | None:
    folder: AnyPath = player.info.checkpoint.path.parent
    try:
        return read_learned(folder).range(predictor.level_key)
    except ConfigError:
        return None


def _drawn() -> White:
    random = np.random.default_rng()

    def draw(n: int) -> DoubleArray:
        return random.uniform(-1.0, 1.0, n)

    return draw
