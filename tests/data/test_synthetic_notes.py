"""Invented notes: the same for the same seed, possible to sound, and read back as they were written."""

import numpy as np
import pytest

from ddsp_backend.data.synthetic_notes import SyntheticNotes, invent_notes
from ddsp_backend.errors import DataError
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import Finished
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import GenerateNotesSpec


def written(folder, **changes) -> str:
    spec = GenerateNotesSpec(
        **{"output_path": str(folder / "notes.tfrecord"), "n_examples": 5, "n_shards": 2, "n_harmonics": 20, **changes}
    )
    *_, last = run(spec, CancelToken())
    assert isinstance(last, Finished), last
    return last.result["file_pattern"]


def test_that_written_notes_are_read_back(tmp_path):
    provider = SyntheticNotes(125, 20, 65, written(tmp_path))
    (batch,) = provider.get_batch(5, shuffle=False, repeats=1)
    assert {key: value.shape.as_list() for key, value in batch.items()} == {
        "f0_hz": [5, 125, 1],
        "harm_amp": [5, 125, 1],
        "harm_dist": [5, 125, 20],
        "sin_amps": [5, 125, 20],
        "sin_freqs": [5, 125, 20],
        "noise_magnitudes": [5, 125, 65],
    }
    first = invent_notes(np.random.default_rng([42, 0]), 125, 20, 65)
    np.testing.assert_allclose(batch["harm_dist"][0], first["harm_dist"], atol=1e-7)


def test_that_equal_specs_write_equal_bytes_and_another_seed_does_not(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    written(tmp_path / "a")
    written(tmp_path / "b")

    def contents(folder):
        return [path.read_bytes() for path in sorted(folder.iterdir())]

    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    written(tmp_path / "b", seed=1)
    assert contents(tmp_path / "a") != contents(tmp_path / "b")


def test_that_the_notes_can_be_sounded():
    for seed in range(20):
        notes = invent_notes(np.random.default_rng(seed), 125, 100, 65)
        sounding = notes["f0_hz"][:, 0] > 0
        assert ((notes["f0_hz"][sounding] > 25) & (notes["f0_hz"][sounding] < 1200)).all()
        assert (notes["harm_amp"][~sounding] < 1e-4).all()
        assert (notes["harm_amp"] <= 2.0001).all()
        np.testing.assert_allclose(notes["harm_dist"][sounding].sum(-1), 1, atol=1e-6)
        assert not notes["harm_dist"][sounding][notes["sin_freqs"][sounding] >= 8000].any()
        np.testing.assert_allclose(notes["sin_amps"], notes["harm_amp"] * notes["harm_dist"])


def test_that_other_numbers_of_harmonics_than_written_are_said(tmp_path):
    pattern = written(tmp_path)
    with pytest.raises(DataError, match=r"2500 values of 'harm_dist' in an example, the model wants 12500"):
        _ = SyntheticNotes(125, 100, 65, pattern).n_examples
