"""Invented notes: the same for the same seed, possible to sound, and read back as they were written."""

import numpy as np
import pytest

from ddsp_backend.cli.ddsp_generate_synthetic_dataset import main
from ddsp_backend.data.invented_notes import generate_notes, generate_notes_v2
from ddsp_backend.data.synthetic_notes import SyntheticNotes
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
    first = generate_notes_v2(np.random.default_rng([42, 0]), 125, 20, 65)
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


@pytest.mark.parametrize("invent", [generate_notes, generate_notes_v2])
def test_that_the_notes_can_be_sounded(invent):
    for seed in range(20):
        notes = invent(np.random.default_rng(seed), 125, 100, 65)
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


def examples(pattern, n_timesteps=125, n_harmonics=100):
    (batch,) = SyntheticNotes(n_timesteps, n_harmonics, 65, pattern).get_batch(3, shuffle=False, repeats=1)
    return batch


def test_that_the_command_of_the_reference_works_as_it_is_printed(tmp_path):
    path = tmp_path / "synthetic_data.tfrecord"
    words = [f"--output_tfrecord_path={path}", "--num_shards=1", "--num_examples=3", "--alsologtostderr"]
    assert main([*words, "--gin_param=generate_examples.generate_fn = @generate_notes_v2"]) == 0
    expected = generate_notes_v2(np.random.default_rng([42, 2]))
    np.testing.assert_allclose(examples(f"{path}*")["sin_amps"][2], expected["sin_amps"], atol=1e-6)


def test_that_gin_chooses_the_generator_and_its_sizes(tmp_path):
    gin_file = tmp_path / "mine.gin"
    gin_file.write_text("generate_examples.generate_fn = @generate_notes\ngenerate_notes.n_timesteps = 40\n")
    path = tmp_path / "plain.tfrecord"
    words = [f"--output_tfrecord_path={path}", "--num_examples=3", "--num_shards=2", "--gin_file=mine.gin"]
    words += [f"--gin_search_path={tmp_path}", "--gin_param=generate_notes.n_harmonics = 12"]
    assert main(words) == 0
    notes = examples(f"{path}*", 40, 12)
    expected = generate_notes(np.random.default_rng([42, 0]), 40, 12)
    np.testing.assert_allclose(notes["harm_dist"][0], expected["harm_dist"], atol=1e-6)
    changes = np.flatnonzero(np.diff(expected["f0_hz"][:, 0]))
    assert len(changes) < 20  # a pitch is held until the next one


def test_that_raw_values_are_those_of_a_network():
    rng = np.random.default_rng
    for invent in (generate_notes, generate_notes_v2):
        assert invent(rng(3), 125, get_controls=False)["harm_amp"].min() < 0
        assert invent(rng(3), 125)["harm_amp"].min() > 0
    silent = generate_notes_v2(rng(0), 60, p_silent=1.0)
    assert not silent["f0_hz"].any()


@pytest.mark.parametrize(
    ("param", "said"),
    [
        ("generate_examples.generate_fn = @generate_notes", "missing a required argument: 'n_timesteps'"),
        ("generate_examples.generate_fn = @core.exp_sigmoid", "which invents no notes"),
        ("generate_notes_v2.n_notes = 3", "has no parameter n_notes"),
    ],
)
def test_that_a_config_that_invents_no_notes_is_a_sentence(tmp_path, capsys, param, said):
    assert main([f"--output_tfrecord_path={tmp_path / 'notes'}", "--num_examples=1", f"--gin_param={param}"]) == 1
    assert said in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_that_a_pipeline_writes_the_same_bytes(tmp_path):
    for folder, options in (("a", ()), ("b", ("--runner=DirectRunner",))):
        (tmp_path / folder).mkdir()
        written(tmp_path / folder, pipeline_options=options)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()
