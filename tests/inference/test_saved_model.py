"""A SavedModel that TensorFlow alone has loaded plays what the live model plays."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import tensorflow as tf

from ddsp_backend.cli.ddsp_export import main
from ddsp_backend.dsp.crepe import PretrainedCREPE
from ddsp_backend.dsp.streaming import HarmonicStream
from ddsp_backend.errors import ConfigError
from ddsp_backend.inference.model_player import ModelPlayer, load_player
from ddsp_backend.inference.saved_model import MARK
from ddsp_backend.inference.streaming import VSTStatelessPredictControls
from ddsp_backend.inference.streaming_synthesis import VSTSynthesize
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import ArtifactWritten, Failed, Finished
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import ExportSpec
from ddsp_backend.models.preprocessing import scale_db, scale_f0_hz
from tests import recordings
from tests.inference.instruments import ECHO, ECHO_SAMPLES, write_instrument

ROOT = Path(__file__).parents[2]
N_FRAMES = 12


def exported(model_path: Path, folder: Path, inference_model: str, **settings: Any) -> Any:
    spec = ExportSpec(model_path=str(model_path), save_dir=str(folder), inference_model=inference_model, **settings)
    *_, last = run(spec, CancelToken())
    assert isinstance(last, Finished), last
    assert last.result["saved_model"] == str(folder)
    return tf.saved_model.load(folder)


def refusal_of(**settings: Any) -> Failed:
    *_, last = run(ExportSpec(**settings), CancelToken())
    assert isinstance(last, Failed), last
    assert not last.traceback
    return last


@pytest.fixture(scope="module")
def loud(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A vst model whose harmonics sound."""
    return write_instrument(tmp_path_factory.mktemp("loud"), "models/vst/vst.gin", amps=3.0)


@pytest.fixture(scope="module")
def frames() -> dict[str, Any]:
    """A glide over some frames: what is given, and what a renderer makes of it."""
    random = np.random.default_rng(0)
    f0_hz = 300 * 2 ** np.cumsum(random.normal(0, 0.03, N_FRAMES))
    return {"f0_hz": f0_hz.astype(np.float32), "power_db": random.uniform(-60, -10, N_FRAMES).astype(np.float32)}


@pytest.fixture(scope="module")
def rendered(loud: Path, frames: dict[str, Any]) -> dict[str, Any]:
    """Controls and harmonics of those frames, as a rendering makes them."""
    player = load_player(loud)
    (piece,) = player.decode(player.encode(frames, N_FRAMES))
    harmonic = player.model.processor_group.harmonic
    streaming = HarmonicStream(harmonic, player.hop)
    inputs = [piece[key] for key in ("amps", "harmonic_distribution", "f0_hz")]
    audio, _ = streaming.push(inputs, streaming.start, is_last=True)
    return {
        **{key: np.asarray(value) for key, value in player.scaled(piece).items()},
        "audio": audio.numpy(),
        "hop": player.hop,
    }


def scaled_frames(frames: dict[str, Any]) -> list[dict[str, tf.Tensor]]:
    f0, power = scale_f0_hz(tf.constant(frames["f0_hz"])), scale_db(tf.constant(frames["power_db"]))
    return [{"f0_scaled": f0[i : i + 1], "pw_scaled": power[i : i + 1]} for i in range(N_FRAMES)]


def assert_the_controls_are(found: list[list[Any]], rendered: dict[str, Any]) -> None:
    for index, key in enumerate(("amplitudes", "harmonic_distribution_scaled", "noise_magnitudes_scaled")):
        track = np.stack([controls[index] for controls in found])
        np.testing.assert_allclose(track, rendered[key][0], atol=1e-5 * np.abs(rendered[key]).max(), err_msg=key)


def test_that_controls_predicted_frame_by_frame_are_those_of_a_rendering(loud, frames, rendered, tmp_path):
    predict = exported(loud, tmp_path / "out", "vst_stateless_predict_controls")
    state = np.zeros(8, np.float32)
    found = []
    for frame in scaled_frames(frames):
        *controls, state = predict.call(state=state, **frame)
        found.append(controls)
    assert np.abs(state).max() > 0
    assert_the_controls_are(found, rendered)


def test_that_a_state_inside_is_kept_and_reset(loud, frames, rendered, tmp_path):
    predict = exported(loud, tmp_path / "out", "vst_predict_controls")
    for _ in range(2):
        assert_the_controls_are([predict.call(**frame) for frame in scaled_frames(frames)], rendered)
        state = predict.signatures["reset"]()["state"]
        np.testing.assert_array_equal(state, np.zeros(8))


@pytest.mark.parametrize("inference_model", ["vst_synthesize", "vst_synthesize_harmonic"])
def test_that_hops_joined_are_the_rendering(inference_model, loud, frames, rendered, tmp_path):
    synthesize = exported(loud, tmp_path / "out", inference_model).signatures["call"]
    tracks = {
        "amps": rendered["amplitudes"][0],
        "hd": rendered["harmonic_distribution_scaled"][0],
        "f0": frames["f0_hz"][:, None],
    }
    noise = {"noise": tf.zeros([9])} if inference_model == "vst_synthesize" else {}
    phase, hops = tf.zeros([1]), []
    for i in range(1, N_FRAMES):
        here = {key: tf.constant(track[i]) for key, track in tracks.items()}
        before = {f"prev_{key}": tf.constant(track[i - 1]) for key, track in tracks.items()}
        answer = synthesize(**here, **before, **noise, prev_phase=phase)
        hops.append(answer["output_0"])
        phase = answer["output_1"]
        assert 0 <= phase[0] < 2 * np.pi
    audio = rendered["audio"][: (N_FRAMES - 1) * rendered["hop"]]
    assert np.abs(audio).max() > 0.1
    np.testing.assert_allclose(np.concatenate(hops), audio, atol=1e-4 * np.abs(audio).max())


def test_that_a_hop_of_another_size_is_as_long_as_was_asked_for(loud, tmp_path):
    synthesize = exported(loud, tmp_path / "out", "vst_synthesize_noise", new_hop_size=480)
    assert synthesize.call(noise=tf.ones([9])).shape == (480,)


def test_that_noise_is_drawn_anew_and_has_the_magnitudes_that_were_asked_for(loud, tmp_path):
    synthesize = exported(loud, tmp_path / "out", "vst_synthesize_noise")
    magnitudes = np.array([0, 0, 0, 0, 1, 0, 0, 0, 0], np.float32)
    hops = np.stack([synthesize.call(noise=tf.constant(magnitudes)) for _ in range(20)])
    assert np.abs(hops[0] - hops[1]).max() > 0.1
    power = (np.abs(np.fft.rfft(hops)) ** 2).mean(0)
    quarter = len(power) // 4
    assert power[2 * quarter - 20 : 2 * quarter + 20].mean() > 100 * power[: quarter // 2].mean()


def test_that_pitch_and_power_of_a_frame_are_found(loud, tmp_path):
    extract = exported(loud, tmp_path / "out", "vst_extract_features", crepe_capacity="tiny")
    audio = (0.5 * np.sin(2 * np.pi * 440 * np.arange(1024) / 16000)).astype(np.float32)
    f0_hz, f0_scaled, power_db, power_scaled = (np.asarray(value) for value in extract.call(audio=audio))
    live, _ = PretrainedCREPE("tiny").predict_f0_and_confidence(audio, padding="valid")
    np.testing.assert_allclose(f0_hz, live[0], rtol=1e-5)
    assert abs(1200 * np.log2(f0_hz[0] / 440)) < 20
    assert power_db[0] == pytest.approx(20 * np.log10(0.5 / np.sqrt(2)), abs=0.1)
    np.testing.assert_allclose(f0_scaled, scale_f0_hz(f0_hz), rtol=1e-6)
    np.testing.assert_allclose(power_scaled, scale_db(power_db), rtol=1e-6)


@pytest.mark.parametrize(("instrument", "level_key"), [("solo", "loudness_db"), ("loud", "power_db")])
def test_that_a_whole_model_plays_any_length_in_its_room(instrument, level_key, request, frames, tmp_path):
    path = request.getfixturevalue(instrument)
    player = load_player(path)
    seconds = 0.2
    loaded = exported(path, tmp_path / "out", "autoencoder", length_seconds=seconds, remove_reverb=False)
    n_frames = round(seconds * player.info.frame_rate) + player.info.is_centered
    f0_hz, level = np.full(n_frames, 330, np.float32), np.full(n_frames, -20, np.float32)
    answer = loaded.signatures["serving_default"](**{"f0_hz": tf.constant(f0_hz), level_key: tf.constant(level)})
    features = {"f0_hz": f0_hz[None], level_key: level[None], "noise_seed": tf.constant([0, 0])}
    live = player.model(features, n_frames=n_frames)
    audio = live["audio_synth"][0].numpy()
    assert len(audio) == round(seconds * 16000)
    np.testing.assert_allclose(answer["audio_synth"], audio, atol=1e-4 * np.abs(audio).max())
    np.testing.assert_allclose(answer["amps"], live["amps"][0], atol=1e-5)


def test_that_a_model_with_an_encoder_takes_the_audio_that_it_hears(ae, tmp_path):
    loaded = exported(ae, tmp_path / "out", "autoencoder", length_seconds=0.2)
    given = {"f0_hz": tf.fill([50], 330.0), "loudness_db": tf.fill([50], -20.0)}
    model, answers = load_player(ae).model, []
    for audio in (recordings.melody(0.2), recordings.tone(0.2, hz=2000)):
        answers.append(loaded.signatures["serving_default"](audio=tf.constant(audio), **given)["amps"])
        features = model.preprocess({key: value[None] for key, value in given.items()}, 50)
        live = model.decoder(model.with_latents({**features, "audio": tf.constant(audio[None])}))
        np.testing.assert_allclose(answers[-1], live["amps"][0], atol=1e-5)
    assert np.abs(answers[0] - answers[1]).max() > 1e-3


def test_that_the_room_is_left_out_and_written_beside(solo, tmp_path):
    settings = {"model_path": solo, "inference_model": "autoencoder", "length_seconds": 0.1}
    given = {"f0_hz": tf.fill([25], 330.0), "loudness_db": tf.fill([25], -20.0)}
    played = []
    for remove_reverb in (False, True):
        loaded = exported(folder=tmp_path / str(remove_reverb), remove_reverb=remove_reverb, **settings)
        played.append(np.asarray(loaded.call(**given)["audio_synth"]))
    wet, dry = played
    echo = np.concatenate([np.zeros(ECHO_SAMPLES), dry[:-ECHO_SAMPLES]])
    np.testing.assert_allclose(wet, dry + ECHO * echo, atol=1e-4 * np.abs(wet).max())
    ir, rate = soundfile.read(tmp_path / "True" / "reverb_ir_16000_hz.wav")
    assert (rate, int(np.abs(ir).argmax()), ir[ECHO_SAMPLES]) == (16000, ECHO_SAMPLES, ECHO)
    ir, rate = soundfile.read(tmp_path / "True" / "reverb_ir_44100_hz.wav")
    assert rate == 44100
    assert int(np.abs(ir).argmax()) == round(ECHO_SAMPLES * 44100 / 16000)


@pytest.mark.slow
def test_that_tensorflow_plays_it_without_this_program(loud, tmp_path):
    exported(loud, tmp_path / "out", "vst_stateless_predict_controls")
    code = (
        "import sys, tensorflow as tf; loaded = tf.saved_model.load('out');"
        "answer = loaded.signatures['call'](f0_scaled=tf.zeros([1]), pw_scaled=tf.zeros([1]), state=tf.zeros([8]));"
        "assert not any(name.startswith('ddsp_backend') for name in sys.modules);"
        "print(*(answer[f'output_{i}'].shape[0] for i in range(4)))"
    )
    child = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert child.stdout.split() == ["1", "6", "9", "8"], child.stderr


def test_that_an_earlier_export_is_replaced_and_other_files_stay(loud, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "notes.txt").write_text("kept")
    exported(loud, folder, "vst_synthesize_noise")
    loaded = exported(loud, folder, "vst_stateless_predict_controls")
    assert list(loaded.signatures) == ["call"]
    assert (folder / "notes.txt").read_text() == "kept"
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


@pytest.mark.slow
def test_that_a_full_disk_is_said_and_the_earlier_export_stays(loud, tmp_path):
    folder = tmp_path / "out"
    exported(loud, folder, "vst_predict_controls")
    # Files are limited to so many bytes, as on a disk that is nearly full.
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000));"
        "from ddsp_backend.cli.ddsp_export import main; sys.exit(main(sys.argv[1:]))"
    )
    flags = [f"--model_path={loud}", f"--save_dir={folder}", "--inference_model=vst_stateless_predict_controls"]
    child = subprocess.run([sys.executable, "-c", code, *flags], capture_output=True, text=True, check=False, cwd=ROOT)
    assert child.returncode == 1, child.stdout + child.stderr
    assert f"The model could not be written to {folder}" in child.stdout
    assert "Traceback" not in child.stdout + child.stderr
    assert set(tf.saved_model.load(folder).signatures) == {"call", "reset"}
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


def test_that_a_stop_leaves_no_half_model(loud, tmp_path):
    cancel = CancelToken()
    cancel.set()
    events = list(run(ExportSpec(model_path=str(loud), save_dir=str(tmp_path / "out")), cancel))
    assert not any(isinstance(event, ArtifactWritten | Finished) for event in events)
    assert not (tmp_path / "out").exists()


def test_that_a_model_of_loudness_is_refused_as_a_streaming_one(solo, tmp_path):
    refused = refusal_of(model_path=str(solo), save_dir=str(tmp_path / "out"), inference_model="vst_synthesize")
    assert "F0LoudnessPreprocessor and RnnFcDecoder plays from ld_scaled, f0_scaled" in refused.title
    assert "inference_model=autoencoder" in refused.hint
    assert not (tmp_path / "out").exists()


def test_that_a_saved_model_is_no_model_to_export(loud, tmp_path):
    exported(loud, tmp_path / "out", "vst_synthesize_noise")
    assert "is a SavedModel already" in refusal_of(model_path=str(tmp_path / "out")).title


@pytest.mark.parametrize(
    ("field", "value"), [("inference_model", "streaming_f0_pw"), ("length_seconds", float("nan")), ("new_hop_size", -1)]
)
def test_that_nonsense_is_refused_by_name(field, value):
    with pytest.raises(ConfigError, match=field):
        ExportSpec(model_path="run", **{field: value})


def test_that_the_command_line_writes_into_the_runs_folder(loud, capsys):
    assert main([f"--model_path={loud}", "--name=flute", "--inference_model=vst_synthesize_noise", "--noreverb"]) == 0
    assert sorted(path.name for path in (loud / "flute").iterdir() if path.is_file()) == ["fingerprint.pb", MARK]
    assert f"Written: {loud / 'flute'}" in capsys.readouterr().out


@pytest.mark.parametrize("flag", ["--tfjs", "--gin_param=a=1"])
def test_that_what_is_not_offered_is_said(flag, loud, capsys):
    with pytest.raises(SystemExit) as end:
        main([f"--model_path={loud}", flag])
    assert end.value.code == 2
    assert flag.split("=")[0] in capsys.readouterr().err


def test_that_modules_ask_for_what_they_say(loud):
    player: ModelPlayer = load_player(loud)
    assert VSTStatelessPredictControls(player).input_sizes == {"f0_scaled": 1, "pw_scaled": 1, "state": 8}
    assert list(VSTSynthesize(player).input_sizes) == [
        "amps", "prev_amps", "hd", "prev_hd", "f0", "prev_f0", "noise", "prev_phase",
    ]  # fmt: skip
