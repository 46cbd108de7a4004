"""The words and bars of the dialog that records takes."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.state.recording import RecordDialogState, RecordingPhase
from app.state.take_guide import take_guide
from ddsp_backend.jobs.events import RecordingInspected, Verdict


def inspected(
    seconds: float, low: float, high: float, soft: float, loud: float, **coverage: float
) -> RecordingInspected:
    cells = {key.replace("_", ":").replace("m", "-").removeprefix("n"): value for key, value in coverage.items()}
    return RecordingInspected("a.wav", Verdict.FINE, seconds, seconds, low, high, soft, loud, -70.0, cells)


def test_that_the_guide_is_empty_before_anything_was_played() -> None:
    assert [(item.filled, item.heard) for item in take_guide(())] == [(0.0, "")] * 4


def test_that_the_guide_fills_as_range_dynamics_and_minutes_grow() -> None:
    small = take_guide([inspected(30.0, 57, 60, -30, -24, n57_m24=15, n60_m24=15)])
    large = take_guide(
        [
            inspected(30.0, 57, 60, -30, -24, n57_m24=15, n60_m24=15),
            inspected(290.0, 50, 71, -42, -18, **{f"n{note}_m24": 13.0 for note in range(50, 72)}),
        ]
    )
    assert all(a.filled < b.filled for a, b in zip(small, large, strict=True))
    assert [item.filled for item in large] == [1.0] * 4
    assert small[0].heard == "A3 to C4"
    assert small[1].heard == "6 dB between soft and loud"
    assert small[2].heard == "little of A#3, B3"
    assert large[3].heard == "5:20 so far"


@given(st.lists(st.tuples(*[st.floats(allow_nan=True, allow_infinity=True)] * 5), max_size=4))
def test_that_no_figure_breaks_the_guide(figures: list[tuple[float, float, float, float, float]]) -> None:
    for item in take_guide(inspected(*each) for each in figures):
        assert 0 <= item.filled <= 1


@pytest.mark.parametrize(
    ("level_db", "is_clipping", "n_lost", "says"),
    [
        (-math.inf, False, 0, "Very quiet"),
        (-20.0, False, 0, "Good level."),
        (-3.0, False, 0, "Loud."),
        (0.0, True, 0, "Too loud"),
        (-20.0, False, 1, "too busy"),
    ],
)
def test_that_the_level_is_told_in_words(level_db: float, is_clipping: bool, n_lost: int, says: str) -> None:
    state = RecordDialogState(RecordingPhase.READY, level_db=level_db, is_clipping=is_clipping, n_lost=n_lost)
    assert says in state.advice


def test_that_the_button_stops_a_count_in_as_well_as_a_take() -> None:
    buttons = {phase: RecordDialogState(phase).button for phase in RecordingPhase}
    assert buttons[RecordingPhase.COUNTING] == buttons[RecordingPhase.RECORDING] == "Stop"
    assert buttons[RecordingPhase.READY] == "Record"
    assert not RecordDialogState(RecordingPhase.UNAVAILABLE).can_press


def test_that_the_dialog_says_what_goes_on() -> None:
    said = {phase: RecordDialogState(phase, beat=3, seconds=65.0).headline for phase in RecordingPhase}
    assert said[RecordingPhase.COUNTING] == "3 ..."
    assert said[RecordingPhase.RECORDING] == "Recording 1:05"
    assert len(set(said.values())) == len(RecordingPhase)


def test_that_nothing_is_said_of_the_level_where_there_is_no_input() -> None:
    for phase in (RecordingPhase.LOOKING, RecordingPhase.UNAVAILABLE):
        assert RecordDialogState(phase, is_clipping=True).advice == ""


def test_that_takes_are_counted_and_their_folder_named() -> None:
    assert "as soon as you stop" in RecordDialogState().takes
    assert RecordDialogState(n_takes=1, folder="/takes").takes == "1 take recorded, kept in /takes"
    assert RecordDialogState(n_takes=12, folder="/takes").takes.startswith("12 takes")
