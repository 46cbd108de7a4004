"""Virtual machines in Google Cloud: those there are, and the making of one."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from app.state import formatting
from app.state.notices import Notice, Tone
from ddsp_backend.jobs.events import (
    Event,
    Failed,
    Finished,
    HostKeyShown,
    HostProbed,
    MachineDeleted,
    MachineFound,
    Noted,
    Progressed,
    Started,
    Stopped,
)
from ddsp_backend.machines.book import greatest_cost
from ddsp_backend.machines.kinds import KINDS

_COSTING = ("PROVISIONING", "STAGING", "RUNNING", "REPAIRING")
PRICES = "cloud.google.com/compute/all-pricing"


@dataclass(frozen=True, slots=True)
class MachineChoices:
    """What the user has set for a machine that is to be made. `price_per_hour` is 0 until it was typed."""

    kind: str = KINDS[0].key
    project: str = ""
    zone: str = KINDS[0].zones[0]
    limit_hours: float = 4.0
    price_per_hour: float = 0.0
    is_spot: bool = False
    keeps: bool = False


@dataclass(frozen=True, slots=True)
class MachinesState:
    """What the dialog shows.

    Attributes:
      is_working: A job runs; `detail` says what it does.
      machines: Those that cost money now.
      project: That of the credentials.
      fingerprint: Of a key that only the user can judge; empty: none.
      jump: The host on the way to `ready` whose key it is; empty: that of `ready` itself.
      ready: The address of the machine that was reached last.
      title, hint: Of what went wrong last.
    """

    is_working: bool = False
    detail: str = ""
    machines: tuple[MachineFound, ...] = ()
    project: str = ""
    fingerprint: str = ""
    jump: str = ""
    ready: str = ""
    title: str = ""
    hint: str = ""


def after_request(state: MachinesState, detail: str, *, is_listing: bool = False) -> MachinesState:
    """The state when a job begins. The last error stays visible while the list is only reloaded."""
    if is_listing:
        return replace(state, is_working=True, detail=detail, machines=())
    return replace(state, is_working=True, detail=detail, fingerprint="", ready="", title="", hint="")


def after_event(state: MachinesState, event: Event) -> MachinesState:
    """The state after one more event of a job about machines, or of a look at one."""
    match event:
        case Progressed():
            return replace(state, detail=f"{event.stage}: {event.detail}" if event.detail else event.stage)
        case MachineFound():
            return replace(state, machines=(*state.machines, event)) if event.status in _COSTING else state
        case MachineDeleted(name):
            return replace(state, machines=tuple(each for each in state.machines if each.name != name))
        case HostKeyShown(address, fingerprint, jump):
            return replace(state, fingerprint=fingerprint, jump=jump, ready=address)
        case HostProbed():
            return replace(state, fingerprint="", ready=event.address)
        case Noted(title, hint) | Failed(title, hint):
            return replace(
                state, title=title, hint=hint, is_working=state.is_working and not isinstance(event, Failed), detail=""
            )
        case Finished(result):
            return replace(state, is_working=False, detail="", project=result.get("project", state.project))
        case Stopped():
            return replace(state, is_working=False, detail="")
        case Started() | _:
            return state


def cost_sentence(choices: MachineChoices) -> str:
    """What a machine can cost at most."""
    if choices.price_per_hour <= 0:
        return f"Find Google's hourly price for this machine and zone at {PRICES}."
    cost = greatest_cost(choices.price_per_hour, choices.limit_hours)
    return (
        f"At most {choices.limit_hours:g} h x {choices.price_per_hour:g} = {cost}, in the currency of the price. "
        "Then Google deletes the machine, even if this computer is off."
    )


def machine_sentence(machine: MachineFound, now: float) -> str:
    """One line about a machine. `now` is in seconds since 1970."""
    kind = next((kind.title for kind in KINDS if kind.machine_type == machine.machine_type), machine.machine_type)
    parts = [kind, machine.zone]
    if machine.ends_at:
        parts.append(f"deletes itself in {formatting.span(max(0.0, machine.ends_at - now))}")
    else:
        parts.append("has no limit")
    if machine.price_per_hour:
        parts.append(f"{machine.price_per_hour:g} an hour")
    if not machine.is_ours:
        parts.append("made on another computer")
    return ", ".join(parts)


def running_notice(machines: Iterable[MachineFound], at_work: Collection[str], now: float) -> Notice | None:
    """What is said at the start of the window about machines that nothing runs on."""
    idle = [machine for machine in machines if machine.name not in at_work]
    if not idle:
        return None
    first = idle[0]
    number = "A machine" if len(idle) == 1 else f"{len(idle)} machines"
    verb = "is" if len(idle) == 1 else "are"
    return Notice(
        Tone.WARNING,
        f"{number} in Google Cloud {verb} still running, and cost{'s' if len(idle) == 1 else ''} money",
        f"{first.name}: {machine_sentence(first, now)}. Train on it, or delete it.",
        action="Show",
    )


def unseen_notice(state: MachinesState) -> Notice:
    """What is said when Google could not be asked, although a machine was made from this computer."""
    return Notice(
        Tone.WARNING,
        "Could not check whether a Google Cloud machine is still running and being billed",
        f"{state.title}. {state.hint}",
        action="Show",
    )
