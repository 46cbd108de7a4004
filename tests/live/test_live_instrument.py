"""What is played live is what a rendering of the same controls is, whatever the blocks; prompt, and without clicks."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soxr
import tensorflow as tf

from ddsp_backend.inference.model_player import ModelPlayer, load_player
from ddsp_backend.live.live_instrument import LiveInstrument
from ddsp_backend.live.live_room import LiveRoom
from ddsp_backend.live.midi_messages import NoteOff, NoteOn
from ddsp_backend.live.wishes import Wish
from tests.inference.instruments import write_instrument

RATE = 16000
N_FRAMES = 40


@pytest.fixture(scope="module")
def players(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ModelPlayer]:
    """The solo instrument has a room of one echo; the other one's room is made of noise, the same in every player."""
    folder = tmp_path_factory.mktemp("live")
    files = {"solo": "models/solo_instrument.gin", "vst": "models/vst/vst.gin"}
    # Their noise is to be heard here.
    return {name: _with_noise(write_instrument(folder / name, file, amps=2.0)) for name, file in files.items()}


def _with_noise(folder: Path) -> ModelPlayer:
    player = load_player(folder)
    for part in player.model.processor_group.processors:
        if hasattr(part, "initial_bias"):
            part.initial_bias = -3.0
    return player


def tracks(player: ModelPlayer) -> tuple[np.ndarray, np.ndarray]:
    """A whole number of cycles in the first frame, so that the phases are the same; then everything moves."""
    random = np.random.default_rng(0)
    f0_hz = 500 * 2 ** np.cumsum(random.normal(0, 0.03, N_FRAMES))
    f0_hz[0] = 500
    return f0_hz.astype(np.float32), random.uniform(-50, -10, N_FRAMES).astype(np.float32)


def offline(player: ModelPlayer, f0_hz: np.ndarray, level_db: np.ndarray, level_key: str) -> np.ndarray:
    encoded = player.encode({"f0_hz": f0_hz, level_key: level_db}, N_FRAMES)
    whole = [signals["out"] for signals in player.streamer(0, room=False).play(player.decode(encoded))]
    return np.concatenate(whole)


def offline_noise(player: ModelPlayer):
    """The noise that the streamer draws for its only piece."""
    names = [part.name for part in player.model.processor_group.processors]
    seed = [1, names.index(player.noise_name)]
    white = tf.random.stateless_uniform([1, N_FRAMES * player.hop], seed, -1.0, 1.0).numpy()[0].astype(np.float64)
    state = {"at": 0}

    def draw(n: int) -> np.ndarray:
        state["at"] += n
        return np.resize(white, state["at"])[-n:]

    return draw


def played(instrument: LiveInstrument, f0_hz, level_db, block: int) -> np.ndarray:
    """The wishes one after the other, in blocks."""
    left = [Wish(float(f0), float(level)) for f0, level in zip(f0_hz, level_db, strict=True)]

    def wish(seconds: float) -> Wish | None:
        return left.pop(0) if left else None

    n_samples = round(len(f0_hz) / instrument.frame_rate * instrument.sample_rate)
    blocks = [instrument.render_from(block, wish, lambda: False) for _ in range(-(-n_samples // block))]
    return np.concatenate(blocks)[:n_samples]


def below(error: np.ndarray, whole: np.ndarray) -> float:
    return 20 * np.log10(np.sqrt(np.mean(np.square(error))) / np.sqrt(np.mean(np.square(whole))))


@pytest.mark.parametrize("block", [64, 333, 2048])
@pytest.mark.parametrize("name", ["solo", "vst"])
def test_that_live_is_what_a_rendering_of_the_same_controls_is(name, block, players):
    player = players[name]
    instrument = LiveInstrument(player, RATE, offline_noise(player))
    instrument.knobs = replace(instrument.knobs, room=0.0)
    instrument.render_from(player.hop, lambda seconds: None, lambda: False)  # until the knob is turned
    f0_hz, level_db = tracks(player)
    live = played(instrument, f0_hz, level_db, block)
    expected = offline(player, f0_hz, level_db, instrument.predictor.level_key)
    live = live[player.hop :]  # live, the first frame comes out of silence; a rendering begins with it
    n = len(live) - 2 * player.hop  # at its end, a rendering holds the last frame
    assert np.abs(expected[:n]).max() > 0.01
    assert below(live[:n] - expected[:n], expected[:n]) < -90


@pytest.mark.parametrize("rate", [44100, 48000])
def test_that_another_sample_rate_sounds_the_same(rate, players):
    player = players["solo"]
    f0_hz, level_db = np.full(N_FRAMES, 500.0), np.linspace(-40, -10, N_FRAMES)
    sounds = []
    for each in (RATE, rate):
        instrument = LiveInstrument(player, each)
        instrument.knobs = replace(instrument.knobs, noise=0.0)
        sounds.append(played(instrument, f0_hz, level_db, 128))
    expected = soxr.resample(sounds[0].astype(np.float64), RATE, rate, "VHQ")
    middle = slice(rate // 50, rate // 8)  # what is resampled rings at its ends
    # The phase of a sample is that at its end, which is earlier where samples are shorter.
    shift = 1 / RATE - 1 / rate
    spectrum = np.fft.rfft(sounds[1]) * np.exp(2j * np.pi * shift * np.fft.rfftfreq(len(sounds[1]), 1 / rate))
    moved = np.fft.irfft(spectrum, len(sounds[1]))
    assert below((moved - expected)[middle], expected[middle]) < -30
    for harmonic in range(1, 7):
        wave = np.exp(2j * np.pi * 500 * harmonic * np.arange(middle.stop - middle.start) / rate)
        levels = [abs(wave @ sound[middle]) for sound in (sounds[1], expected)]
        assert abs(20 * np.log10(levels[0] / levels[1])) < 0.1


def test_that_noise_keeps_its_power_at_another_sample_rate(players):
    powers = []
    for rate in (RATE, 48000):
        instrument = LiveInstrument(players["vst"], rate)
        instrument.knobs = replace(instrument.knobs, harmonics=0.0, room=0.0)
        sound = played(instrument, np.full(100, 500.0), np.full(100, -20.0), 128)
        powers.append(np.mean(np.square(sound[rate // 10 :])))
    assert abs(10 * np.log10(powers[1] / powers[0])) < 1


@pytest.mark.parametrize("length", [1, 700, 5000])
def test_that_the_room_is_a_convolution_without_delay(length):
    random = np.random.default_rng(1)
    response, dry = random.normal(size=length), random.normal(size=6000)
    for block in (64, 1000, 3000):
        room = LiveRoom(response)
        wet = np.concatenate([room.wet(dry[i : i + block]) for i in range(0, len(dry), block)])
        np.testing.assert_allclose(wet, np.convolve(dry, response)[: len(dry)], atol=1e-9)


def melody(instrument: LiveInstrument, block: int) -> np.ndarray:
    """Notes apart, tied, repeated, and one that is let go of within its attack, two blocks or so each."""
    keys = [NoteOn(60, 100), NoteOn(67, 60), NoteOff(67), NoteOff(60), NoteOn(72, 127), NoteOff(72), NoteOn(50, 10)]
    sound = []
    for message in [*keys, NoteOff(50)]:
        instrument.voice.hear(message)
        sound += [instrument.render(block) for _ in range(max(1, 3000 // block))]
    return np.concatenate(sound)


@pytest.mark.parametrize("block", [64, 128, 1024])
@pytest.mark.parametrize("name", ["solo", "vst"])
def test_that_no_border_of_notes_clicks(name, block, players):
    """A click reaches where nothing sounds: above half of the model's sample rate."""
    instrument = LiveInstrument(players[name], 48000)
    instrument.knobs = replace(instrument.knobs, room=0.0, noise=0.0)
    sound = melody(instrument, block)
    assert np.isfinite(sound).all()
    assert np.abs(sound).max() > 0.01
    rest = len(sound) % 256
    frames = (sound[: len(sound) - rest].reshape(-1, 256)) * np.hanning(256)
    spectra = np.abs(np.fft.rfft(frames))
    clicks = spectra[:, 256 * 12 // 48 :].max()  # above 12 kHz
    assert 20 * np.log10(clicks / spectra.max()) < -60


def test_that_a_knob_that_is_turned_does_not_click(players):
    instrument = LiveInstrument(players["solo"], 48000)
    instrument.knobs = replace(instrument.knobs, noise=0.0, room=0.0)
    instrument.voice.hear(NoteOn(60, 100))
    instrument.render(9600)
    sound = [instrument.render(128)]
    for volume in (0.5, 1.0, 0.0, 1.0):
        instrument.knobs = replace(instrument.knobs, volume=volume)
        sound += [instrument.render(128) for _ in range(4)]
    steps = np.abs(np.diff(np.concatenate(sound)))
    assert steps.max() < 1.5 * np.abs(np.diff(sound[0])).max()


def test_that_a_note_sounds_within_the_block_after_its_key(players):
    for name in ("solo", "vst"):
        instrument = LiveInstrument(players[name], 48000)
        instrument.render(128)
        instrument.voice.hear(NoteOn(69, 100))
        heard = np.abs(np.concatenate([instrument.render(128) for _ in range(40)]))
        first = np.argmax(heard > heard.max() / 100)
        assert first < 48 * 5  # 5 ms


def test_that_a_voice_that_has_ended_costs_nothing_and_is_silent(players):
    instrument = LiveInstrument(players["solo"], 48000)
    instrument.voice.hear(NoteOn(69, 100))
    instrument.render(9600)
    instrument.voice.hear(NoteOff(69))
    instrument.render(2 * 48000)
    assert np.abs(instrument.render(9600)).max() < 1e-12


def test_that_a_flood_of_notes_asks_the_model_no_more_often_than_every_three_milliseconds(players):
    instrument = LiveInstrument(players["vst"], 48000)
    asked = []
    predict = instrument.predictor.predict
    instrument.predictor.predict = lambda f0_hz, level_db: asked.append(f0_hz) or predict(f0_hz, level_db)
    for number in range(1500):  # in a second
        instrument.voice.hear(NoteOn(number % 128, 100))
        assert np.isfinite(instrument.render(32)).all()
    assert len(asked) < 340
