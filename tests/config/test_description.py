"""A preset as a list of settings, which the window's form is built from."""

import pytest

from ddsp_backend.config.catalogue import describe
from ddsp_backend.config.presets import list_presets
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import Event, Failed, Finished, SettingDescribed
from ddsp_backend.jobs.kinds import ValueKind
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import DescribeSpec

DATA = ("train_pattern = 'learned'", "held_out_pattern = 'held_out'")


def described(gin_file: str = "presets/vst.gin", *params: str) -> tuple[dict[str, SettingDescribed], Event]:
    *events, last = run(DescribeSpec(gin_files=(gin_file,), gin_params=(*DATA, *params)), CancelToken())
    return {event.name: event for event in events if isinstance(event, SettingDescribed)}, last


@pytest.mark.parametrize("preset", [preset.gin_file for preset in list_presets()])
def test_that_what_a_preset_says_binds_to_the_same_preset(preset):
    settings, last = described(preset)
    assert isinstance(last, Finished)
    assert {"train.batch_size", "Trainer.learning_rate", "SpectralLoss.mag_weight"} <= set(settings)
    again, last = described(preset, *(f"{each.name} = {each.value}" for each in settings.values()))
    assert isinstance(last, Finished)
    assert again == settings


def test_that_a_setting_has_value_kind_and_meaning():
    assert described()[0]["RnnFcDecoder.rnn_channels"] == SettingDescribed(
        name="RnnFcDecoder.rnn_channels",
        owner="RnnFcDecoder",
        owner_documentation=describe("ddsp.training.decoders.RnnFcDecoder").summary,
        value="512",
        kinds=(ValueKind.WHOLE_NUMBER,),
        documentation="Number of hidden units of the recurrent layer; more learn more detail but train slower.",
        fits_a_trained_model=False,
    )


def test_that_macros_are_shown_as_what_they_stand_for():
    assert described()[0]["train.batch_size"].value == "8"


def test_that_a_binding_shows():
    assert described("presets/vst.gin", "SpectralLoss.mag_weight = 0.5")[0]["SpectralLoss.mag_weight"].value == "0.5"


def test_that_what_data_set_and_job_say_is_no_setting():
    names = {name.rsplit(".", 1)[-1] for name in described()[0]}
    assert not names & {"file_pattern", "data_provider", "sample_rate", "frame_rate", "num_steps", "save_dir", "dag"}


@pytest.mark.parametrize(
    ("binding", "words"),
    [
        ("SpectralLoss.mag_wait = 1.0", "has no parameter mag_wait"),
        ("train.batch_size = 'many'", "is not a whole number"),
        ("Trainer.learning_rate = -1.0", "Trainer.learning_rate=-1.0 cannot be used"),
        ("RnnFcDecoder.rnn_type = 'elman'", "elman"),
    ],
)
def test_that_a_binding_that_training_would_refuse_is_refused(binding, words):
    last = described("presets/vst.gin", binding)[1]
    assert isinstance(last, Failed)
    assert words in last.title
    assert not last.traceback
