"""A model goes into a file and comes out as an instrument that sounds the same."""

import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.state.instrument import load
from app.state.library import Badge, item_on_disk, read_job_history
from ddsp_backend.checkpoints.loading import build_model, load_model
from ddsp_backend.checkpoints.starting_point import start_from
from ddsp_backend.checkpoints.values import named_variables
from ddsp_backend.cli import ddsp_export, ddsp_import
from ddsp_backend.config.parse import parse
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import Failed, Finished, Progressed, StepDone, Stopped
from ddsp_backend.jobs.job_table import JobKind
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import ImportSpec, PluginSpec, RenderSpec, ShareSpec, TrainSpec
from ddsp_backend.sharing.card import EXAMPLE
from tests.inference.instruments import write_instrument
from tests.recordings import melody, write
from tests.sharing.conftest import LEVELS, LICENCE, SECRET
from tests.sharing.files import entries_of, finished
from tests.tiny import GIN_FILES, MODEL_PARAMS, train_params

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "magenta_checkpoint_solo"


def sound_of(model: Path, recording: Path, output: Path, **how: object) -> np.ndarray:
    finished(RenderSpec(model_path=str(model), input_path=str(recording), output_path=str(output), **how))
    audio_N, _ = soundfile.read(output, dtype="float32")
    assert np.abs(audio_N).max() > 1e-4
    return audio_N


def stopped_at(stage: str, spec: ShareSpec | ImportSpec) -> object:
    """The last word of a job that is asked to stop when a stage begins."""
    cancel = CancelToken()
    for event in run(spec, cancel):
        if isinstance(event, Progressed) and event.stage == stage:
            cancel.set()
    return event


def test_that_it_has_the_same_weights(trained, taken_in):
    before, after = (named_variables(load_model(folder)[0]) for folder in (trained, taken_in / "model"))
    assert before.keys() == after.keys()
    for name, variable in before.items():
        np.testing.assert_array_equal(variable.numpy(), after[name].numpy(), err_msg=name)


def test_that_it_sounds_the_same_and_is_fitted_to_the_same_range(trained, taken_in, tmp_path):
    recording = write(tmp_path / "melody.wav", melody(2.0))
    how = {"fit": True, "tracker": "swift-f0"}
    before = sound_of(trained, recording, tmp_path / "before.wav", **how)
    after = sound_of(taken_in / "model", recording, tmp_path / "after.wav", **how)
    np.testing.assert_array_equal(before, after)


def test_that_a_model_of_magenta_is_shared_too(tmp_path):
    path = tmp_path / "Solo.timbre"
    assert ddsp_export.main([f"--model_path={GOLDEN}", f"--share={path}", "--licence=CC0", "--maker=Magenta"]) == 0
    assert ddsp_import.main([str(path), f"--library={tmp_path / 'library'}"]) == 0
    recording = write(tmp_path / "melody.wav", melody(2.0))
    before = sound_of(GOLDEN, recording, tmp_path / "before.wav", tracker="swift-f0")
    after = sound_of(tmp_path / "library" / "Solo" / "model", recording, tmp_path / "after.wav", tracker="swift-f0")
    np.testing.assert_allclose(before, after, atol=1e-6 * np.abs(before).max())


def test_that_its_card_says_what_it_has_learned_from(shared):
    card = json.loads(entries_of(shared)["card.json"])
    assert (card["name"], card["licence"], card["maker"], card["steps"]) == ("Tiny flute", LICENCE, "Ann", 3)
    assert (card["minutes"], card["lowest_midi"], card["highest_midi"]) == (1.5, 48, 72)
    assert (card["softest_db"], card["loudest_db"]) == (LEVELS[5], LEVELS[95])


def test_that_nothing_tells_of_recordings_or_of_this_computer(shared, trained):
    for name, content in entries_of(shared).items():
        for word in (SECRET, str(trained.parent), str(Path.home()), "tfrecord"):
            assert word.encode() not in content, f"{name} holds {word}"


def test_that_the_same_model_gives_the_same_file(shared, trained, tmp_path):
    spec = ShareSpec(model_path=str(trained), output_path=str(tmp_path / "a.timbre"), name="Flute", licence="CC0")
    finished(spec)
    entries = entries_of(tmp_path / "a.timbre")
    assert {name for name, content in entries_of(shared).items() if content != entries[name]} == {"card.json"}


def test_that_the_window_finds_an_instrument_with_its_example_and_no_recordings(taken_in):
    instrument = load(taken_in)
    assert (instrument.name, instrument.inputs, instrument.preset) == ("Tiny flute", (), "presets/vst.gin")
    assert instrument.settings == {"presets/vst.gin": ("RnnFcDecoder.ch = 16",)}
    assert instrument.is_trained()
    assert item_on_disk(instrument).badge is Badge.TRAINED
    history = read_job_history(instrument)
    assert history.run.job is JobKind.IMPORT
    assert history.run.newest_model_step == 3
    clip = history.run.clips[3][EXAMPLE]
    assert clip.target_audio == ""
    audio_N, rate = soundfile.read(clip.output_audio)
    assert rate == 16000
    assert 5 < len(audio_N) / rate < 7
    assert np.abs(audio_N).max() > 1e-4
    assert np.load(clip.output_spectrogram).max() > 0


def test_that_a_name_that_is_taken_gets_a_number(taken_in, shared):
    library = taken_in.parent
    before = sorted(path.name for path in library.iterdir())
    result = finished(ImportSpec(file_path=str(shared), library=str(library)))
    assert result == {"instrument": str(library / "Tiny flute 2"), "name": "Tiny flute 2"}
    assert load(library / "Tiny flute 2").name == "Tiny flute 2"
    assert sorted(path.name for path in library.iterdir()) == [*before, "Tiny flute 2"]


def test_that_it_can_be_shared_again_with_what_is_known_of_it(taken_in, tmp_path):
    path = tmp_path / "again.timbre"
    finished(ShareSpec(model_path=str(taken_in / "model"), output_path=str(path), name="Again", licence="CC0"))
    card = json.loads(entries_of(path)["card.json"])
    assert (card["minutes"], card["lowest_midi"], card["steps"]) == (1.5, 48, 3)


def test_that_the_plugin_gets_the_same_file_of_it(tmp_path):
    model = write_instrument(tmp_path / "model", "models/vst/vst.gin")
    path = tmp_path / "Small.timbre"
    finished(ShareSpec(model_path=str(model), output_path=str(path), name="Small", licence="CC0"))
    finished(ImportSpec(file_path=str(path), library=str(tmp_path / "library")))
    last = []
    for folder in (model, tmp_path / "library" / "Small" / "model"):
        *_, word = run(PluginSpec(model_path=str(folder), output_path=str(tmp_path / "Small.tflite")), CancelToken())
        last.append(word)
    assert isinstance(last[0], Failed)  # it is too small for the plug-in, which says so
    assert last[0] == last[1]


def test_that_a_model_with_an_encoder_has_no_example_and_is_taken_in(tmp_path):
    model = write_instrument(tmp_path / "model", "models/ae.gin")
    path = tmp_path / "Ae.timbre"
    finished(ShareSpec(model_path=str(model), output_path=str(path), name="Ae", licence="CC0"))
    assert "example.wav" not in entries_of(path)
    finished(ImportSpec(file_path=str(path), library=str(tmp_path / "library")))
    model_after, info = load_model(tmp_path / "library" / "Ae" / "model")
    assert info.checkpoint.step == 1
    assert model_after.encoder is not None


@pytest.mark.parametrize(("name", "what"), [("model.zip", "does not end in .timbre"), ("a.timbre", "already")])
def test_that_a_file_is_written_only_where_it_is_meant(trained, tmp_path, name, what):
    (tmp_path / "a.timbre").write_text("an older one")
    spec = ShareSpec(model_path=str(trained), output_path=str(tmp_path / name), name="Flute", licence="CC0")
    *_, last = run(spec, CancelToken())
    assert isinstance(last, Failed)
    assert what in last.title
    assert [path.name for path in tmp_path.iterdir()] == ["a.timbre"]
    assert (tmp_path / "a.timbre").read_text() == "an older one"


def test_that_a_file_is_replaced_when_it_is_asked_for(trained, tmp_path):
    path = tmp_path / "a.timbre"
    path.write_text("an older one")
    finished(ShareSpec(model_path=str(trained), output_path=str(path), name="Flute", licence="CC0", replace=True))
    assert zipfile.is_zipfile(path)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("at", ["Loading the model", "Playing an example", "Playing", "Writing the file"])
def test_that_sharing_is_stopped_on_request_and_leaves_nothing(trained, tmp_path, at):
    spec = ShareSpec(model_path=str(trained), output_path=str(tmp_path / "out" / "a.timbre"), name="A", licence="CC0")
    assert isinstance(stopped_at(at, spec), Stopped)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("at", ["Checking the file"])
def test_that_opening_is_stopped_on_request_and_leaves_nothing(shared, tmp_path, at):
    spec = ImportSpec(file_path=str(shared), library=str(tmp_path / "library"))
    assert isinstance(stopped_at(at, spec), Stopped)
    assert list((tmp_path / "library").iterdir()) == []


def test_that_the_command_asks_for_a_licence(trained, tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        ddsp_export.main([f"--model_path={trained}", f"--share={tmp_path / 'a.timbre'}"])
    assert ended.value.code == 2
    assert "--share needs --licence" in capsys.readouterr().err


def test_that_a_training_goes_on_from_it_at_its_step(taken_in, tmp_path):
    run_folder = tmp_path / "run"
    shutil.copytree(taken_in / "model", run_folder)
    params = train_params(tmp_path / "data", held_out=False, n_clips=0)
    spec = TrainSpec(save_dir=str(run_folder), gin_files=GIN_FILES, gin_params=params, steps=5)
    events = list(run(spec, CancelToken()))
    assert isinstance(events[-1], Finished), events[-1]
    assert [event.step for event in events if isinstance(event, StepDone)] == [4, 5]


def test_that_another_instrument_can_start_from_it(taken_in):
    model, _ = load_model(taken_in / "model")
    fresh = build_model(parse(GIN_FILES[:1], MODEL_PARAMS[:-1]))
    assert start_from(str(taken_in / "model"), fresh) == []
    decoder = fresh.decoder.dense_out.kernel.numpy()
    np.testing.assert_array_equal(decoder, model.decoder.dense_out.kernel.numpy())
