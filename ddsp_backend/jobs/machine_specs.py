"""What is asked about virtual machines in Google Cloud: make one, find them, reach one again, delete one."""

import math
import re
from dataclasses import dataclass

from ddsp_backend.jobs.checks import require, require_text

SHORTEST_HOURS, LONGEST_HOURS = 0.25, 72.0
_NAME = re.compile(r"timbre-[0-9a-f]{12}")
_PROJECT = re.compile(r"([a-z0-9.-]{1,63}:)?[a-z][a-z0-9-]{4,61}[a-z0-9]")
_ZONE = re.compile(r"[a-z]+(-[a-z]+)*-[a-z]+\d{1,2}-[a-z]")
_KIND = re.compile(r"[a-z0-9-]{1,40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateMachineSpec:
    """Make a machine that deletes itself after a while, and meet it as a host.

    Asked a second time, the same spec goes on with the machine that it made before.
    """

    book: str
    """Folder of the host book."""
    name: str
    """What `new_machine_name` gave."""
    kind: str
    """A key of machines/kinds.py."""
    zone: str
    limit_hours: float
    """Google deletes the machine after so long, whatever becomes of this computer."""
    price_per_hour: float
    """As the user read it in Google's price list: there is no live price here. In any currency."""
    project: str = ""
    """Empty: that of the credentials."""
    is_spot: bool = False
    """Cheaper; Google may take it back at any moment."""
    keeps: bool = False
    """Whether it stays, until its limit, when the training on it is over."""

    def __post_init__(self) -> None:
        require_text("book", self.book)
        _require_name(self.name)
        _require_place(self.project, self.zone)
        require(bool(_KIND.fullmatch(self.kind)), "kind", self.kind, "the name of a kind of machine")
        hours = f"between {SHORTEST_HOURS:g} and {LONGEST_HOURS:g} hours"
        require(SHORTEST_HOURS <= self.limit_hours <= LONGEST_HOURS, "limit_hours", self.limit_hours, hours)
        is_price = math.isfinite(self.price_per_hour) and self.price_per_hour > 0
        require(is_price, "price_per_hour", self.price_per_hour, "what one hour costs, more than 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListMachinesSpec:
    """Find every machine that carries this program's label."""

    book: str
    project: str = ""
    """Also look there. Empty: only in the projects where machines were made, and in that of the credentials."""
    is_silent: bool = False
    """Look nowhere, and ask nobody, where no machine was ever made from this computer."""

    def __post_init__(self) -> None:
        require_text("book", self.book)
        _require_place(self.project, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinMachineSpec:
    """Reach a machine again that was made from this computer: after a crash, or when its address has changed."""

    book: str
    name: str

    def __post_init__(self) -> None:
        require_text("book", self.book)
        _require_name(self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteMachineSpec:
    """Delete a machine with its disk. One without this program's label is refused."""

    book: str
    name: str
    project: str = ""
    zone: str = ""
    """Both only for a machine that was not made from this computer."""

    def __post_init__(self) -> None:
        require_text("book", self.book)
        _require_name(self.name)
        _require_place(self.project, self.zone)


def is_machine_name(name: str) -> bool:
    return bool(_NAME.fullmatch(name))


def _require_name(name: str) -> None:
    require(is_machine_name(name), "name", name, "timbre- and twelve hexadecimal digits")


def _require_place(project: str, zone: str) -> None:
    require(not project or bool(_PROJECT.fullmatch(project)), "project", project, "the ID of a project in Google Cloud")
    require(not zone or bool(_ZONE.fullmatch(zone)), "zone", zone, "a zone such as us-central1-a")
