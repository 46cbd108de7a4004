"""What the window says about machines in Google Cloud."""

from functools import reduce

from app.state.machines import (
    MachineChoices,
    MachinesState,
    after_event,
    after_request,
    cost_sentence,
    machine_sentence,
    running_notice,
)
from ddsp_backend.jobs.events import Event, Failed, Finished, HostKeyShown, MachineDeleted, MachineFound, Noted, Started
from ddsp_backend.jobs.job_table import JobKind

HOUR = 3600.0
OURS = MachineFound(
    name="timbre-0123456789ab",
    project="studio-project",
    zone="us-central1-a",
    machine_type="ct5lp-hightpu-1t",
    status="RUNNING",
    ends_at=10 * HOUR,
    price_per_hour=1.2,
    is_ours=True,
)


def after(*events: Event, state: MachinesState | None = None) -> MachinesState:
    return reduce(after_event, events, after_request(state or MachinesState(), "Looking"))


def test_that_the_greatest_cost_is_price_times_limit() -> None:
    assert "4 h x 1.2 = 4.80" in cost_sentence(MachineChoices(price_per_hour=1.2))
    assert "0.5 h x 0.33 = 0.17" in cost_sentence(MachineChoices(price_per_hour=0.33, limit_hours=0.5))
    assert "all-pricing" in cost_sentence(MachineChoices())


def test_that_a_machine_is_one_line_with_the_time_that_it_has_left() -> None:
    line = machine_sentence(OURS, 8 * HOUR)
    assert line.startswith("TPU v5e, 1 chip, us-central1-a, deletes itself in")
    assert line.endswith("1.2 an hour")
    elsewhere = MachineFound("timbre-ffffffffffff", "p", "z", "x9-new", "RUNNING", 0.0, 0.0, False)
    assert machine_sentence(elsewhere, 0.0) == "x9-new, z, has no limit, made on another computer"


def test_that_only_machines_that_cost_and_do_nothing_are_said_at_the_start() -> None:
    assert running_notice([], (), 0.0) is None
    assert running_notice([OURS], {OURS.name}, 0.0) is None
    notice = running_notice([OURS], {""}, 0.0)
    assert notice is not None
    assert notice.title == "A machine in Google Cloud is still running, and costs money"
    assert OURS.name in notice.hint
    two = running_notice([OURS, OURS], (), 0.0)
    assert two is not None
    assert two.title.startswith("2 machines in Google Cloud are still running, and cost money")


def test_that_the_list_grows_and_shrinks_and_what_ends_by_itself_is_left_out() -> None:
    stopping = MachineFound("timbre-ffffffffffff", "p", "z", "t", "STOPPING", 0.0, 0.0, False)
    state = after(Started(JobKind.LIST_MACHINES), OURS, stopping, Finished({"project": "studio-project"}))
    assert state.machines == (OURS,)
    assert state.project == "studio-project"
    assert not state.is_working
    assert after(MachineDeleted(OURS.name), Finished({}), state=state).machines == ()


def test_that_a_failure_stays_to_be_read_while_the_list_is_read_anew() -> None:
    failed = after(Noted("A note", "its cure"), Failed("No quota", "Ask for it."))
    assert (failed.title, failed.hint, failed.is_working) == ("No quota", "Ask for it.", False)
    listing = after_request(failed, "Looking", is_listing=True)
    assert after_event(listing, Finished({})).title == "No quota"
    assert after_request(failed, "Asking").title == ""


def test_that_a_key_that_google_does_not_tell_is_to_be_compared() -> None:
    state = after(HostKeyShown(OURS.name, "SHA256:abc"), Finished({"name": OURS.name}))
    assert (state.ready, state.fingerprint) == (OURS.name, "SHA256:abc")
    state = after(HostKeyShown(OURS.name, "SHA256:abc", jump="bastion"))
    assert (state.ready, state.jump) == (OURS.name, "bastion")
