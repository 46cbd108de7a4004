"""The page where recordings are chosen: what can be pressed, and why not."""

from dataclasses import replace

import pytest

from app.state.data_page import data_page_state
from app.state.instrument import Instrument
from app.state.notices import Activity
from app.state.recording_edits import History
from app.state.recordings import recordings_of
from app.state.recordings_panel import RecordingsState, recordings_state
from app.state.run_state import RunState
from ddsp_backend.config.presets import Preset
from ddsp_backend.jobs.events import Verdict
from tests.state.looks import heard, instrument, look, seen

PRESET = Preset("presets/x.gin", "X", "A model.", 1, 16000, 50, True, 4.0)
OTHER = replace(PRESET, gin_file="presets/y.gin", title="Y", rank=2)
FINE = look(seen("/a/fine.wav"), heard("/a/fine.wav"))


def list_of(given: Instrument, intake: RunState, missing: frozenset[str] = frozenset()) -> RecordingsState:
    return recordings_state(recordings_of(given, intake, missing), intake, History())


def reason(recordings: RecordingsState, *, is_trained: bool = False, expected: str = "") -> str:
    state = data_page_state(
        instrument("/a"), [PRESET], PRESET, recordings, None, is_trained=is_trained, expected=expected
    )
    return state.reason


def test_that_an_empty_page_asks_for_recordings() -> None:
    state = data_page_state(None, [PRESET, OTHER], PRESET, RecordingsState(), None)
    assert not state.can_act
    assert state.reason == "Add recordings first"
    assert [choice.title for choice in state.presets] == ["X", "Y"]
    assert state.preset == "presets/x.gin"
    assert not state.has_settings  # of whose model?


def test_that_training_can_begin_once_something_is_ticked_and_looked_at() -> None:
    ready = list_of(instrument("/a"), FINE)
    state = data_page_state(instrument("/a"), [PRESET], PRESET, ready, None)
    assert (state.can_act, state.action) == (True, "Train")
    assert not data_page_state(instrument("/a"), [PRESET], None, ready, None).can_act
    assert not data_page_state(instrument("/a"), [PRESET], PRESET, ready, Activity("Training", None, "")).can_act
    looking = replace(ready, is_looking=True)
    assert not data_page_state(instrument("/a"), [PRESET], PRESET, looking, None).can_act


def test_that_nothing_is_said_while_something_is_being_done() -> None:
    state = data_page_state(instrument("/a"), [PRESET], PRESET, RecordingsState(), Activity("Training", None, ""))
    assert state.reason == ""
    assert reason(RecordingsState(is_looking=True)) == ""


def test_that_where_nothing_is_ticked_the_cure_is_named() -> None:
    unticked = list_of(instrument("/a", left_out=("/a/fine.wav",)), FINE)
    assert "Tick" in reason(unticked)
    unusable = list_of(instrument("/a"), look(seen("/a/x.wav", refusal="It is silent.")))
    assert "None of these recordings can be used" in reason(unusable)
    gone = list_of(instrument("/a"), look(seen("/a/x.wav")), frozenset({"/a/x.wav"}))
    assert "Locate" in reason(gone)


def test_that_what_speaks_against_training_is_said_before_it_begins() -> None:
    two = look(seen("/a/x.wav"), seen("/a/y.wav"))
    some_gone = list_of(instrument("/a"), two, frozenset({"/a/x.wav"}))
    assert reason(some_gone, expected="At most 5 minutes").splitlines()[1] == "At most 5 minutes"
    assert "1 recording missing" in reason(some_gone)

    files = ("/a/x.wav", "/a/y.wav")
    advised = look(*map(seen, files), *(heard(file, Verdict.LEAVE_OUT, {"no_pitch": 0.04}) for file in files))
    assert "one recording is ticked against advice" in reason(list_of(instrument("/a", taken_in=files[:1]), advised))
    assert "2 recordings are ticked against advice" in reason(list_of(instrument("/a", taken_in=files), advised))


def test_that_a_trained_model_is_trained_on_and_keeps_its_kind() -> None:
    ready = list_of(instrument("/a"), FINE)
    new = data_page_state(instrument("/a"), [PRESET], PRESET, ready, None, expected="At most 5 minutes")
    assert (new.preset_lock, new.reason) == ("", "At most 5 minutes")
    trained = data_page_state(
        instrument("/a"), [PRESET], PRESET, ready, None, is_trained=True, expected="At most 5 minutes"
    )
    assert trained.preset_lock
    assert trained.action != new.action
    assert trained.reason == "Prepares new recordings, then continues training\nAt most 5 minutes"


@pytest.mark.parametrize(
    ("bindings", "note"),
    [((), ""), (("a = 1",), "1 setting of your own"), (("a = 1", "b = 2"), "2 settings of your own")],
)
def test_that_settings_of_one_s_own_are_counted_for_the_chosen_preset_alone(
    bindings: tuple[str, ...], note: str
) -> None:
    own = instrument("/a", settings={"presets/x.gin": bindings, "presets/y.gin": ("c = 3",) * 3})
    state = data_page_state(own, [PRESET], PRESET, RecordingsState(), None)
    assert state.has_settings
    assert state.settings_note == note


def test_that_more_careful_listening_says_what_it_costs() -> None:
    long = list_of(instrument("/a"), look(seen("/a/long.wav", 3600.0)))
    state = data_page_state(instrument("/a", pitch="fast"), [PRESET], PRESET, long, None)
    assert state.pitch == "fast"
    assert all(choice.remark for choice in state.pitches)
    assert len({choice.remark for choice in state.pitches}) > 1
    nothing = data_page_state(None, [PRESET], None, RecordingsState(), None)
    assert not any(choice.remark for choice in nothing.pitches)
