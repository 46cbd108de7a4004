"""What a config says, and the sentence a user gets for each way to get it wrong."""

from concurrent.futures import ThreadPoolExecutor

import gin
import pytest

from ddsp_backend.config.parse import parse
from ddsp_backend.config.settings import BasicEvaluatorConfig, F0LdEvaluatorConfig
from ddsp_backend.errors import ConfigError


def refusal(*params: str, files: tuple[str, ...] = ()) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(files, params)
    return str(caught.value)


def test_that_the_defaults_are_the_references():
    config = parse()
    assert config.train().batch_size == 32
    assert config.train().num_steps == 1_000_000
    trainer = config.trainer()
    assert (trainer.learning_rate, trainer.lr_decay_steps, trainer.lr_decay_rate) == (3e-4, 10_000, 0.98)
    assert (trainer.grad_clip_norm, trainer.checkpoints_to_keep, trainer.restore_keys) == (3.0, 100, None)
    assert config.evaluate().evaluator_classes == (BasicEvaluatorConfig(),)


def test_that_parameters_win_over_files_and_later_files_over_earlier_ones():
    config = parse(["eval/basic_f0_ld.gin", "datasets/base.gin"], ["batch_size=16", "evaluate.num_batches = 7"])
    assert config.train().batch_size == 16
    assert config.evaluate().num_batches == 7
    assert config.evaluate().evaluator_classes == (BasicEvaluatorConfig(), F0LdEvaluatorConfig())


def test_that_an_evaluator_keeps_its_own_settings():
    config = parse(["eval/basic_f0_ld.gin"], ["F0LdEvaluator.run_f0_crepe = False"])
    assert config.evaluate().evaluator_classes[1] == F0LdEvaluatorConfig(run_f0_crepe=False)


def test_that_a_scope_wins_over_the_bare_name_and_reaches_what_is_called_within(tmp_path):
    path = tmp_path / "scoped.gin"
    path.write_text(
        "get_model.model = @inner/evaluate()\n"
        "evaluate.data_provider = @sample()\n"
        "evaluate.batch_size = 3\n"
        "inner/evaluate.batch_size = 4\n"
        "inner/sample.batch_size = 5\n"
    )
    model = parse([str(path)]).model()
    assert (model.batch_size, model.data_provider.batch_size) == (4, 5)


def test_that_dataset_reads_as_datasets():
    assert parse(["dataset/base.gin"]).evaluate().num_batches == 5


def test_that_an_include_is_found_on_the_search_path_and_beside_its_file(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "far.gin").write_text("train.n_clips = 9\n")
    (tmp_path / "near.gin").write_text("train.seed = 5\n")
    (tmp_path / "mine.gin").write_text("include 'far.gin'\ninclude 'near.gin'\n")
    train = parse([str(tmp_path / "mine.gin")], search_paths=[str(tmp_path / "elsewhere")]).train()
    assert (train.n_clips, train.seed) == (9, 5)


@pytest.mark.parametrize(
    ("param", "sentence"),
    [
        ("Trainr.learning_rate = 1", "there is no Trainr. Did you mean Trainer"),
        ("train.batch_sze = 3", "train has no parameter batch_sze. Did you mean batch_size?"),
        ("batch_sze = 3", "binds batch_sze, which nothing uses. Did you mean batch_size?"),
        ("train.batch_size = %bach_size", "reads %bach_size, which no gin file defines. Did you mean batch_size?"),
        ("get_model.model = @models.Autoencodr()", "there is no models.Autoencodr. Did you mean Autoencoder"),
        (
            "SpectralLoss.name = @ExperimentalDataProvider",
            "ExperimentalDataProvider is a part of magenta/ddsp that Timbre Studio does not",
        ),
        ("get_model.model = @models.HmmMidiAutoencoder()", "HmmMidiAutoencoder cannot be used: magenta/ddsp's own gin"),
        ("MidiDecoder.net = @tf.keras.layers.Dense()", "tf.keras.layers.Dense is a layer of Keras"),
        ("DilatedConvStak.ch = 3", "there is no DilatedConvStak. Did you mean DilatedConvStack"),
        ("ae/RnnFcDecoder.chh = 3", "RnnFcDecoder has no parameter chh. Did you mean ch?"),
        ("import os", "imports 'os', which nobody allowed"),
        ("from os import path", "imports 'os.path', which nobody allowed"),
        ("import ddsp_evil", "imports 'ddsp_evil'"),
        ("include 'models/slo_instrument.gin'", "Did you mean models/solo_instrument.gin"),
        ("Trainer.learning_rate = 'a", "line 1 is not a gin statement"),
        ("Trainer.learning_rate = ", "line 1 is not a gin statement"),
        ("Trainer", "line 1 is not a gin statement"),
        ("train.batch_size = '16'", "train.batch_size='16' is not a whole number"),
        ("train.batch_size = True", "train.batch_size=True is not a whole number"),
        ("Trainer.restore_keys = 'decoder'", "Trainer.restore_keys='decoder' is not a list or None"),
        ("run_dag.verbose = True", "run_dag.verbose=True is not offered"),
        ("oscillator_bank.sum_sinusoids = False", "oscillator_bank.sum_sinusoids=False is not offered"),
    ],
)
def test_that_a_slip_is_answered_with_what_was_meant(param, sentence):
    assert sentence in refusal(param)


def test_that_a_value_is_judged_where_a_macro_comes_to_it():
    config = parse((), ["batch_size = 'many'"])
    with pytest.raises(ConfigError, match=r"train.batch_size='many' is not a whole number"):
        config.train()


def test_that_a_refusal_names_file_and_line(tmp_path):
    path = tmp_path / "mine.gin"
    path.write_text("# mine\ninclude 'optimization/base.gin'\n\ntrain:\n    num_steps = 5\n    nm_steps = 6\n")
    assert f"{path}, line 6: train has no parameter nm_steps. Did you mean num_steps?" in refusal(files=(str(path),))


def test_that_files_that_include_each_other_are_refused(tmp_path):
    (tmp_path / "a.gin").write_text(f"include '{tmp_path}/b.gin'\n")
    (tmp_path / "b.gin").write_text(f"include '{tmp_path}/a.gin'\n")
    assert "which includes this file again" in refusal(files=(str(tmp_path / "a.gin"),))


def test_that_a_macro_may_be_left_without_a_reader_by_a_later_binding():
    config = parse(("models/vst/vst.gin",), ("Trainer.learning_rate = 0.5",))
    assert config.trainer().learning_rate == 0.5


def test_that_a_macro_defined_by_itself_is_refused():
    config = parse((), ["batch_size = %learning_rate", "learning_rate = %batch_size"])
    with pytest.raises(ConfigError, match="is defined by itself"):
        config.train()


def test_that_a_file_of_bytes_is_refused(tmp_path):
    (tmp_path / "a.gin").write_bytes(b"\xff\xfe\x00")
    assert "cannot be read" in refusal(files=(str(tmp_path / "a.gin"),))


def test_that_two_configs_do_not_reach_into_each_other():
    def batch_size(n: int) -> int:
        return parse((), [f"batch_size = {n}"]).train().batch_size

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(batch_size, range(1, 40))) == list(range(1, 40))
    assert gin.config_str().strip() == ""  # and nothing is left in gin's own global config


def test_that_settings_that_make_no_sense_are_refused():
    with pytest.raises(ConfigError, match=r"train.num_steps=0 cannot be used. It must be 1 or more"):
        parse((), ["train.num_steps = 0"]).train()
    with pytest.raises(ConfigError, match=r"Trainer.learning_rate=-1"):
        parse((), ["learning_rate = -1"]).trainer()
