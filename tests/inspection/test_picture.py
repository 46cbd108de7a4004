import numpy as np
import pytest

from ddsp_backend.inspection.picture import MOST_COLUMNS, Outline


@pytest.mark.parametrize("n_samples", [1, 2, 1999, 2000, 2001, 4001, 123_457])
@pytest.mark.parametrize("block", [1000, 4096, 1 << 16])
def test_that_an_outline_holds_the_extremes_of_every_column(n_samples, block):
    audio = np.random.default_rng(n_samples).uniform(-1, 1, (n_samples, 1)).astype(np.float32)
    outline = Outline()
    for start in range(0, n_samples, block):
        outline.add(audio[start : start + block])
    columns = outline.columns()
    parts = [audio[start : start + outline.span] for start in range(0, n_samples, outline.span)]
    assert columns.shape == (2, len(parts))
    assert columns.shape[1] <= MOST_COLUMNS
    np.testing.assert_array_equal(columns, [[part.min() for part in parts], [part.max() for part in parts]])
