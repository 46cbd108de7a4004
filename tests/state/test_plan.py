"""Which job an instrument needs next, and with which values."""

from dataclasses import replace

import pytest

from app.state.goal import FLAT_MINUTES, Goal, GoalKind
from app.state.plan import (
    DEMO_WAY,
    Task,
    data_params,
    describe_spec,
    held_out_phrase,
    prepare_spec,
    render_spec,
    spec_for,
)
from app.state.renders import Render, RenderOptions
from app.state.run_state import RunState, fold_all
from ddsp_backend.config.presets import Preset
from ddsp_backend.jobs.events import ClipRendered, DatasetWritten, FileInspected
from ddsp_backend.jobs.spec import EvaluateSpec, GenerateSpec, PrepareSpec, SampleSpec, TrainSpec
from tests.state.looks import instrument, seen

PRESET = Preset("presets/x.gin", "X", "A model.", 1, 16000, 50, True, 4.0)
DATASET = DatasetWritten("m.json", "it's/train*", "held*", 30, 4, 60.0, 50.0)


def prepared(*seconds: float) -> PrepareSpec:
    return prepare_spec(instrument("/a"), PRESET, [seen(f"/a/{n}.wav", each) for n, each in enumerate(seconds)])


def test_that_a_tenth_is_kept_unheard_to_judge_the_model_by() -> None:
    assert prepared(600.0).held_out_fraction == 0.1
    assert prepared(*[60.0] * 8).held_out_fraction == 0.1


@pytest.mark.parametrize(
    ("seconds", "split"),
    [
        ([60.0] * 5, "recording"),  # whole recordings, which share no room and no moment with those learned from
        ([60.0] * 4, "chunk"),  # of so few one would be too much
        ([60.0] * 2, "chunk"),
        ([10.0] * 4 + [100.0], "chunk"),  # half of all would be lost with the long one
        ([600.0], "chunk"),
        ([12.0], "chunk"),
    ],
)
def test_that_what_is_kept_unheard_depends_on_how_many_recordings_there_are(seconds: list[float], split: str) -> None:
    assert prepared(*seconds).split == split


def test_that_of_very_little_nothing_is_kept_unheard() -> None:
    spec = prepared(11.9)  # less than three examples of 4 s
    assert (spec.split, spec.held_out_fraction) == ("none", 0.0)


def test_that_recordings_are_divided_into_tenths_that_the_frames_fit_into() -> None:
    assert prepared(3600.0).chunk_secs == 20.0
    assert prepared(100.0).chunk_secs == 10.0
    assert prepared(100.11).chunk_secs == 10.02  # 501 frames of 20 ms, not 500.55
    assert prepared(15.0).chunk_secs == 4.0  # an example at least


def test_that_much_audio_is_written_to_several_files_and_little_to_one() -> None:
    assert [prepared(seconds).n_shards for seconds in (5.0, 60.0, 300.0, 36000.0)] == [1, 2, 10, 10]


def test_that_only_usable_recordings_are_prepared_and_each_once() -> None:
    files: list[FileInspected] = [
        seen("/a/one.wav", content="x"),
        seen("/b/one.wav", content="x"),
        seen("/a/text.wav", refusal="This is no audio file."),
    ]
    spec = prepare_spec(instrument("/a"), PRESET, files)
    assert spec.inputs == ("/a/one.wav",)
    assert prepare_spec(instrument("/a"), PRESET, ()).inputs == ("/a",)  # nobody has looked yet


def test_that_preparation_follows_the_preset_and_the_chosen_care() -> None:
    spec = prepare_spec(instrument("/a", pitch="fast"), PRESET, [seen("/a/x.wav")])
    assert (spec.sample_rate, spec.frame_rate, spec.center, spec.example_secs) == (16000, 50, True, 4.0)
    assert (spec.tracker, spec.crepe_capacity) == ("swift-f0", "tiny")
    assert prepare_spec(instrument("/a"), PRESET, [seen("/a/x.wav")]).crepe_capacity == "full"


@pytest.mark.parametrize(
    ("goal", "ends"),
    [
        (Goal(), (None, FLAT_MINUTES, True)),
        (Goal(GoalKind.MINUTES, minutes=5.0), (None, 5.0, False)),
        (Goal(GoalKind.STEPS, steps=600), (600, None, False)),
    ],
)
def test_that_a_training_is_told_its_goal(goal: Goal, ends: tuple[int | None, float | None, bool]) -> None:
    spec = spec_for("train", instrument("/a", goal=goal), PRESET, (), DATASET)
    assert isinstance(spec, TrainSpec)
    assert (spec.steps or None, spec.minutes or None, spec.until_flat) == ends


def test_that_every_task_works_on_the_instruments_own_folders() -> None:
    one = instrument("/a", settings={"presets/x.gin": ("train.batch_size = 8",), "presets/y.gin": ("b = 1",)})
    kinds: dict[Task, type] = {
        "generate": GenerateSpec,
        "prepare": PrepareSpec,
        "train": TrainSpec,
        "evaluate": EvaluateSpec,
        "sample": SampleSpec,
    }
    assert set(kinds) == set(DEMO_WAY)
    for task, kind in kinds.items():
        spec = spec_for(task, one, PRESET, [seen("/a/x.wav")], DATASET)
        assert type(spec) is kind
        if isinstance(spec, TrainSpec | EvaluateSpec | SampleSpec):
            assert spec.save_dir == str(one.model_path)
            assert spec.gin_files == ("presets/x.gin",)
            # The user's own settings come last, so they win; those made for another preset stay away.
            assert spec.gin_params[-1] == "train.batch_size = 8"
            assert "b = 1" not in spec.gin_params
        if isinstance(spec, GenerateSpec):
            assert spec.output_dir == str(one.generated_path)


def test_that_a_folder_with_an_apostrophe_reaches_gin_whole() -> None:
    assert data_params(DATASET) == ('train_pattern = "it\'s/train*"', "held_out_pattern = 'held*'")
    assert data_params(None) == ()


def test_that_without_unheard_recordings_none_are_measured() -> None:
    params = data_params(replace(DATASET, held_out_pattern=""))
    assert params[1:] == ("train.held_out_provider = None",)


def test_that_settings_are_judged_whatever_the_data_set() -> None:
    spec = describe_spec(PRESET, ("train.batch_size = 8",))
    assert spec.gin_files == ("presets/x.gin",)
    assert spec.gin_params[-1] == "train.batch_size = 8"


def test_that_a_recording_is_played_as_the_user_chose_and_heard_as_carefully_as_the_others() -> None:
    one = instrument("/a", pitch="balanced")
    options = RenderOptions(reverb=False, pitch_shift=12.0, loudness_shift=-3.0, fit=True, threshold=1.0, autotune=0.5)
    spec = render_spec(one, Render("/in.wav", "/out.wav", options))
    assert (spec.input_path, spec.output_path, spec.model_path) == ("/in.wav", "/out.wav", str(one.model_path))
    assert (spec.reverb, spec.pitch_shift, spec.loudness_shift) == (False, 12.0, -3.0)
    assert (spec.fit, spec.threshold, spec.autotune) == (True, 1.0, 0.5)
    assert not spec.as_plugin
    heard_there = Render("/in.wav", "/out.wav", RenderOptions(as_plugin=True))
    assert render_spec(one, heard_there).as_plugin
    assert (spec.tracker, spec.crepe_capacity) == ("crepe", "tiny")
    assert spec.cache_dir == prepare_spec(one, PRESET, ()).cache_dir  # what was heard once is not heard again


def test_that_the_phrase_to_try_a_model_with_is_the_first_of_the_newest() -> None:
    def clip(step: int, name: str, target: str) -> ClipRendered:
        return ClipRendered(step, name, target, *[""] * 5)

    assert held_out_phrase(RunState()) == ""
    run = fold_all(RunState(), [clip(1, "clip 1", "old"), clip(9, "clip 2", "b"), clip(9, "clip 1", "a")])
    assert held_out_phrase(run) == "a"
