"""A new model starts from the built-in one, from an earlier instrument of the same kind, or from nothing."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.state.instrument import Instrument, create, load, save
from app.state.plan import spec_for
from app.state.start_choices import BUILT_IN, NOTHING, chosen_start, start_choices, start_params
from ddsp_backend.config.parse import parse
from ddsp_backend.config.presets import Preset, list_presets
from ddsp_backend.jobs.spec import TrainSpec

STREAMING, SOLO = "presets/vst.gin", "presets/solo_instrument.gin"
PRESETS = {preset.gin_file: preset for preset in list_presets()}


def trained(library: Path, name: str, **choices: object) -> Instrument:
    instrument = create(library, name, **{"preset": STREAMING, **choices})
    instrument.model_path.mkdir()
    (instrument.model_path / "ckpt-30.index").touch()
    return instrument


@pytest.fixture
def new(tmp_path: Path) -> Instrument:
    return create(tmp_path, "New", preset=STREAMING)


def reasons(instrument: Instrument, *others: Instrument, preset: Preset = PRESETS[STREAMING]) -> dict[str, str]:
    return {choice.title: choice.reason for choice in start_choices(instrument, list_presets(), preset, others)}


def test_that_an_instrument_of_the_same_kind_can_be_started_from(new: Instrument, tmp_path: Path) -> None:
    assert reasons(new, new, trained(tmp_path, "Cello")) == {
        "Start from the built-in model": "",
        "Start from nothing": "",
        "Start from Cello": "",
    }


def test_that_another_kind_says_why_it_cannot(new: Instrument, tmp_path: Path) -> None:
    wide = {STREAMING: ("RnnFcDecoder.rnn_channels = 256",)}
    found = reasons(
        new,
        create(tmp_path, "Bare", preset=STREAMING),
        trained(tmp_path, "Solo", preset=SOLO),
        trained(tmp_path, "Wide", settings=wide),
    )
    assert found["Start from Bare"] == "Bare is not trained yet"
    assert found["Start from Solo"] == "Solo has another kind of model"
    assert found["Start from Wide"] == "Wide has other settings for its model"
    elsewhere = replace(new, host="studio.example")
    assert "lies on this computer" in reasons(elsewhere, trained(tmp_path, "Cello"))["Start from Cello"]


def test_that_an_instrument_that_names_no_preset_has_the_first_one(new: Instrument, tmp_path: Path) -> None:
    usual = trained(tmp_path, "Usual", preset="")
    assert reasons(new, usual)["Start from Usual"] == ""
    of_solo = reasons(new, usual, preset=PRESETS[SOLO])
    assert of_solo["Start from Usual"] == "Usual has another kind of model"


def test_that_settings_of_learning_do_not_keep_two_apart(new: Instrument, tmp_path: Path) -> None:
    faster = trained(tmp_path, "Fast", settings={STREAMING: ("Trainer.learning_rate = 0.002", "train.batch_size = 4")})
    assert reasons(new, faster)["Start from Fast"] == ""


def test_that_a_preset_without_a_base_starts_from_nothing(new: Instrument) -> None:
    (choice,) = start_choices(new, list_presets(), PRESETS[SOLO], ())
    assert choice.key == BUILT_IN
    assert choice.title == "Start from nothing"


def test_that_a_choice_that_no_longer_fits_makes_room_for_the_first(new: Instrument, tmp_path: Path) -> None:
    cello = trained(tmp_path, "Cello")
    chosen = replace(new, start_from=str(cello.path))
    choices = start_choices(chosen, list_presets(), PRESETS[STREAMING], (cello,))
    assert chosen_start(chosen, choices) == str(cello.path)
    assert chosen_start(chosen, start_choices(chosen, list_presets(), PRESETS[STREAMING], ())) == BUILT_IN
    assert chosen_start(replace(new, start_from=NOTHING), choices) == NOTHING


def test_that_the_training_is_told_where_to_start(new: Instrument, tmp_path: Path) -> None:
    def params(instrument: Instrument) -> tuple[str, ...]:
        spec = spec_for("train", instrument, PRESETS[STREAMING], (), None)
        assert isinstance(spec, TrainSpec)
        return spec.gin_params

    cello = trained(tmp_path, "Cello 'old'")
    assert params(new) == ()
    assert params(replace(new, start_from=NOTHING)) == ("train.start_from = None",)
    (bound,) = params(replace(new, start_from=str(cello.path)))
    data = ("train_pattern = 'a'", "held_out_pattern = 'b'")
    assert parse([STREAMING], [*data, bound]).train().start_from == str(cello.model_path)


def test_that_a_folder_that_is_gone_or_elsewhere_is_not_named(new: Instrument, tmp_path: Path) -> None:
    cello = trained(tmp_path, "Cello")
    assert start_params(replace(new, start_from=str(cello.path), host="studio.example")) == ()
    assert start_params(replace(new, start_from=str(tmp_path / "gone"))) == ()


def test_that_the_choice_is_kept_with_the_instrument(new: Instrument) -> None:
    save(replace(new, start_from=NOTHING))
    assert load(new.path).start_from == NOTHING


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.title)
def test_that_the_head_of_a_preset_names_what_its_training_starts_from(preset: Preset) -> None:
    config = parse([preset.gin_file], ["train_pattern = 'a'", "held_out_pattern = 'b'"])
    assert (config.train().start_from or "") == preset.base_model
