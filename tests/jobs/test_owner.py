"""A process is known again by its number, its start and the boot; also where a boot has no name but its time."""

from dataclasses import replace

import pytest

from ddsp_backend.jobs.owner import is_same_boot, process_owner


def test_that_this_process_is_alive_and_one_of_another_boot_is_not() -> None:
    ourselves = process_owner()
    assert ourselves.is_alive()
    assert not replace(ourselves, boot="0").is_alive()
    assert not replace(ourselves, started=ourselves.started - 60).is_alive()


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("1700000000", "1700000001", True),  # Windows counts from the time since the boot, and rounds
        ("1700000000", "1700000300", False),
        ("0b1d", "0b1d", True),
        ("0b1d", "1700000000", False),
    ],
)
def test_that_the_time_of_a_boot_may_move_by_a_little(one: str, other: str, is_same: bool) -> None:
    assert is_same_boot(one, other) is is_same
