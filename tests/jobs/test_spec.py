"""A spec refuses nonsense when it is made, naming field, value and limit."""

import pytest

from ddsp_backend.errors import ConfigError
from ddsp_backend.jobs.spec import (
    EvaluateSpec,
    GenerateSpec,
    InspectSpec,
    PlayCheckpointSpec,
    PrepareSpec,
    RenderSpec,
    SampleSpec,
    TrainSpec,
)

PREPARE = {"inputs": ("a",), "output_path": "o"}
RENDER = {"model_path": "m", "input_path": "i", "output_path": "o"}


@pytest.mark.parametrize(
    ("spec", "fields", "sentence"),
    [
        (InspectSpec, {"inputs": ()}, r"inputs=\(\) .* at least one file or folder"),
        (GenerateSpec, {"output_dir": "o", "seconds": 1.0}, r"seconds=1.0 .* between 4 and 3600"),
        (PrepareSpec, {**PREPARE, "output_path": ""}, "output_path='' .* non-empty"),
        (PrepareSpec, {**PREPARE, "sample_rate": 0}, "sample_rate=0 .* between 8000 and 192000 Hz"),
        (PrepareSpec, {**PREPARE, "frame_rate": 300}, "frame_rate=300 .* divisor of 16000"),
        (PrepareSpec, {**PREPARE, "tracker": "crap"}, "tracker='crap' .* one of crepe, swift-f0"),
        (PrepareSpec, {**PREPARE, "split": "chunk"}, "held_out_fraction=0.0 .* above 0 with any other split"),
        (PrepareSpec, {**PREPARE, "held_out_fraction": 0.1}, "held_out_fraction=0.1 .* 0 with split='none'"),
        (PrepareSpec, {**PREPARE, "chunk_secs": 1.0}, "chunk_secs=1.0 .* at least example_secs=4.0"),
        (PrepareSpec, {**PREPARE, "chunk_secs": float("nan")}, "chunk_secs=nan"),
        (TrainSpec, {"save_dir": "a\0b"}, "save_dir='a.x00b' .* non-empty"),
        (TrainSpec, {"save_dir": "s", "steps": -1}, "steps=-1 .* 1 or more"),
        (EvaluateSpec, {"save_dir": ""}, "save_dir=''"),
        (SampleSpec, {"save_dir": ""}, "save_dir=''"),
        (PlayCheckpointSpec, {"save_dir": "s", "step": -1}, "step=-1 .* 0 or more"),
        (PrepareSpec, {**PREPARE, "inputs": ("gs://studio/a.wav",)}, "inputs='gs://studio/a.wav' .* of this machine"),
        (PrepareSpec, {**PREPARE, "output_path": "gs://studio/d"}, "output_path='gs://studio/d' .* of this machine"),
        (RenderSpec, {**RENDER, "output_path": "gs://studio/a.wav"}, "output_path='gs://studio/a.wav' .* of this"),
        (RenderSpec, {**RENDER, "input_path": ""}, "input_path='' .* or features_path"),
        (RenderSpec, {**RENDER, "features_path": "f"}, "input_path='i'"),
        (RenderSpec, {**RENDER, "output_path": ""}, "output_path='' .* or controls_path"),
        (RenderSpec, {**RENDER, "pitch_shift": 60.0}, "pitch_shift=60.0 .* between -48 and 48 semitones"),
        (
            RenderSpec,
            {**RENDER, "loudness_shift": float("nan")},
            "loudness_shift=nan .* between -60 and 60 dB",
        ),
    ],
)
def test_that_nonsense_is_refused_in_a_sentence(spec, fields, sentence):
    with pytest.raises(ConfigError, match=sentence):
        spec(**fields)
