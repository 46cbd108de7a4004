"""The papers' files train, each on a data set of a few examples and with few channels; those of recordings learn."""

from pathlib import Path

import numpy as np
import pytest

from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import Finished, StepDone
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import GenerateNotesSpec, TrainSpec
from tests import tiny

FRAMES, HARMONICS, BANDS = 25, 8, 9  # a hop of 256 samples of a tiny example
SINUSOIDS = (
    f"InverseSynthesis.n_samples = {tiny.N_SAMPLES}",
    f"ResnetSinusoidalEncoder.output_splits = (('frequencies', {64 * HARMONICS}), ('amplitudes', {HARMONICS}), "
    f"('noise_magnitudes', {BANDS}))",
    f"SinusoidalToHarmonicEncoder.n_harmonics = {HARMONICS}",
    "RnnSandwich.fc_stack_ch = 8",
    "RnnSandwich.rnn_ch = 8",
    "f0_spectral/compute_logmel.bins = 40",
    "f0_spectral/compute_logmel.fft_size = 1024",
    "SpectralLoss.fft_sizes = (256, 64)",
    f"SyntheticNotes.n_timesteps = {FRAMES}",
    f"SyntheticNotes.n_harmonics = {HARMONICS}",
    f"SyntheticNotes.n_mags = {BANDS}",
)
RECORDED = (*tiny.MODEL_PARAMS, "MfccTimeDistributedRnnEncoder.rnn_channels = 8")
PAPERS = {
    "solo_instrument": (("papers/iclr2020/solo_instrument.gin",), RECORDED),
    "tiny_instrument": (
        ("papers/iclr2020/tiny_instrument.gin",),
        tuple(param for param in RECORDED if "layers_per_stack" not in param),  # having none is what makes it tiny
    ),
    "nsynth_ae": (
        ("papers/iclr2020/nsynth_ae.gin",),
        (
            *(param for param in RECORDED if not param.startswith("Reverb.")),
            "train.data_provider = @data.TFRecordProvider()",
        ),
    ),
    "pretrain": (("papers/icml2020/pretrain_model.gin", "papers/icml2020/pretrain_dataset.gin"), SINUSOIDS),
    "finetune": (
        ("papers/icml2020/finetune_model.gin", "papers/icml2020/finetune_dataset.gin"),
        (*SINUSOIDS, f"TFRecordProvider.example_secs = {tiny.SECONDS}"),
    ),
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    tiny.write_examples(folder / "tiny.tfrecord", n_examples=4)
    notes = GenerateNotesSpec(
        output_path=str(folder / "notes.tfrecord"),
        n_examples=4,
        n_shards=1,
        n_timesteps=FRAMES,
        n_harmonics=HARMONICS,
        n_mags=BANDS,
    )
    *_, last = run(notes, CancelToken())
    assert isinstance(last, Finished), last
    return folder


def losses_of(paper: str, data: Path, folder: Path, steps: int) -> list[float]:
    """The total loss of every step."""
    files, params = PAPERS[paper]
    patterns = (
        f"TFRecordProvider.file_pattern = '{data}/tiny.tfrecord'",
        f"train_data/TFRecordProvider.file_pattern = '{data}/tiny.tfrecord'",
        f"SyntheticNotes.file_pattern = '{data}/notes.tfrecord*'",
    )
    spec = TrainSpec(
        save_dir=str(folder), gin_files=files, gin_params=(*params, *patterns, "batch_size = 2"), steps=steps
    )
    *events, last = run(spec, CancelToken())
    assert isinstance(last, Finished), last
    losses = [event.losses["total_loss"] for event in events if isinstance(event, StepDone)]
    assert len(losses) == steps
    assert np.isfinite(losses).all()
    return losses


@pytest.mark.parametrize("paper", ["solo_instrument", "tiny_instrument", "nsynth_ae"])
def test_that_a_model_of_2020s_iclr_learns(paper: str, data: Path, tmp_path: Path) -> None:
    losses = losses_of(paper, data, tmp_path, steps=50)
    assert np.mean(losses[-5:]) < 0.85 * np.mean(losses[:5])


@pytest.mark.parametrize("paper", ["pretrain", "finetune"])
def test_that_a_model_of_sinusoids_trains(paper: str, data: Path, tmp_path: Path) -> None:
    losses_of(paper, data, tmp_path, steps=3)
