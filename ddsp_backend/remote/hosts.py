"""The hosts that the user has added, and the keys by which each is known again. Nothing secret is kept here.

hosts.json   one entry a host
host_keys    one line a host: address, type, key. What OpenSSH calls known_hosts, for this program alone.
             "address/jump" is a host in between, on the way to this address.
"""

import base64
import hashlib
import json
import re
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from ddsp_backend.errors import ConfigError
from ddsp_backend.files import written_whole
from ddsp_backend.json_reading import read_json

DEFAULT_FOLDER = ".cache/timbre-studio"
_NAME = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}"
_ADDRESS = re.compile(rf"(?:(?P<user>{_NAME})@)?(?P<host>{_NAME}|\[[0-9A-Fa-f:.]{{2,45}}\])(?::(?P<port>\d{{1,5}}))?")
_KEY = re.compile(r"(?P<kind>[a-z0-9@.-]{1,64}) (?P<blob>[A-Za-z0-9+/]{16,8192}={0,2})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A machine that ssh reaches.

    Attributes:
      address: A name from ssh_config, or user@host, or user@host:port.
      folder: Where this program keeps its things there; a relative path starts at the home folder.
      python: An interpreter there that has TensorFlow already. Empty: one is set up in `folder`.
      ssh_config: The ssh_config to read; empty: the user's own.
      patience: Seconds without an answer after which a run there is given up as lost.
      open_port: Whether TensorFlow's server for several workers may be open to its network (see sealed_worker.py).
    """

    address: str
    folder: str = DEFAULT_FOLDER
    python: str = ""
    ssh_config: str = ""
    patience: float = 600.0
    open_port: bool = False

    def __post_init__(self) -> None:
        parse_address(self.address)
        for name in ("folder", "python"):
            if not str(getattr(self, name)).isprintable():
                raise ConfigError(f"{name}={getattr(self, name)!r} of {self.address} cannot be used")
        if not self.folder or not 0 < self.patience < 1e7:
            raise ConfigError(f"The settings of {self.address} make no sense: {self}")


@dataclass(frozen=True, slots=True)
class Address:
    """`user` and `port` are None where ssh_config or ssh's defaults say them."""

    user: str | None
    host: str
    port: int | None


def parse_address(text: str) -> Address:
    """Raises ConfigError for everything that is not plainly a host: no shell may ever find something in it to run."""
    match = _ADDRESS.fullmatch(text)
    port = int(match["port"]) if match and match["port"] else None
    if match is None or (port is not None and not 1 <= port <= 65535):
        raise ConfigError(
            f"{text[:80]!r} is not a valid host address",
            "Give a name from your ssh_config, or user@host, or user@host:port: letters, digits, dots, - and _.",
        )
    return Address(match["user"], match["host"].strip("[]"), port)


def fingerprint(key: str) -> str:
    """The SHA256 of a public key, as ssh shows it."""
    digest = hashlib.sha256(base64.b64decode(key.split()[1])).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


class HostBook:
    """Reads and writes the files of one folder. Damaged entries are left out: their hosts can be added again."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)

    def hosts(self) -> tuple[Host, ...]:
        """In the order in which they were added."""
        try:
            entries = read_json(self.folder / "hosts.json")
        except (OSError, ValueError):
            return ()
        hosts = [_host(entry) for entry in entries] if isinstance(entries, list) else []
        return tuple(host for host in hosts if host is not None)

    def get(self, address: str) -> Host:
        for host in self.hosts():
            if host.address == address:
                return host
        raise ConfigError(f"The host {address} is not known here", "Add it again.")

    def put(self, host: Host) -> None:
        """Adds a host, or replaces the one of the same address. Raises OSError where the book cannot be written."""
        others = [each for each in self.hosts() if each.address != host.address]
        self._write("hosts.json", json.dumps([asdict(each) for each in (*others, host)], indent=1) + "\n")

    def remove(self, address: str) -> None:
        """Forgets a host, its key and those of the hosts in between."""
        kept = [asdict(each) for each in self.hosts() if each.address != address]
        self._write("hosts.json", json.dumps(kept, indent=1) + "\n")
        self._write_keys({name: key for name, key in self._keys().items() if name.partition("/")[0] != address})

    def pinned_key(self, address: str, jump: str = "") -> str | None:
        """The key of a host, or of the host `jump` on the way to it."""
        return self._keys().get(_line_name(address, jump))

    def pin(self, address: str, key: str, jump: str = "") -> None:
        """From now on only a machine that holds this key is taken for `address`, or for `jump` on the way to it."""
        if not _KEY.fullmatch(key):
            raise ConfigError(f"{key[:80]!r} is no key of a host")
        for each in filter(None, (address, jump)):
            parse_address(each)
        self._write_keys({**self._keys(), _line_name(address, jump): key})

    def _keys(self) -> dict[str, str]:
        try:
            lines = (self.folder / "host_keys").read_text(encoding="utf-8").splitlines()
        except (OSError, ValueError):
            return {}
        pairs = (line.partition(" ")[::2] for line in lines)
        return {address: key for address, key in pairs if _KEY.fullmatch(key)}

    def _write_keys(self, keys: dict[str, str]) -> None:
        self._write("host_keys", "".join(f"{address} {key}\n" for address, key in keys.items()))

    def _write(self, name: str, text: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        with written_whole(self.folder / name) as temporary:
            temporary.write_text(text, encoding="utf-8")


def _line_name(address: str, jump: str) -> str:
    return f"{address}/{jump}" if jump else address  # no address holds a slash


def _host(entry: object) -> Host | None:
    if not isinstance(entry, dict) or not isinstance(entry.get("address"), str):
        return None
    defaults = Host(address="default")
    known = {
        each.name: entry[each.name]
        for each in fields(Host)
        if each.name in entry and type(entry[each.name]) is type(getattr(defaults, each.name))
    }
    try:
        return Host(**known)
    except ConfigError:
        return None
