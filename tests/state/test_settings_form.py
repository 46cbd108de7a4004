"""The form of a model's settings, without a window."""

import pytest

from app.state.settings_form import (
    FormPhase,
    SettingsForm,
    bindings,
    edited,
    is_found,
    judged,
    listed,
    put_back,
    shown,
)
from ddsp_backend.jobs.events import Failed, Finished, SettingDescribed, Started, Stopped
from ddsp_backend.jobs.job_table import JobKind
from ddsp_backend.jobs.kinds import ValueKind

WHOLE, TEXT, SWITCH = (ValueKind.WHOLE_NUMBER,), (ValueKind.TEXT,), (ValueKind.SWITCH,)
NUMBER, LIST = (ValueKind.NUMBER, ValueKind.NOTHING), (ValueKind.LIST,)


def form(*kept: str, is_trained: bool = False) -> SettingsForm:
    read = SettingsForm(kept=kept, is_trained=is_trained)
    for event in (
        SettingDescribed("train.batch_size", "train", "Training.", "16", WHOLE, "Examples a step.", True),
        SettingDescribed("train.limit", "train", "Training.", "None", NUMBER, "Where to end.", True),
        SettingDescribed("RnnFcDecoder.rnn_type", "RnnFcDecoder", "Decoder.", "'gru'", TEXT, "Kind of cell.", False),
        SettingDescribed("FilteredNoise.is_on", "FilteredNoise", "Noise.", "True", SWITCH, "", False),
        SettingDescribed("SpectralLoss.fft_sizes", "SpectralLoss", "Loss.", "(64, 32)", LIST, "Lengths.", True),
        Finished(),
    ):
        read = listed(read, event)
    return read


def row(state: SettingsForm, name: str):
    (found,) = [row for row in state.rows if row.name == name]
    return found


def test_that_the_form_begins_with_the_presets_values():
    assert form().phase is FormPhase.READY
    assert bindings(form()) == ()
    assert row(form(), "train.batch_size").title == "Batch size"
    assert row(form(), "SpectralLoss.fft_sizes").owner == "Spectral loss"


def test_that_what_was_kept_is_shown_again():
    kept = ("train.batch_size = 8", "RnnFcDecoder.rnn_type = 'lstm'", "Gone.since = 1")
    assert bindings(form(*kept)) == kept[:2]


@pytest.mark.parametrize(
    ("name", "text", "binding"),
    [
        ("train.batch_size", " 8 ", "train.batch_size = 8"),
        ("train.limit", "2", "train.limit = 2"),
        ("train.limit", "0.5", "train.limit = 0.5"),
        ("RnnFcDecoder.rnn_type", "lstm", "RnnFcDecoder.rnn_type = 'lstm'"),
        ("RnnFcDecoder.rnn_type", "'lstm'", "RnnFcDecoder.rnn_type = 'lstm'"),
        ("FilteredNoise.is_on", "False", "FilteredNoise.is_on = False"),
        ("SpectralLoss.fft_sizes", "[512, 64]", "SpectralLoss.fft_sizes = [512, 64]"),
    ],
)
def test_that_what_fits_becomes_a_binding(name, text, binding):
    assert bindings(edited(form(), name, text)) == (binding,)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("train.batch_size", "8.5"),
        ("train.batch_size", "many"),
        ("train.batch_size", "True"),
        ("train.batch_size", ""),
        ("train.limit", "'2'"),
        ("FilteredNoise.is_on", "1"),
        ("SpectralLoss.fft_sizes", "64, 32\nimport os"),
        ("SpectralLoss.fft_sizes", "@losses.SpectralLoss()"),
    ],
)
def test_that_what_does_not_fit_is_said_and_cannot_be_kept(name, text):
    state = edited(form(), name, text)
    assert text.strip()[:5] in row(state, name).problem
    assert not state.can_keep
    assert edited(state, name, row(state, name).preset).can_keep


def test_that_a_problem_names_what_would_fit():
    problem = row(edited(form(), "train.limit", "'2'"), "train.limit").problem
    assert problem == """Limit must be a number or nothing (None), not "'2'"."""


def test_that_a_switch_is_known_without_its_words():
    assert [each.name for each in form().rows if each.is_switch] == ["FilteredNoise.is_on"]


def test_that_a_value_equal_to_the_presets_is_none_of_the_users():
    assert bindings(edited(form("train.batch_size = 8"), "train.batch_size", "16")) == ()


def test_that_what_shapes_the_network_is_locked_once_it_is_trained():
    state = edited(form(is_trained=True), "RnnFcDecoder.rnn_type", "lstm")
    state = edited(state, "train.batch_size", "8")
    assert bindings(state) == ("train.batch_size = 8",)


def test_that_all_or_one_go_back_to_the_preset():
    state = edited(edited(form(), "train.batch_size", "8"), "train.limit", "odd")
    assert bindings(put_back(state, ("train.limit",))) == ("train.batch_size = 8",)
    assert bindings(put_back(state, [row.name for row in state.rows])) == ()


def test_that_a_refusal_is_said_until_the_next_change():
    refused = judged(form(), Failed("Trainer.learning_rate=-1 cannot be used", "It must be above 0."))
    assert (refused.phase, refused.title) == (FormPhase.REFUSED, "Trainer.learning_rate=-1 cannot be used")
    assert edited(refused, "train.batch_size", "8").title == ""
    assert judged(form(), Finished()).phase is FormPhase.ACCEPTED


def test_that_a_search_finds_by_every_word_in_name_or_meaning():
    found = [row.name for row in form().rows if is_found(row, "EXAMPLES batch")]
    assert found == ["train.batch_size"]


def test_that_a_text_is_shown_without_quotes_and_nonsense_as_it_is():
    assert [shown(value) for value in ("'gru'", "(64, 32)", "'half")] == ["gru", "(64, 32)", "'half"]


def test_that_a_list_that_never_came_cannot_be_kept():
    read = listed(SettingsForm(), Failed("The preset cannot be read", "Choose another."))
    assert (read.phase, read.title, read.hint) == (FormPhase.REFUSED, "The preset cannot be read", "Choose another.")
    assert listed(SettingsForm(), Stopped()).phase is FormPhase.REFUSED
    assert not SettingsForm().can_keep  # it is still being read
    assert listed(form(), Started(JobKind.DESCRIBE)) == form()


def test_that_a_judgment_that_was_stopped_leaves_the_form_as_it_was():
    assert judged(form("train.batch_size = 8"), Stopped()) == form("train.batch_size = 8")
    assert judged(form(), Started(JobKind.DESCRIBE)) == form()
