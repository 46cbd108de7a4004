"""Generators that work in small steps."""

from collections.abc import Generator

import pytest

from ddsp_backend.jobs.steps import Steps, drain


def count(n_steps: int, closed: list[str], fails: bool = False) -> Generator[int, None, str]:
    try:
        yield from range(n_steps)
        if fails:
            raise ValueError("at the end")
        return f"{n_steps} steps"
    finally:
        closed.append("closed")


def test_that_each_step_is_seen_and_the_result_is_there_after_the_loop():
    steps = Steps(count(3, []))
    assert list(steps) == [0, 1, 2]
    assert steps.result == "3 steps"


def test_that_draining_gives_the_result_also_where_there_are_no_steps():
    assert drain(count(0, [])) == "0 steps"
    assert drain(count(5, [])) == "5 steps"


def test_that_an_error_of_the_work_comes_out_of_the_loop():
    with pytest.raises(ValueError, match="at the end"):
        drain(count(2, [], fails=True))


def test_that_a_loop_that_is_left_by_an_error_closes_the_work_before_the_error_is_handled():
    closed: list[str] = []
    steps = Steps(count(3, closed))
    try:
        with steps:
            for step in steps:
                if step == 1:
                    raise KeyError(step)
    except KeyError:
        assert closed == ["closed"]
    assert closed == ["closed"]
    assert not hasattr(steps, "result")


def test_that_stopping_the_generator_around_the_loop_closes_the_work_first():
    order: list[str] = []

    def outer() -> Generator[int, None, None]:
        try:
            with Steps(count(3, order)) as steps:
                yield from steps
        except GeneratorExit:
            order.append("outer")
            raise

    running = outer()
    next(running)
    running.close()
    assert order == ["closed", "outer"]


def test_that_a_loop_that_is_left_by_return_closes_the_work():
    closed: list[str] = []

    def first() -> int:
        with Steps(count(3, closed)) as steps:
            for step in steps:
                return step
        return -1

    assert first() == 0
    assert closed == ["closed"]


def test_that_an_error_while_the_work_is_closed_is_heard():
    """A second Ctrl-C, say: it must not be lost because the work is being let go of."""

    def work() -> Generator[int, None, None]:
        try:
            yield 1
        finally:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), Steps(work()) as steps:
        for _ in steps:
            raise ValueError("a first reason to leave")
