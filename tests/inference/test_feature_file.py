"""Ready features: what fits is played, what does not gets a sentence."""

import numpy as np
import pytest

from ddsp_backend.inference.model_player import load_player
from ddsp_backend.jobs.events import Failed
from ddsp_backend.jobs.spec import RenderSpec
from tests.inference.instruments import events_of, rendered

N_FRAMES = 50
F0 = np.full((1, N_FRAMES), 300.0)
LOUDNESS = np.full((1, N_FRAMES), -30.0)
NAN = np.where(np.arange(N_FRAMES) == 7, np.nan, LOUDNESS)

BAD = {
    "no f0": ({"loudness_db": LOUDNESS}, "holds no f0_hz, only loudness_db"),
    "nothing": ({"x": F0}, "holds no f0_hz, only nothing known"),
    "no level": ({"f0_hz": F0, "power_db": LOUDNESS}, "neither audio nor loudness_db"),
    "no batch axis": ({"f0_hz": F0[0], "loudness_db": LOUDNESS[0]}, "has the shape [50]"),
    "empty": ({"f0_hz": F0[:, :0], "loudness_db": LOUDNESS}, "has the shape [1, 0]"),
    "not finite": ({"f0_hz": F0, "loudness_db": NAN}, "loudness_db of f.npz is no number at [0, 7]"),
    "infinite in single precision": ({"f0_hz": F0, "loudness_db": LOUDNESS * 1e300}, "is no number at [0, 0]"),
    "negative pitch": ({"f0_hz": -F0, "loudness_db": LOUDNESS}, "reaches from -300 to -300 Hz"),
    "text": ({"f0_hz": F0.astype(str), "loudness_db": LOUDNESS}, "not numbers"),
    "objects": ({"f0_hz": np.array([[None]], object), "loudness_db": LOUDNESS}, "cannot be read as an npz file"),
    "other lengths": ({"f0_hz": F0, "loudness_db": LOUDNESS[:, :40]}, "loudness_db of f.npz has 40 frames"),
    "audio of another length": ({"f0_hz": F0, "audio": np.ones((1, 16000)) / 2}, "make 250 frames"),
    "other batches": ({"f0_hz": F0, "loudness_db": np.tile(LOUDNESS, (2, 1))}, "f0_hz 1, loudness_db 2"),
}


@pytest.mark.parametrize("kind", BAD)
def test_that_features_that_do_not_fit_are_named(kind, solo, tmp_path):
    arrays, words = BAD[kind]
    np.savez(tmp_path / "f.npz", **arrays)
    assert words in failure(solo, tmp_path / "f.npz").title


def test_that_an_encoder_must_be_given_audio(ae, tmp_path):
    np.savez(tmp_path / "f.npz", f0_hz=F0, loudness_db=LOUDNESS)
    assert "f.npz holds no audio, and the model's MfccTimeDistributedRnn" in failure(ae, tmp_path / "f.npz").title


def test_that_a_file_that_is_no_npz_is_said(solo, tmp_path):
    (tmp_path / "text.npz").write_text("no arrays")
    (tmp_path / "cut.npz").write_bytes(b"PK\x03\x04 and no more")
    (tmp_path / "empty.npz").touch()
    np.save(tmp_path / "array.npy", F0)
    for name in ("text.npz", "cut.npz", "empty.npz", "array.npy"):
        assert f"{name} cannot be read as an npz file" in failure(solo, tmp_path / name).title
    assert "does not exist" in failure(solo, tmp_path / "none.npz").title


def failure(model, features):
    spec = RenderSpec(
        model_path=str(model), features_path=str(features), output_path=str(features.with_name("out.wav"))
    )
    last = events_of(spec)[-1]
    assert isinstance(last, Failed)
    assert not last.traceback
    assert last.hint
    return last


def test_that_examples_follow_each_other_and_answer_each_for_itself(solo, tmp_path):
    random = np.random.default_rng(0)
    f0_hz, loudness_db = random.uniform(200, 400, (2, N_FRAMES)), random.uniform(-60, -20, (2, N_FRAMES))
    answers = []
    for name, part in (("both", slice(0, 2)), ("first", slice(0, 1)), ("second", slice(1, 2))):
        np.savez(tmp_path / f"{name}.npz", f0_hz=f0_hz[part], loudness_db=loudness_db[part])
        result = rendered(
            model_path=str(solo),
            features_path=str(tmp_path / f"{name}.npz"),
            output_path=str(tmp_path / f"{name}.wav"),
            controls_path=str(tmp_path / f"{name} controls.npz"),
        )
        answers.append(dict(np.load(result["controls"])))
    hop = load_player(solo).hop
    assert answers[0]["harmonic_audio"].shape == (2, N_FRAMES * hop)
    for key, both in answers[0].items():
        np.testing.assert_array_equal(both, np.concatenate([answers[1][key], answers[2][key]]), err_msg=key)


def test_that_the_level_of_audio_is_measured_as_in_training(solo, vst, tmp_path):
    """The model at once hears the same level in the audio as the render does in pieces of it."""
    random = np.random.default_rng(0)
    for path, key, n_frames in ((solo, "loudness_db", 1000), (vst, "power_db", 201)):
        audio = (random.uniform(-1, 1, (1, 64000)) * np.linspace(0.01, 0.5, 64000)).astype(np.float32)
        f0_hz = np.full((1, n_frames), 300.0, np.float32)
        np.savez(tmp_path / "f.npz", audio=audio, f0_hz=f0_hz, **{key: np.full((1, n_frames), -1.0)})
        rendered(model_path=str(path), features_path=str(tmp_path / "f.npz"), controls_path=str(tmp_path / "c.npz"))
        expected = load_player(path).model({"audio": audio, "f0_hz": f0_hz})["amps"]
        np.testing.assert_allclose(np.load(tmp_path / "c.npz")["amps"], expected, atol=1e-5)
