"""What is left of a curve is what can be seen of it."""

import numpy as np
import numpy.typing as npt
import pytest

from app.plots.decimation import CurveSummary, Decimated

Floats = npt.NDArray[np.float64]


def summary_of(values: Floats) -> CurveSummary:
    summary = CurveSummary()
    summary.update(np.arange(1, len(values) + 1), values)
    return summary


def seen(summary: CurveSummary, first: float = 0, last: float = 1e9) -> Decimated:
    return summary.decimate(first, last, n_pixels=300, n_means=50)


def test_that_a_short_curve_is_left_as_it_is() -> None:
    values = np.random.default_rng(0).normal(size=200)
    part = seen(summary_of(values))
    assert part.is_exact
    np.testing.assert_array_equal(part.x, np.arange(1, 201))
    np.testing.assert_array_equal(part.high, values)


@pytest.mark.parametrize("n", [1_000, 50_000, 1_000_000])
def test_that_a_single_peak_is_never_lost(n: int) -> None:
    values = np.ones(n)
    values[n // 3], values[n // 2] = 7.0, -3.0
    part = seen(summary_of(values))
    assert len(part.x) <= 300
    assert part.high.max() == 7.0
    assert part.low.min() == -3.0


def test_that_the_mean_is_the_mean() -> None:
    values = np.random.default_rng(0).normal(5.0, 1.0, 100_000)
    part = seen(summary_of(values))
    assert 25 <= len(part.mean_x) <= 60
    np.testing.assert_allclose(part.mean_y[1:-1], 5.0, atol=0.15)
    assert part.mean_x[0] == pytest.approx(1, abs=64)
    assert part.mean_x[-1] == pytest.approx(100_000, abs=64)


def test_that_the_mean_does_not_flicker_while_the_curve_grows() -> None:
    values = np.random.default_rng(0).normal(size=5000)
    before, after = seen(summary_of(values[:4900])), seen(summary_of(values))
    np.testing.assert_array_equal(before.mean_y[1:30], after.mean_y[1:30])


def test_that_growing_by_pieces_is_the_same_as_all_at_once() -> None:
    values = np.random.default_rng(0).normal(size=40_000)
    steps = np.arange(1, len(values) + 1)
    grown = CurveSummary()
    for n in (1, 63, 64, 65, 1000, 17_003, 40_000):
        grown.update(steps[:n], values[:n])
    for one, other in zip(seen(grown), seen(summary_of(values)), strict=True):
        np.testing.assert_array_equal(one, other)


def test_that_a_training_that_goes_back_forgets_what_came_after() -> None:
    summary = summary_of(np.ones(20_000))
    steps = np.arange(1, 10_001)
    summary.update(steps, np.where(steps > 5000, 2.0, 1.0))
    assert seen(summary).high.max() == 2.0
    assert seen(summary).x[-1] <= 10_000


@pytest.mark.parametrize("n", [100, 1_000, 300_000])
def test_that_what_is_not_finite_is_left_out(n: int) -> None:
    values = np.ones(n)
    values[10::7] = np.nan
    values[11::7] = np.inf
    summary = summary_of(values)
    part = seen(summary)
    for column in part[:-1]:
        assert np.isfinite(column).all()
    np.testing.assert_allclose(part.mean_y, 1.0)
    assert summary.range(0.98) == (1.0, 1.0)


def test_that_a_curve_of_nothing_finite_is_no_curve() -> None:
    summary = summary_of(np.full(100_000, np.nan))
    assert len(seen(summary).x) == 0
    assert summary.range(0.98) is None


def test_that_a_part_of_a_long_curve_is_shown_in_full_when_there_is_room() -> None:
    values = np.random.default_rng(0).normal(size=1_000_000)
    part = seen(summary_of(values), 500_000, 500_200)
    assert part.is_exact
    np.testing.assert_array_equal(part.high[1:-1], values[499_999:500_200])
