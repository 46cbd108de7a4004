"""The papers' gin files with what makes them small, and the data that they then fit."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import Finished
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import GenerateNotesSpec
from ddsp_backend.models.resnet import SIZES
from tests import tiny

FRAMES, HARMONICS, BANDS = 25, 8, 9  # a hop of 256 samples of a tiny example
SINUSOIDS = (
    "ResnetSinusoidalEncoder.size = 'tiny'",
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
def papers_data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """`tiny.tfrecord`, four recordings, and `notes.tfrecord*`, as many invented notes. Meanwhile ResNets are tiny."""
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
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SIZES, "tiny", (2, (1, 1, 1)))
        yield folder
