"""A model in pieces is the model at once, and it is loaded once."""

import os
import shutil

import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.checkpoints.loading import load_model
from ddsp_backend.dsp.core import resample
from ddsp_backend.dsp.streaming import stream
from ddsp_backend.inference.model_player import ModelPlayer, load_player
from ddsp_backend.models.dilated_decoder import DilatedConvDecoder

N_FRAMES = 61


def tracks(n_frames, level_key):
    random = np.random.default_rng(0)
    f0_hz = 300 * 2 ** np.cumsum(random.normal(0, 0.02, n_frames))
    level = random.uniform(-60, -10, n_frames)
    return {"f0_hz": f0_hz.astype(np.float32), level_key: level.astype(np.float32)}


@pytest.mark.parametrize(("instrument", "level_key"), [("solo", "loudness_db"), ("vst", "power_db")])
@pytest.mark.parametrize("piece_frames", [1, 7, 61, 100])
def test_that_pieces_joined_are_the_whole(instrument, level_key, piece_frames, request):
    model, info = load_model(request.getfixturevalue(instrument))
    player = ModelPlayer(model, info)
    player.piece_frames = piece_frames
    given = tracks(N_FRAMES, level_key)
    outputs = model({key: tf.constant(track[None]) for key, track in given.items()}, n_frames=N_FRAMES)
    pieces = list(player.decode(player.encode(given, N_FRAMES)))
    for key in ("amps", "harmonic_distribution", "noise_magnitudes", "f0_hz"):
        joined = np.concatenate([piece[key] for piece in pieces], axis=1)
        np.testing.assert_allclose(joined, outputs[key], atol=1e-5 * np.abs(outputs[key]).max())
    sound = np.concatenate([signals["out"] for signals in stream(model.processor_group, pieces, player.hop)])
    whole = outputs["audio_synth"][0]
    assert sound.shape == whole.shape
    assert np.abs(whole).max() > 0.01
    if instrument == "solo":  # the other one's room is made of noise
        np.testing.assert_allclose(sound, whole, atol=1e-4 * np.abs(whole).max())


@pytest.mark.parametrize("instrument", ["solo", "ae"])
def test_that_a_decoder_without_memory_plays_any_length_at_once(instrument, request):
    """As it would answer an example of that length."""
    model, info = load_model(request.getfixturevalue(instrument))
    condition = ("z",) if instrument == "ae" else None
    splits = model.decoder.output_splits
    tf.random.set_seed(0)
    model.decoder = DilatedConvDecoder(4, layers_per_stack=2, output_splits=splits, conditioning_keys=condition)
    player = ModelPlayer(model, info)
    player.piece_frames = 17
    z = np.random.default_rng(1).normal(size=(9, 16)).astype(np.float32) if condition else None
    pieces = list(player.decode(player.encode(tracks(N_FRAMES, "loudness_db"), N_FRAMES, z)))
    assert [piece["f0_hz"].shape[1] for piece in pieces] == [17, 17, 17, 10]
    features = model.preprocess({key: value[None] for key, value in tracks(N_FRAMES, "loudness_db").items()}, N_FRAMES)
    expected = model.decoder(features if z is None else {**features, "z": resample(z[None], N_FRAMES)})
    for key, _ in splits:
        joined = np.concatenate([piece[key] for piece in pieces], axis=1)
        np.testing.assert_allclose(joined, expected[key], atol=1e-5)


def test_that_pieces_of_one_length_are_compiled_once(vst):
    player = ModelPlayer(*load_model(vst))
    for n_frames in (1, 30, player.piece_frames, 3 * player.piece_frames + 2):
        list(player.decode(player.encode(tracks(n_frames, "power_db"), n_frames)))
    assert player._step.experimental_get_tracing_count() == 1


def test_that_a_model_is_loaded_once_and_again_when_its_files_change(vst, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(vst, folder)
    first = load_player(folder)
    assert load_player(folder) is first
    for path in folder.glob("ckpt-1.*"):
        os.utime(path, ns=(0, 123))
    again = load_player(folder)
    assert again is not first
    for name in ("index", "data-00000-of-00001"):
        shutil.copy(folder / f"ckpt-1.{name}", folder / f"ckpt-2.{name}")
    newer = load_player(folder)
    assert newer.info.checkpoint.step == 2
    assert load_player(folder) is newer
