"""What the forms of the window are built from."""

import pytest

from ddsp_backend.config.catalogue import ConfigurableEntry, describe
from ddsp_backend.config.parse import parse
from ddsp_backend.config.registry import TARGETS
from ddsp_backend.config.switches import SWITCHES
from ddsp_backend.jobs.kinds import ValueKind

SETTINGS_OF_TRAINING = ("ddsp.training.train_util.train",)  # a function by its name, and a page of the form


def parameter(name: str, parameter_name: str):
    (found,) = [found for found in describe(name).parameters if found.name == parameter_name]
    return found


def test_that_everything_is_listed_with_type_and_documentation():
    entries = everything()
    bare = [f"{entry.short_name}: {entry.summary}" for entry in entries if not entry.summary.endswith((".", ":"))]
    assert bare == []
    settings = [entry for entry in entries if inspect_is_class(entry.name) and entry.short_name not in SWITCHES]
    undocumented = [
        f"{entry.short_name}.{found.name}"
        for entry in settings
        for found in entry.parameters
        if not found.documentation or not found.kinds
    ]
    assert undocumented == []


def test_that_every_help_is_a_sentence_that_says_what_the_setting_changes():
    """A sentence of ten words has room for it; "Hz." and "Of the amplitude." have not."""
    helps = {
        f"{entry.short_name}.{found.name}": found.documentation
        for entry in everything()
        if inspect_is_class(entry.name) or entry.name in SETTINGS_OF_TRAINING
        for found in entry.parameters
        if entry.short_name not in SWITCHES
    }
    assert len(helps) > 300
    assert [name for name, text in helps.items() if len(text.split()) < 10] == []
    assert [name for name, text in helps.items() if not (text[0].isupper() and text.endswith("."))] == []


def everything() -> list[ConfigurableEntry]:
    return [describe(name) for name in sorted(TARGETS)]


def inspect_is_class(name: str) -> bool:
    """Functions are bound to parameters of classes; their own parameters are explained in their text."""
    return name.rsplit(".", 1)[-1][0].isupper()


@pytest.mark.parametrize(
    ("name", "parameter_name", "kinds", "default", "documentation"),
    [
        ("ddsp.training.train_util.train", "batch_size", (ValueKind.WHOLE_NUMBER,), "32", "Number of examples in each"),
        (
            "ddsp.training.decoders.RnnFcDecoder",
            "rnn_type",
            (ValueKind.TEXT,),
            "'gru'",
            'Type of the recurrent layer: "gru" is faster and smaller',
        ),
        (
            "ddsp.training.preprocessing.F0PowerPreprocessor",
            "time_steps",
            (ValueKind.WHOLE_NUMBER,),
            "1000",
            "Number of control frames",
        ),
        (
            "ddsp.synths.Harmonic",
            "scale_fn",
            (ValueKind.REFERENCE, ValueKind.NOTHING),
            "@exp_sigmoid",
            "Makes network outputs positive",
        ),
        ("ddsp.training.nn.Rnn", "dims", (ValueKind.WHOLE_NUMBER,), None, "Number of hidden units"),
        (
            "ddsp.training.trainers.Trainer",
            "restore_keys",
            (ValueKind.LIST, ValueKind.NOTHING),
            "None",
            "Parts of the model to restore",
        ),
    ],
)
def test_that_a_parameter_is_described(name, parameter_name, kinds, default, documentation):
    found = parameter(name, parameter_name)
    assert found.kinds == kinds
    assert found.default == default
    assert found.documentation.startswith(documentation)


def test_that_what_stands_on_several_lines_is_one_text():
    text = parameter("ddsp.training.nn.ResNet", "conditional").documentation
    assert text == "Each layer's first normalization is conditioned, by z [B, ..., Z]."
    text = parameter("ddsp.training.encoders.ExpressionEncoder", "input_keys").documentation
    assert "\n" not in text


def test_that_a_group_says_that_it_takes_any_name():
    assert describe("ddsp.processors.ProcessorGroup").takes_any_parameter
    assert not describe("ddsp.synths.Harmonic").takes_any_parameter


def test_that_every_default_can_be_bound_as_it_is_written():
    for name in ("ddsp.synths.Harmonic", "ddsp.training.decoders.RnnFcDecoder", "ddsp.training.train_util.train"):
        entry = describe(name)
        bound = [f"{entry.short_name}.{found.name} = {found.default}" for found in entry.parameters if found.default]
        assert parse((), bound, defaults=())


def test_that_a_name_that_is_not_there_is_an_error():
    with pytest.raises(KeyError):
        describe("ddsp.synths.Harmonica")
