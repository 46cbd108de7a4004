"""A piece of work that takes long: whoever waits for it hears a stop, and does not wait for those who are gone."""

import threading

import pytest

from ddsp_backend.errors import DdspError
from ddsp_backend.jobs import interruptible
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import StopAcknowledged
from ddsp_backend.jobs.interruptible import Interruptible


def test_that_a_stop_is_acknowledged_while_the_work_goes_on_to_its_end() -> None:
    cancel, may_end = CancelToken(), threading.Event()

    def work() -> int:
        may_end.wait()
        return 42

    with Interruptible(cancel) as watching:
        cancel.set()
        running = watching.run(work)
        assert next(running) == StopAcknowledged()
        may_end.set()
        with pytest.raises(StopIteration) as end:
            next(running)
    assert end.value.value == 42


def test_that_what_the_work_raises_is_raised() -> None:
    def work() -> None:
        raise DdspError("This cannot be done")

    with Interruptible(CancelToken()) as watching, pytest.raises(DdspError, match="cannot be done"):
        list(watching.run(work))


def test_that_work_elsewhere_is_waited_for_as_long_as_there_is_a_sign_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interruptible, "ASK_SECONDS", 0.0)
    is_asked, never = threading.Event(), threading.Event()

    def answer() -> None:
        if is_asked.is_set():
            raise DdspError("Nobody is there")
        is_asked.set()

    with pytest.raises(DdspError, match="Nobody is there"), Interruptible(CancelToken(), answer) as watching:
        list(watching.run(is_asked.wait))  # goes on to its end
        list(watching.run(never.wait))
    never.set()
