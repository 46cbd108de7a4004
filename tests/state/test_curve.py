import numpy as np

from app.state.curve import Curve


def grown(*points: tuple[int, float]) -> Curve:
    curve = Curve()
    for step, value in points:
        curve = curve.appended(step, value)
    return curve


def test_that_a_curve_keeps_its_points_in_order() -> None:
    curve = grown(*((step, 1 / step) for step in range(1, 1000)))
    assert len(curve) == 999
    np.testing.assert_array_equal(curve.steps, np.arange(1, 1000))
    np.testing.assert_array_equal(curve.values, 1 / np.arange(1, 1000))


def test_that_several_points_at_once_make_the_same_curve_as_one_by_one() -> None:
    old = grown((1, 0.1), (2, 0.2), (3, 0.3))
    for steps in ((), (4,), (2, 5), *(tuple(range(4, last)) for last in (64, 65, 66, 900))):
        values = [step / 2 for step in steps]
        one_by_one = old
        for step, value in zip(steps, values, strict=True):
            one_by_one = one_by_one.appended(step, value)
        at_once = old.extended(steps, values)
        assert at_once == one_by_one
        assert at_once.appended(1000, 0.0) == one_by_one.appended(1000, 0.0)
        assert list(old.values) == [0.1, 0.2, 0.3]


def test_that_an_older_curve_does_not_change_when_a_newer_one_grows() -> None:
    old = grown((1, 0.1), (2, 0.2))
    new = old.appended(3, 0.3)
    other = old.appended(3, 0.9)
    assert list(old.values) == [0.1, 0.2]
    assert list(new.values) == [0.1, 0.2, 0.3]
    assert list(other.values) == [0.1, 0.2, 0.9]


def test_that_a_step_that_comes_again_replaces_what_followed_it() -> None:
    curve = grown((1, 0.1), (2, 0.2), (3, 0.3)).appended(2, 0.7)
    assert curve == grown((1, 0.1), (2, 0.7))


def test_that_before_cuts_and_leaves_the_longer_curve_whole() -> None:
    long = grown((1, 0.1), (2, 0.2), (3, 0.3))
    short = long.before(3)
    assert short.appended(3, 0.4) == grown((1, 0.1), (2, 0.2), (3, 0.4))
    assert long == grown((1, 0.1), (2, 0.2), (3, 0.3))


def test_that_points_cannot_be_written_from_outside() -> None:
    curve = grown((1, 0.1))
    assert not curve.values.flags.writeable
    assert not curve.steps.flags.writeable


def test_that_a_million_points_share_their_memory() -> None:
    curve = Curve()
    before_last = curve
    for step in range(1_000_000):
        before_last, curve = curve, curve.appended(step, 0.0)
    # No clock: were each append to copy, this would copy four terabytes and never come to its end.
    assert np.shares_memory(curve.values, before_last.values)
    assert len(curve) == 1_000_000


def test_that_the_recent_value_is_the_mean_of_the_last_twenty() -> None:
    curve = grown(*((step, 100.0) for step in range(1, 101)), *((step, 1.0) for step in range(101, 121)))
    assert curve.recent == 1.0
    assert curve.appended(121, 21.0).recent == 2.0
    assert grown((1, 4.0), (2, 2.0)).recent == 3.0
    assert np.isnan(Curve().recent)
    assert np.isnan(grown((1, np.inf), (2, -np.inf)).recent)


def test_that_a_curve_is_equal_to_its_like_alone() -> None:
    assert grown((1, 0.1)) == grown((1, 0.1))
    assert grown((1, 0.1)) != grown((1, 0.2))
    assert grown((1, 0.1)) != "a curve"
