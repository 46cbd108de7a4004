"""What an encoder hears in pieces is what it hears at once, and the model plays from it."""

import tracemalloc

import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.checkpoints.loading import load_model
from ddsp_backend.inference.latents import encode_latents
from ddsp_backend.inference.model_player import ModelPlayer, load_player
from ddsp_backend.jobs.events import Failed
from ddsp_backend.jobs.spec import RenderSpec
from ddsp_backend.jobs.steps import Steps
from ddsp_backend.models.encoders import AggregateFeaturesEncoder, MfccRnnEncoder
from tests import recordings
from tests.inference.instruments import events_of, rendered, write_instrument

F0 = {"f0_hz": np.full(100, 300, np.float32), "loudness_db": np.linspace(-50, -20, 100, dtype=np.float32)}
BATCH = {key: tf.constant(track[None]) for key, track in F0.items()}


def heard(player, audio, n_block=10000):
    """(z, the seconds that were told on the way) of audio in blocks."""
    blocks = (audio[first : first + n_block] for first in range(0, len(audio), n_block))
    steps = Steps(encode_latents(player, F0, 100, blocks, len(audio)))
    seconds = sum(steps)
    return steps.result, seconds


def test_that_pieces_joined_are_what_is_heard_at_once(ae):
    """Forty seconds are more than a piece; they are no whole number of steps."""
    player = load_player(ae)
    audio = recordings.melody(40.01)
    z, seconds = heard(player, audio)
    whole = player.model.encoder.compute_z({"audio": tf.constant(audio[None])})[0]
    assert z.shape == whole.shape == (-(-len(audio) // 512), 16)
    assert seconds == pytest.approx(40.01, abs=512 / 16000)
    assert np.ptp(z, axis=0).max() > 0.1
    np.testing.assert_allclose(z, whole, atol=2e-4 * np.abs(whole).max())
    np.testing.assert_array_equal(heard(player, audio, n_block=777)[0], z)


def test_that_memory_does_not_grow_with_what_is_heard(ae):
    """Eighty seconds more are 5 MB of samples, and 0.3 MB of coefficients, which stay."""
    player = load_player(ae)
    phrase = recordings.melody(1)
    peaks = []
    for n_phrases in (40, 120):
        tracemalloc.start()
        list(encode_latents(player, F0, 100, (phrase for _ in range(n_phrases)), n_phrases * len(phrase)))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 1.2e6


@pytest.mark.parametrize("encoder", [MfccRnnEncoder(4, z_dims=3), AggregateFeaturesEncoder(3)])
def test_that_other_encoders_hear_the_whole(encoder, ae):
    model, info = load_model(ae)
    model.encoder = encoder
    audio = recordings.melody(0.4)
    z, seconds = heard(ModelPlayer(model, info), audio)
    expected = encoder({**model.preprocess(BATCH, 100), "audio": tf.constant(audio[None])})["z"]
    assert z.shape == (1, 3)
    assert seconds == pytest.approx(0.4)
    np.testing.assert_allclose(np.broadcast_to(z, (100, 3)), expected[0], atol=1e-5)


@pytest.mark.parametrize("piece_frames", [7, 100, 1000])
def test_that_the_model_answers_as_it_does_at_once(piece_frames, ae):
    model, info = load_model(ae)
    player = ModelPlayer(model, info)
    player.piece_frames = piece_frames
    audio = recordings.melody(0.4)
    outputs = model({**BATCH, "audio": tf.constant(audio[None])}, n_frames=100)
    tracks = {**F0, "loudness_db": np.asarray(level_of(model, audio))}
    pieces = list(player.decode(player.encode(tracks, 100, heard(player, audio)[0])))
    for key in ("amps", "harmonic_distribution", "noise_magnitudes"):
        joined = np.concatenate([piece[key] for piece in pieces], axis=1)
        np.testing.assert_allclose(joined, outputs[key], atol=1e-4 * np.abs(outputs[key]).max())


def level_of(model, audio):
    """The level as the model measures it."""
    features = model.preprocess({**BATCH, "audio": tf.constant(audio[None])}, 100)
    return features["loudness_db"][0, :, 0]


def test_that_timbre_is_heard_and_stays_when_pitch_and_level_move(ae, tmp_path):
    """Two recordings of one melody, the second with all the treble."""
    soft = recordings.melody(1.5)
    sounds = {"soft": soft, "bright": np.diff(soft, prepend=0).astype(np.float32)}
    latents = {}
    for name, audio in sounds.items():
        recording = str(recordings.write(tmp_path / f"{name}.wav", audio, subtype="FLOAT"))
        for shift in (0.0, 5.0):
            controls = str(tmp_path / f"{name} {shift}.npz")
            rendered(
                model_path=str(ae),
                input_path=recording,
                controls_path=controls,
                tracker="swift-f0",
                pitch_shift=shift,
                loudness_shift=-shift,
            )
            latents[name, shift] = np.load(controls)["z"]
    assert latents["soft", 0].shape == (1, 375, 16)
    for name in sounds:
        np.testing.assert_array_equal(latents[name, 0], latents[name, 5])
    assert np.abs(latents["soft", 0] - latents["bright", 0]).max() > 0.1
    assert all(np.abs(np.diff(z, axis=1)).max() > 1e-3 for z in latents.values())


def test_that_what_a_recording_does_not_say_is_named(tmp_path):
    numbered = write_instrument(tmp_path / "numbered", "models/ae.gin")
    config = numbered / "operative_config-1.gin"
    text = config.read_text()
    for line in (
        "Autoencoder.encoder = @encoders.OneHotEncoder()",
        "get_model.model = @models.InverseSynthesis()\nInverseSynthesis.sinusoidal_encoder = "
        "@encoders.ResnetSinusoidalEncoder()",
    ):
        config.write_text(f"{text}\n{line}\n")
        spec = RenderSpec(model_path=str(numbered), input_path="a.wav", output_path=str(tmp_path / "b.wav"))
        last = events_of(spec)[-1]
        assert isinstance(last, Failed)
        assert line.split("@")[1].split("(")[0].split(".")[1] in last.title
        assert "--mode=sample" in last.hint
