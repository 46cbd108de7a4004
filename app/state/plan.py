"""Which job an instrument needs next, as specs."""

from collections.abc import Sequence
from typing import Literal, assert_never

from app.state.choices import pitch_choice
from app.state.instrument import Instrument
from app.state.renders import Render
from app.state.run_state import RunState
from ddsp_backend.config.presets import Preset
from ddsp_backend.jobs.events import DatasetWritten, FileInspected
from ddsp_backend.jobs.spec import (
    DescribeSpec,
    EvaluateSpec,
    GenerateSpec,
    JobSpec,
    PrepareSpec,
    RenderSpec,
    SampleSpec,
    TrainSpec,
)

Task = Literal["generate", "prepare", "train", "evaluate", "sample"]
WHOLE_WAY: tuple[Task, ...] = ("prepare", "train", "evaluate", "sample")
DEMO_WAY: tuple[Task, ...] = ("generate", *WHOLE_WAY)
DEMO_END = "SampleSpec"  # the spec of its last task
DEMO_NAME = "Demo instrument"
DEMO_CHOICES: dict[str, object] = {"preset": "presets/demo.gin", "pitch": "balanced", "is_demo": True}
MORE_STEPS = 3000  # what to offer when training has reached its goal

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
            return TrainSpec(save_dir=model, gin_files=(preset.gin_file,), gin_params=params, steps=instrument.steps)
        case "evaluate":
            return EvaluateSpec(save_dir=model, gin_files=(preset.gin_file,), gin_params=params)
        case "sample":
            return SampleSpec(save_dir=model, gin_files=(preset.gin_file,), gin_params=params)
        case _:
            assert_never(task)


def prepare_spec(instrument: Instrument, preset: Preset, files: Sequence[FileInspected]) -> PrepareSpec:
    """Only usable files go in, so that a file refused once is not read again."""
    usable = [file for file in files if not file.refusal]
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
        chunk_secs=max(preset.example_secs, min(_CHUNK_SECONDS, total / 10)),
    )


def describe_spec(preset: Preset, bindings: tuple[str, ...] = ()) -> DescribeSpec:
    """Lists a preset's settings, and judges bindings. Both are the same whatever data set will be learned from."""
    data = ("train_pattern = 'learned'", "held_out_pattern = 'held out'")
    return DescribeSpec(gin_files=(preset.gin_file,), gin_params=(*data, *bindings))


def data_params(dataset: DatasetWritten | None) -> tuple[str, ...]:
    """The bindings that tell a preset where its data lies. gin reads strings as Python does, hence repr."""
    if dataset is None:
        return ()
    params = (f"train_pattern = {dataset.train_pattern!r}", f"held_out_pattern = {dataset.held_out_pattern!r}")
    return params if dataset.held_out_pattern else (params[0], "train.held_out_provider = None")


def render_spec(instrument: Instrument, render: Render) -> RenderSpec:
    """Plays a recording through the instrument's model, listened to as carefully as its own recordings were."""
    pitch = pitch_choice(instrument.pitch)
    return RenderSpec(
        model_path=str(instrument.model_path),
        input_path=render.input_path,
        output_path=render.output_path,
        reverb=render.options.reverb,
        pitch_shift=render.options.pitch_shift,
        loudness_shift=render.options.loudness_shift,
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
