"""Which job an instrument needs next, as specs."""

from collections.abc import Sequence
from typing import Literal, assert_never

from app.state.goal import Goal, GoalKind
from app.state.instrument import Instrument
from app.state.pitch_choices import pitch_choice
from app.state.recordings import usable_once
from app.state.renders import Render
from app.state.run_state import RunState
from app.state.start_choices import start_params
from ddsp_backend.config.presets import Preset
from ddsp_backend.jobs.events import DatasetWritten, FileInspected
from ddsp_backend.jobs.job_table import JobKind
from ddsp_backend.jobs.spec import (
    DescribeSpec,
    EvaluateSpec,
    GenerateSpec,
    JobSpec,
    PlayCheckpointSpec,
    PrepareSpec,
    RenderSpec,
    SampleSpec,
    TrainSpec,
)

Task = Literal["generate", "prepare", "train", "evaluate", "sample"]
WHOLE_WAY: tuple[Task, ...] = ("prepare", "train", "evaluate", "sample")
DEMO_WAY: tuple[Task, ...] = ("generate", *WHOLE_WAY)
DEMO_END = JobKind.SAMPLE
DEMO_NAME = "Demo instrument"
DEMO_CHOICES: dict[str, object] = {
    "preset": "presets/demo.gin",
    "pitch": "balanced",
    "is_demo": True,
    "goal": Goal(GoalKind.STEPS, steps=600),  # some three minutes on two cores: enough to be heard
}

_HELD_OUT_FRACTION = 0.1
_CHUNK_SECONDS = 20.0
_MOST_SHARDS = 10


def spec_for(
    task: Task,
    instrument: Instrument,
    preset: Preset,
    files: Sequence[FileInspected],
    dataset: DatasetWritten | None,
) -> JobSpec:
    """The spec of one task.

    Args:
      files: What the last look at the recordings said.
      dataset: What preparation wrote; training and all after it need it.
    """
    model = str(instrument.model_path)
    params = (*data_params(dataset), *instrument.settings_of(preset.gin_file))
    match task:
        case "generate":
            return GenerateSpec(output_dir=str(instrument.generated_path))
        case "prepare":
            return prepare_spec(instrument, preset, files)
        case "train":
            goal = instrument.goal
            return TrainSpec(
                save_dir=model,
                gin_files=(preset.gin_file,),
                gin_params=(*params, *start_params(instrument)),
                steps=goal.last_step,
                minutes=goal.last_minute,
                until_flat=goal.is_flat,
            )
        case "evaluate":
            return EvaluateSpec(save_dir=model, gin_files=(preset.gin_file,), gin_params=params)
        case "sample":
            return SampleSpec(save_dir=model, gin_files=(preset.gin_file,), gin_params=params)
        case _:
            assert_never(task)


def prepare_spec(instrument: Instrument, preset: Preset, files: Sequence[FileInspected]) -> PrepareSpec:
    """Only usable files go in, each recording once, so that a file refused or left out once is not read again."""
    usable = usable_once(files)
    total = sum(file.duration for file in usable)
    longest = max((file.duration for file in usable), default=0.0)
    pitch = pitch_choice(instrument.pitch)
    if total < 3 * preset.example_secs:
        split, fraction = "none", 0.0  # holding out a third of so little would leave nothing to learn from
    elif len(usable) >= 5 and longest < total / 2:
        split, fraction = "recording", _HELD_OUT_FRACTION
    else:
        split, fraction = "chunk", _HELD_OUT_FRACTION
    return PrepareSpec(
        inputs=tuple(file.path for file in usable) or instrument.inputs,
        output_path=str(instrument.data_prefix),
        cache_dir=_feature_cache(instrument),
        n_shards=max(1, min(_MOST_SHARDS, round(total / 30))),
        sample_rate=preset.sample_rate,
        frame_rate=preset.frame_rate,
        example_secs=preset.example_secs,
        center=preset.center,
        tracker=pitch.tracker,
        crepe_capacity=pitch.capacity,
        split=split,
        held_out_fraction=fraction,
        chunk_secs=_chunk_secs(total, preset),
        is_planned=True,
    )


def _chunk_secs(total: float, preset: Preset) -> float:
    """A tenth of the recordings, as a whole number of frames: the data set knows no other lengths."""
    n_frames = round(min(_CHUNK_SECONDS, total / 10) * preset.frame_rate)
    return max(preset.example_secs, n_frames / preset.frame_rate)


def describe_spec(preset: Preset, bindings: tuple[str, ...] = ()) -> DescribeSpec:
    """Lists a preset's settings, and judges bindings. Both are the same whatever data set will be learned from."""
    data = ("train_pattern = 'learned'", "held_out_pattern = 'unheard'")
    return DescribeSpec(gin_files=(preset.gin_file,), gin_params=(*data, *bindings))


def data_params(dataset: DatasetWritten | None) -> tuple[str, ...]:
    """The bindings that tell a preset where its data lies. gin reads strings as Python does, hence repr."""
    if dataset is None:
        return ()
    params = (f"train_pattern = {dataset.train_pattern!r}", f"held_out_pattern = {dataset.held_out_pattern!r}")
    return params if dataset.held_out_pattern else (params[0], "train.held_out_provider = None")


def play_checkpoint_spec(
    instrument: Instrument, preset: Preset, dataset: DatasetWritten | None, step: int
) -> PlayCheckpointSpec:
    """Plays the training's phrases with the model of that step."""
    return PlayCheckpointSpec(
        save_dir=str(instrument.model_path),
        step=step,
        gin_files=(preset.gin_file,),
        gin_params=(*data_params(dataset), *instrument.settings_of(preset.gin_file)),
    )


def render_spec(instrument: Instrument, render: Render) -> RenderSpec:
    """Plays a recording through the instrument's model, listened to as carefully as its own recordings were."""
    pitch = pitch_choice(instrument.pitch)
    return RenderSpec(
        model_path=str(instrument.model_path),
        input_path=render.input_path,
        output_path=render.output_path,
        reverb=render.options.reverb,
        as_plugin=render.options.as_plugin,
        pitch_shift=render.options.pitch_shift,
        loudness_shift=render.options.loudness_shift,
        fit=render.options.fit,
        threshold=render.options.threshold,
        autotune=render.options.autotune,
        manifest_path=str(instrument.manifest_path),
        tracker=pitch.tracker,
        crepe_capacity=pitch.capacity,
        cache_dir=_feature_cache(instrument),
        listening_dir=str(instrument.renders_path / "heard"),
    )


def _feature_cache(instrument: Instrument) -> str:
    return str(instrument.path / "data" / "feature_cache")


def held_out_phrase(run: RunState) -> str:
    """A recording that the model has never heard; "" where no clip of one was played."""
    clips = run.clips[max(run.clips)] if run.clips else {}
    return clips[min(clips)].target_audio if clips else ""
