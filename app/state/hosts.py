"""Where training can run: this computer, or a host that was added; and the conversation in which one is added."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from app.state.instrument import Instrument
from app.state.library import place_left
from app.state.notices import Choice
from ddsp_backend.jobs.events import Event, Failed, Finished, HostKeyShown, HostProbed, Progressed, Stopped
from ddsp_backend.jobs.job_table import JobKind
from ddsp_backend.jobs.place import Place, new_place
from ddsp_backend.jobs.spec import JobSpec
from ddsp_backend.remote.hosts import Host

HERE = ""
_CHIPS = {"tpu": "the TPU", "cuda": "the graphics card", "cpu": "the processor"}


class Meeting(Enum):
    """How far the adding of a host is."""

    ASKING = "asking"  # for its address
    LOOKING = "looking"
    COMPARING = "comparing"  # the user compares fingerprints
    MET = "met"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class HostMeeting:
    """What the dialog shows. `fingerprint` is that of a key which only the user can judge, that of the host `jump` in
    between if there is one.
    """

    phase: Meeting = Meeting.ASKING
    address: str = ""
    detail: str = ""
    fingerprint: str = ""
    jump: str = ""
    title: str = ""  # of a refusal
    hint: str = ""


def meet(state: HostMeeting, event: Event) -> HostMeeting:
    """The state after one more event of a HostSpec's job."""
    match event:
        case Progressed():
            return replace(state, detail=f"{event.stage}: {event.detail}" if event.detail else event.stage)
        case HostKeyShown(_, fingerprint, jump):
            return replace(state, phase=Meeting.COMPARING, fingerprint=fingerprint, jump=jump)
        case HostProbed():
            return replace(state, phase=Meeting.MET, detail=inventory(event))
        case Failed(title, hint):
            return replace(state, phase=Meeting.REFUSED, title=title, hint=hint)
        case Finished() | Stopped() if state.phase is Meeting.LOOKING:
            return replace(state, phase=Meeting.ASKING)
    return state


def placed(task: str, spec: JobSpec, instrument: Instrument, book: str) -> tuple[JobSpec, Place | None]:
    """A job and where it runs; None for here. A training that was left on the chosen host is joined, as it is."""
    if task != "train" or not instrument.host:
        return spec, None
    trainings = [folder for folder in instrument.job_folders() if folder.kind() == JobKind.TRAIN]
    left = place_left(trainings[-1]) if trainings else None
    if left is not None and left.addresses == addresses_of(instrument.host):
        return trainings[-1].read_spec(), left
    return spec, new_place(book, *addresses_of(instrument.host))


def together(addresses: Sequence[str]) -> str:
    """The key of the place that several hosts make; no address holds a comma."""
    return ",".join(addresses)


def addresses_of(key: str) -> tuple[str, ...]:
    """Of the hosts of a place other than this computer."""
    return tuple(key.split(","))


def places(hosts: Sequence[Host], chosen: str = HERE) -> tuple[Choice, ...]:
    """This computer first; last the chosen one, where it is several hosts that are all known."""
    keys = [host.address for host in hosts]
    several = addresses_of(chosen)
    if len(several) > 1 and set(several) <= set(keys):
        keys.append(chosen)
    here = Choice(HERE, "On this computer", "")
    return (here, *(Choice(key, f"On {' and '.join(addresses_of(key))}", "") for key in keys))


def inventory(found: HostProbed) -> str:
    """What a host has and what will be used of it, in two sentences."""
    parts = [
        f"{found.cores} cores",
        f"{found.memory / 1e9:.0f} GB of memory",
        f"{found.free / 1e9:.{0 if found.free >= 1e9 else 1}f} GB free on the disk",
        *found.gpus,
        *([f"{found.tpu_chips} TPU chip{'s' if found.tpu_chips > 1 else ''}"] if found.tpu_chips else []),
    ]
    needed = "" if found.is_set_up else " The first training there installs what it needs, in a separate folder."
    return (
        f"{found.system}, {', '.join(parts)}. "
        f"Training there uses {_CHIPS.get(found.accelerator, found.accelerator)}, with {found.python}.{needed}"
    )
