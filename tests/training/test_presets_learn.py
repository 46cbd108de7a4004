"""Every preset learns, with the data set that it asks for and few channels: its loss falls over a hundred steps."""

from pathlib import Path

import numpy as np
import pytest

from ddsp_backend.config.presets import Preset, list_presets
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import DatasetWritten, Finished, StepDone
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import GenerateSpec, PrepareSpec, TrainSpec

STEPS = 100  # the audio's losses count from the fortieth on (gin/presets/analysis_first.gin)
SMALL = (
    "RnnFcDecoder.rnn_channels = 16",
    "RnnFcDecoder.ch = 16",
    "RnnFcDecoder.output_splits = (('amps', 1), ('harmonic_distribution', 8), ('noise_magnitudes', 9))",
    "SpectralLoss.fft_sizes = (512, 128)",
    "batch_size = 2",
    "train.steps_per_summary = 50",
    "train.steps_per_held_out = 50",
    "train.held_out_batches = 1",
    "train.n_clips = 1",
)


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few seconds of the demo instrument."""
    folder = tmp_path_factory.mktemp("recordings")
    *_, last = run(GenerateSpec(output_dir=str(folder), seconds=10.0), CancelToken())
    assert isinstance(last, Finished), last
    return folder


@pytest.fixture(scope="module")
def data_sets() -> dict[tuple[int, int, bool, float], DatasetWritten]:
    """What was prepared already: presets that want the same share it."""
    return {}


@pytest.fixture
def data_set(
    preset: Preset, recordings: Path, data_sets: dict, tmp_path_factory: pytest.TempPathFactory
) -> DatasetWritten:
    wanted = (preset.sample_rate, preset.frame_rate, preset.center, preset.example_secs)
    if wanted not in data_sets:
        spec = PrepareSpec(
            inputs=(str(recordings),),
            output_path=str(tmp_path_factory.mktemp("data") / "data.tfrecord"),
            n_shards=1,
            sample_rate=preset.sample_rate,
            frame_rate=preset.frame_rate,
            center=preset.center,
            example_secs=preset.example_secs,
            tracker="swift-f0",
            split="chunk",
            held_out_fraction=0.4,
            chunk_secs=5.0,
        )
        (data_sets[wanted],) = [event for event in run(spec, CancelToken()) if isinstance(event, DatasetWritten)]
    return data_sets[wanted]


@pytest.mark.slow
@pytest.mark.parametrize("preset", list_presets(), ids=lambda preset: Path(preset.gin_file).stem)
def test_that_its_loss_falls(preset: Preset, data_set: DatasetWritten, tmp_path: Path) -> None:
    patterns = (
        f"train_pattern = {data_set.train_pattern!r}",
        f"held_out_pattern = {data_set.held_out_pattern!r}",
    )
    spec = TrainSpec(save_dir=str(tmp_path), gin_files=(preset.gin_file,), gin_params=(*SMALL, *patterns), steps=STEPS)
    *events, last = run(spec, CancelToken())
    assert isinstance(last, Finished), last
    losses = [event.losses["total_loss"] for event in events if isinstance(event, StepDone)]
    assert len(losses) == STEPS
    assert np.isfinite(losses).all()
    first, end = np.mean(losses[:5]), np.mean(losses[-5:])
    assert end < 0.85 * first
