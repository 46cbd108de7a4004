"""A new run begins with the weights of another one, in a room of its own."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from ddsp_backend.checkpoints.starting_point import base_models, read_base_model, start_from, write_base_model
from ddsp_backend.checkpoints.values import named_variables, read_values
from ddsp_backend.config.parse import parse
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import Event, Failed, Finished, Noted, StepDone
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import TrainSpec
from tests.tiny import GIN_FILES, train_params

ROOM = "processor_group/"


def train(folder: Path, *params: str, steps: int) -> list[Event]:
    spec = TrainSpec(save_dir=str(folder), gin_files=GIN_FILES, gin_params=params, steps=steps)
    return list(run(spec, CancelToken()))


@pytest.fixture(scope="module")
def params(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    return train_params(tmp_path_factory.mktemp("data"), n_clips=0)


@pytest.fixture(scope="module")
def trained(params: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained") / "run"
    assert isinstance(train(folder, *params, steps=60)[-1], Finished)
    return folder


def model_values(folder: Path, step: int) -> dict[str, np.ndarray]:
    start = "model/"
    values = read_values(folder / f"ckpt-{step}")
    return {name.removeprefix(start): value for name, value in values.items() if name.startswith(start)}


def test_that_a_run_starts_where_another_one_is(params: tuple[str, ...], trained: Path, tmp_path: Path) -> None:
    frozen = "learning_rate = 1e-12"
    events = train(tmp_path / "new", *params, f"train.start_from = {str(trained)!r}", frozen, steps=1)
    nothing = train(tmp_path / "from nothing", *params, frozen, steps=1)
    new, old, chance = (
        model_values(folder, step)
        for folder, step in ((tmp_path / "new", 1), (trained, 60), (tmp_path / "from nothing", 1))
    )
    for name, value in new.items():
        expected = chance if name.startswith(ROOM) else old
        np.testing.assert_allclose(value, expected[name], atol=1e-9, err_msg=name)
    first, first_of_nothing = (
        next(event.losses["total_loss"] for event in each if isinstance(event, StepDone)) for each in (events, nothing)
    )
    assert first < 0.8 * first_of_nothing
    assert [event.step for event in events if isinstance(event, StepDone)] == [1]


def test_that_a_run_goes_on_although_what_it_started_from_is_gone(
    params: tuple[str, ...], trained: Path, tmp_path: Path
) -> None:
    other = shutil.copytree(trained, tmp_path / "other")
    bound = f"train.start_from = {str(other)!r}"
    assert isinstance(train(tmp_path / "run", *params, bound, steps=2)[-1], Finished)
    shutil.rmtree(other)
    events = train(tmp_path / "run", *params, bound, steps=3)
    assert [event.step for event in events if isinstance(event, StepDone)] == [3]


def test_that_a_run_of_other_sizes_is_refused_with_both(params: tuple[str, ...], trained: Path, tmp_path: Path) -> None:
    wider = "RnnFcDecoder.ch = 24"
    failed = train(tmp_path / "run", *params, wider, f"train.start_from = {str(trained)!r}", steps=1)[-1]
    assert isinstance(failed, Failed)
    assert "another kind" in failed.title
    assert "16 x 18 there" in failed.title
    assert "24 x 18 here" in failed.title
    assert not (tmp_path / "run").exists() or not list((tmp_path / "run").glob("ckpt-*"))


def test_that_a_folder_without_a_model_is_refused(params: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    failed = train(tmp_path / "run", *params, f"train.start_from = {str(tmp_path / 'empty')!r}", steps=1)[-1]
    assert isinstance(failed, Failed)
    assert "no checkpoint" in failed.title


def test_that_a_name_that_nobody_knows_is_refused_with_those_there_are(params: tuple[str, ...], tmp_path: Path) -> None:
    failed = train(tmp_path / "run", *params, "train.start_from = 'saxophone'", steps=1)[-1]
    assert isinstance(failed, Failed)
    assert "'saxophone'" in failed.title
    assert "streaming" in failed.hint


def test_that_a_base_model_of_other_sizes_is_left_alone_and_said(params: tuple[str, ...], tmp_path: Path) -> None:
    events = train(tmp_path / "run", *params, "train.start_from = 'streaming'", steps=1)
    assert isinstance(events[-1], Finished)
    (note,) = [event for event in events if isinstance(event, Noted) and "starts from nothing" in event.title]
    assert "differs in" in note.hint


def test_that_a_base_model_is_kept_in_half_precision_without_a_room(tmp_path: Path, monkeypatch) -> None:
    values = {"decoder/kernel": np.linspace(-1, 1, 7, dtype=np.float32), ROOM + "reverb/ir": np.ones(3, np.float32)}
    write_base_model(values, tmp_path / "small.npz")
    monkeypatch.setattr("ddsp_backend.checkpoints.starting_point.base_models_folder", lambda: tmp_path)
    found = read_base_model("small")
    assert list(found) == ["decoder/kernel"]
    assert found["decoder/kernel"].dtype == np.float32
    np.testing.assert_allclose(found["decoder/kernel"], values["decoder/kernel"], atol=1e-3)


def test_that_the_streaming_preset_starts_from_the_model_that_ships_for_it() -> None:
    assert "streaming" in base_models()
    config = parse(["presets/vst.gin"], ["train_pattern = 'a'", "held_out_pattern = 'b'"])
    assert config.train().start_from == "streaming"
    model = config.model()
    model.build_networks({"f0_scaled": tf.ones([1, 2, 1]), "pw_scaled": tf.ones([1, 2, 1])})
    assert start_from("streaming", model) == []
    stored = read_base_model("streaming")
    for name, variable in named_variables(model).items():
        if not name.startswith(ROOM):
            np.testing.assert_array_equal(variable.numpy(), stored[name])
    assert "decoder/dense_out/kernel" in stored
