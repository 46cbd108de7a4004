"""Every file that ships is read strictly, and makes the model that its name promises."""

import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.config.parse import parse
from ddsp_backend.config.paths import gin_folder
from ddsp_backend.config.registry import TARGETS, matching

FILES = sorted(str(path.relative_to(gin_folder())) for path in gin_folder().rglob("*.gin"))
PATTERNS = {
    "presets": ("train_pattern = 'a/train*'", "held_out_pattern = 'a/held_out*'"),
    "datasets": ("TFRecordProvider.file_pattern = 'a/b*'",),
    "papers": ("TFRecordProvider.file_pattern = 'a/b*'",),
}
PARTS = {  # files that only others include: on their own they lack what those bind
    "models/f0_loudness.gin": "models/solo_instrument.gin",
    "models/vst/streaming.gin": "models/vst/vst.gin",
    "presets/held_out.gin": "presets/vst.gin",
}


def params(file: str) -> tuple[str, ...]:
    return PATTERNS.get(file.split("/")[0], ())


def n_weights(model) -> int:
    return sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)


def test_that_there_are_the_files_of_the_reference():
    assert {
        "models/solo_instrument.gin",
        "models/vst/vst.gin",
        "models/vst/vst_32k.gin",
        "models/vst/vst_48k.gin",
        "datasets/base.gin",
        "datasets/tfrecord.gin",
        "eval/basic.gin",
        "eval/basic_f0_ld.gin",
        "optimization/base.gin",
        "optimization/base_tpu.gin",
        "papers/iclr2020/solo_instrument.gin",
        "papers/iclr2020/tiny_instrument.gin",
    } <= set(FILES)


@pytest.mark.parametrize("file", [file for file in FILES if file not in PARTS])
def test_that_it_is_read_strictly_and_its_settings_are_made(file):
    config = parse([file], params(file))
    for settings in (config.train(), config.trainer(), config.evaluate(), config.sample()):
        assert settings
    if file.startswith(("datasets/tfrecord", "papers/", "presets/")):
        assert config.train().data_provider.sample_rate == 16000
        assert config.evaluate().data_provider is not None
        assert config.sample().data_provider is not None


@pytest.mark.parametrize(
    "file", [f for f in FILES if f.startswith(("models/", "papers/", "presets/")) and f not in PARTS]
)
def test_that_its_model_is_built(file):
    model = parse([file], params(file)).model()
    model.build({"f0_hz": tf.fill([1, 2], 440.0), "loudness_db": tf.zeros([1, 2]), "power_db": tf.zeros([1, 2])})
    # Counted with the reference: solo_instrument 5.2 million with its reverb, vst 1.6 million.
    expected = {
        "models/solo_instrument.gin": (4.5e6, 5.5e6),
        "papers/iclr2020/tiny_instrument.gin": (2.4e5, 3.0e5),
        "models/vst/vst.gin": (1.6e6, 2.0e6),
    }
    low, high = expected.get(file, (1e5, 6e6))
    assert low < n_weights(model) < high


def test_that_every_name_of_the_registry_leads_to_something():
    for selector in TARGETS:
        (configurable,) = (found for found in matching(selector) if found.selector == selector)
        assert configurable.parameters() is not None


def test_that_the_command_line_of_the_readme_makes_model_data_and_evaluation():
    config = parse(
        ["models/solo_instrument.gin", "datasets/tfrecord.gin", "eval/basic_f0_ld.gin"],
        ["TFRecordProvider.file_pattern='OUT/data.tfrecord*'", "batch_size=16"],
    )
    assert config.train().batch_size == 16
    assert config.train().data_provider.frame_rate == 250
    assert len(config.evaluate().evaluator_classes) == 2
    assert config.model().processor_group.reverb.reverb_length == 48000


def test_that_a_function_keeps_its_bindings_for_good():
    config = parse(["models/vst/vst.gin"], ["exp_sigmoid.max_value = 4.0"])
    scale_fn = config.model().processor_group.harmonic.scale_fn
    parse()  # another config comes and goes
    assert float(scale_fn(tf.constant(100.0))) == pytest.approx(4.0)
    plain = parse(["models/vst/vst.gin"]).model().processor_group.harmonic.scale_fn
    assert float(plain(tf.constant(100.0))) == pytest.approx(2.0)


def test_that_the_same_files_for_learning_and_holding_out_are_refused():
    with pytest.raises(Exception, match=r"reads the same files as train\.data_provider"):
        parse(["presets/vst.gin"], ["train_pattern = 'a*'"]).train()
    assert parse(["presets/vst.gin"], ["train_pattern = 'a*'", "train.held_out_provider = None"]).train()
