"""What is known here of the virtual machines that were made from this computer: a folder each, in the host book's.

machines/projects.json             where any was ever made
machines/ssh_config                the user's, if there is one: settings for all of them, such as a ProxyCommand
machines/<name>/machine.json       written before Google is asked for the machine
machines/<name>/key, key.pub       a pair for this machine alone; gone with it
machines/<name>/ssh_config         leads to its address, once that is known
"""

import json
import re
import shutil
import uuid
from dataclasses import asdict, dataclass, fields, replace
from ipaddress import ip_address
from pathlib import Path

from ddsp_backend.errors import ConfigError, RemoteError
from ddsp_backend.files import written_whole
from ddsp_backend.jobs.machine_specs import LONGEST_HOURS, SHORTEST_HOURS, is_machine_name
from ddsp_backend.json_reading import read_json
from ddsp_backend.remote.hosts import Host, HostBook

USER = "timbre"
"""The account on the machine."""
_PATIENCE = 180.0  # seconds; a machine that Google took back does not return
_IN_FLIGHT_SECONDS = 900.0
_PUBLIC_KEY = re.compile(r"ssh-ed25519 [A-Za-z0-9+/=]{60,80}( .*)?")


class UnsureError(RemoteError):
    """Google was asked for something, and it is not known whether it happened."""


class MachineGoneError(RemoteError):
    """There is no such machine any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """One that was asked for. `asked_at` is in seconds since 1970."""

    name: str
    project: str
    zone: str
    kind: str
    limit_hours: float
    price_per_hour: float
    is_spot: bool
    keeps: bool
    asked_at: float

    def __post_init__(self) -> None:
        if not is_machine_name(self.name) or not SHORTEST_HOURS <= self.limit_hours <= LONGEST_HOURS:
            raise ConfigError(f"There can be no machine {self.name!r} with a limit of {self.limit_hours} hours")

    @property
    def ends_at(self) -> float:
        """When its limit is reached, at the latest."""
        return self.asked_at + self.limit_hours * 3600

    def may_appear(self, now: float) -> bool:
        """Whether a request that was on its way when this program died could still bring it into being."""
        return now - self.asked_at < _IN_FLIGHT_SECONDS


def new_machine_name() -> str:
    return f"timbre-{uuid.uuid4().hex[:12]}"


def greatest_cost(price_per_hour: float, limit_hours: float) -> str:
    """What a machine can cost at most, in the currency of its price."""
    return f"{price_per_hour * limit_hours:.2f}"


class MachineBook:
    """Reads and writes the records beside a host book. Damaged ones are left out: Google's list has their machines."""

    def __init__(self, hosts: HostBook) -> None:
        self.hosts = hosts
        self.folder = hosts.folder / "machines"

    def machines(self) -> tuple[Machine, ...]:
        """The oldest first."""
        names = [path.name for path in self.folder.glob("timbre-*") if is_machine_name(path.name)]
        return tuple(sorted(filter(None, map(self.find, names)), key=lambda machine: machine.asked_at))

    def find(self, name: str) -> Machine | None:
        """None for a machine that was not made from this computer."""
        try:
            entry = read_json(self.folder / name / "machine.json")
            machine = Machine(**entry)
        except (OSError, ValueError, TypeError, ConfigError):
            return None
        well = all(type(getattr(machine, each.name)) is each.type for each in fields(Machine))
        return machine if well and machine.name == name else None

    def get(self, name: str) -> Machine:
        machine = self.find(name)
        if machine is None or not (self.folder / name / "key").exists():
            raise ConfigError(
                f"The machine {name} was not made from this computer, so its key is not here",
                "Delete it, and make another one.",
            )
        return machine

    def put(self, machine: Machine) -> str:
        """Writes the record and the key pair of a machine that is about to be asked for; returns the public key.

        What is there already stays. Raises OSError where it cannot be written: then nothing may be asked for.
        """
        folder = self.folder / machine.name
        folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        projects = sorted({*self.projects(), machine.project})
        _write(self.folder / "projects.json", json.dumps(projects) + "\n")
        if not (folder / "key").exists():
            import asyncssh  # 0.2 s, which the window need not wait for

            pair = asyncssh.generate_private_key("ssh-ed25519", comment=USER)
            _write(folder / "key.pub", pair.export_public_key().decode())
            _write(folder / "key", pair.export_private_key().decode())
        if self.find(machine.name) is None:
            _write(folder / "machine.json", json.dumps(asdict(machine), indent=1) + "\n")
        return self.public_key(machine.name)

    def public_key(self, name: str) -> str:
        text = (self.folder / name / "key.pub").read_text(encoding="utf-8").strip()
        if not _PUBLIC_KEY.fullmatch(text):
            raise ConfigError(f"The key of the machine {name} is damaged", "Delete it, and make another one.")
        return text

    def reach(self, name: str, address: str, host_key: str | None) -> Host:
        """Puts a machine into the host book: at this address, known by this key (None: by the one known already)."""
        folder = self.folder / name
        lines = [
            # The first word about a setting counts.
            f"Include {_quoted(self.folder / 'ssh_config')}",
            f"Host {name}",
            f"  HostName {ip_address(address)}",
            f"  User {USER}",
            f"  IdentityFile {_quoted(folder / 'key')}",
            "  IdentitiesOnly yes",
            "  IdentityAgent none",
        ]
        _write(folder / "ssh_config", "\n".join(lines) + "\n")
        known = {host.address: host for host in self.hosts.hosts()}
        host = known.get(name, Host(address=name, patience=_PATIENCE))
        host = replace(host, ssh_config=str(folder / "ssh_config"))
        self.hosts.put(host)
        if host_key is not None:
            self.hosts.pin(name, host_key)
        return host

    def remove(self, name: str) -> None:
        """Forgets a machine that is gone, with its key and its host."""
        self.hosts.remove(name)
        shutil.rmtree(self.folder / name, ignore_errors=True)

    def projects(self) -> tuple[str, ...]:
        """Where machines were made. Empty: never any."""
        try:
            found = read_json(self.folder / "projects.json")
        except (OSError, ValueError):
            found = []
        known = [each for each in found if isinstance(each, str)] if isinstance(found, list) else []
        return tuple(dict.fromkeys([*known, *(machine.project for machine in self.machines())]))


def _quoted(path: Path) -> str:
    text = str(path)
    if '"' in text or not text.isprintable():
        raise ConfigError(f"The folder of the host book cannot stand in an ssh_config: {text!r}")
    return f'"{text}"'


def _write(path: Path, text: str) -> None:
    with written_whole(path) as temporary:
        temporary.touch(mode=0o600)
        temporary.write_text(text, encoding="utf-8")
