"""The route to a host that ssh_config gives: through other hosts (ProxyJump), or by a command (ProxyCommand).

A host in between is trusted by the key that was pinned for it, or else as ssh itself trusts it, by known_hosts.
"""

import asyncio
import contextlib
import os
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

import asyncssh

from ddsp_backend.errors import Cause, ConfigError, RemoteError
from ddsp_backend.remote.host_keys import HostKeyError, algorithms, changed, key_line
from ddsp_backend.remote.hosts import parse_address
from ddsp_backend.remote.ssh_errors import SshConnectionError, naming_ssh_errors

Pinned: TypeAlias = Callable[[str], str | None]

_SSH_PORT = 22
# Where ssh looks, if its config does not say.
_USER_FILES = ("~/.ssh/known_hosts", "~/.ssh/known_hosts2")
_GLOBAL_FILES = ("/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2")


@dataclass(frozen=True, slots=True)
class Route:
    """`arguments`: what asyncssh.connect needs to take this route."""

    address: str
    arguments: dict[str, Any] = field(default_factory=dict)
    jump: str = ""
    complaints: Path | None = None  # of the ProxyCommand

    @contextmanager
    def naming_errors(self, is_there: Callable[[], bool]) -> Iterator[None]:
        """Turns what goes wrong on the way, before the host itself has answered, into sentences."""
        try:
            yield
        except asyncssh.ChannelOpenError as error:
            if not self.jump:
                raise
            raise SshConnectionError(
                f"The jump host {self.jump} cannot reach {self.address}: {error.reason}",
                f"Check that {self.address} is on, that {self.jump} knows it by this name, and that the "
                f"sshd of {self.jump} allows forwarding (AllowTcpForwarding).",
                Cause.JUMP_HOST,
            ) from error
        except (asyncssh.ConnectionLost, ConnectionError) as error:
            if is_there():
                raise
            if self.complaints is None:
                if self.jump or isinstance(error, ConnectionRefusedError):
                    raise
                raise SshConnectionError(
                    f"{self.address} answered, but it is not an ssh server or it closed the connection immediately",
                    "Check the port. An ssh server also hangs up when it gets too many connections at once; "
                    "in that case try again in a minute.",
                ) from error
            said = self.complaints.read_text(errors="replace").strip().rpartition("\n")[2][:200]
            raise SshConnectionError(
                f"The ProxyCommand for {self.address} in your ssh_config does not connect: {said or error}",
                f"Check that ssh connects with the same command: ssh {self.address}",
            ) from error


async def find_route(
    stack: AsyncExitStack,
    address: str,
    name: str,
    settings: Mapping[str, Any],
    pinned: Pinned,
    behind: tuple[str, ...] = (),
) -> Route:
    """Opens the hosts in between; they are closed with `stack`.

    Args:
      address: The host as it is called in sentences.
      name: Its name for ssh_config.
      settings: For asyncssh: `config`, `username` and `port` of the host where they are given, and what holds on the
        whole route.
      pinned: The key that was accepted of a host in between.
      behind: Hosts that this route leads to. One that would be behind itself, by `Host *`, is reached directly.

    Raises:
      HostKeyError: a host in between is not known, or not by this key.
      RemoteError: one is not reached, or accepts no key.
    """
    config = await _config(name, settings)
    route = await _route(stack, address, name, config, settings, pinned, behind)
    return replace(route, arguments={**route.arguments, **_keys(config)})


async def _route(
    stack: AsyncExitStack,
    address: str,
    name: str,
    config: Any,
    settings: Mapping[str, Any],
    pinned: Pinned,
    behind: tuple[str, ...],
) -> Route:
    hops = _named(config.get("ProxyJump"))
    if hops and hops[0].rpartition("@")[2].partition(":")[0] not in (*behind, name):
        route: Route | None = None
        for hop in hops:
            connection = await _open(stack, hop, address, route, settings, pinned, (*behind, name))
            route = Route(address, {"tunnel": connection}, jump=hop)
        assert route is not None
        return route
    command = config.get("ProxyCommand")
    if not _named(command):
        return Route(address, {"tunnel": None, "proxy_command": None})
    if sys.platform == "win32":
        return Route(address, {"tunnel": None})  # asyncssh starts it
    complaints = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="proxy-command-")), "said")
    return Route(address, {"tunnel": None, "sock": _run(stack, command, complaints)}, complaints=complaints)


def _run(stack: AsyncExitStack, command: str, complaints: Path) -> socket.socket:
    """Runs a ProxyCommand as ssh does, by a shell; what it returns leads where the command leads.

    By itself asyncssh takes what the command complains for the host's words, and a command without stderr for an end.
    """
    ours, theirs = socket.socketpair()
    with theirs, complaints.open("wb") as said:
        process = subprocess.Popen(
            ["/bin/sh", "-c", f"exec {command}"],
            stdin=theirs.fileno(),
            stdout=theirs.fileno(),
            stderr=said,
            start_new_session=True,
        )
    stack.callback(_end, process)
    stack.callback(ours.close)
    return ours


def _end(process: subprocess.Popen[bytes]) -> None:
    if sys.platform != "win32":  # see `_route`
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


async def _config(name: str, settings: Mapping[str, Any]) -> Any:
    """What ssh_config says of a host."""
    asked = {key: settings[key] for key in ("config", "username", "port") if key in settings}
    try:
        options = await asyncio.to_thread(asyncssh.SSHClientConnectionOptions, host=name, client_keys=None, **asked)
    except OSError as error:
        raise RemoteError(
            f"Your ssh_config cannot be read: {error.strerror}: {error.filename}", "Correct it in the host's settings."
        ) from error
    return options.config


def _keys(config: Any) -> dict[str, Any]:
    """Leaves out key files that are named and not there, as ssh does: asyncssh would fail."""
    named, certificates = list(config.get("IdentityFile") or ()), list(config.get("CertificateFile") or ())
    present: list[str] = []
    for name in named:
        # With its public half alone, a key may be in the agent.
        halves = (name, f"{name}.pub") if config.get("IdentitiesOnly") else (name,)
        present += [half for half in halves if _is_readable(half)][:1]
    keys: dict[str, Any] = {}
    if present != named:
        keys = {"client_keys": present, "ignore_encrypted": True}
    if not all(map(_is_readable, certificates)):
        keys["client_certs"] = list(filter(_is_readable, certificates))
    return keys


def _is_readable(name: str) -> bool:
    return os.access(Path(name).expanduser(), os.R_OK)


def _named(value: object) -> list[str]:
    """What a setting lists; `none` switches it off."""
    return [] if not isinstance(value, str) or value.lower() == "none" else value.split(",")


async def _open(
    stack: AsyncExitStack,
    hop: str,
    address: str,
    before: Route | None,
    settings: Mapping[str, Any],
    pinned: Pinned,
    behind: tuple[str, ...],
) -> asyncssh.SSHClientConnection:
    try:
        place = parse_address(hop)
    except ConfigError as error:
        raise RemoteError(
            f"ProxyJump in your ssh_config does not name a valid host on the way to {address}: {hop[:80]!r}",
            "It must be a name, user@host or user@host:port, or several of these with commas between them.",
        ) from error
    common = {key: value for key, value in settings.items() if key not in ("username", "port")}
    given = {"username": place.user, "port": place.port}
    own = {**common, **{key: value for key, value in given.items() if value is not None}}
    with _naming(hop, address), naming_ssh_errors(hop):
        if before is None:
            route = await find_route(stack, hop, place.host, own, pinned, behind)
        else:
            route = replace(before, address=hop)
        config = await _config(place.host, own)
        key = pinned(hop)
        client = _JumpHostClient(_known_hosts(config), key)
        trust: dict[str, Any] = {"known_hosts": client.known_hosts}
        if key is not None:  # then ssh's files count for nothing
            trust = {"known_hosts": ([], [], []), "server_host_key_algs": algorithms(key)}
        arguments = {**own, **route.arguments, **_keys(config), **trust}
        try:
            with route.naming_errors(lambda: bool(client.name)):
                connection = await asyncssh.connect(place.host, **arguments, client_factory=lambda: client)
        except asyncssh.HostKeyNotVerifiable as error:
            raise _untrusted(client, hop, address, settings.get("config")) from error
    stack.push_async_callback(connection.wait_closed)
    stack.callback(connection.abort)
    return connection


@contextmanager
def _naming(hop: str, address: str) -> Iterator[None]:
    try:
        yield
    except RemoteError as error:
        if error.cause is Cause.JUMP_HOST:
            raise  # of one before it
        title = f"{error.title} ({hop} is the jump host on the way to {address})"
        raise type(error)(title, error.hint, Cause.JUMP_HOST) from error


class _JumpHostClient(asyncssh.SSHClient):
    """Accepts the pinned key alone, and notes what a host in between shows where it is not what ssh knows of it."""

    def __init__(self, known_hosts: bytes, pinned: str | None) -> None:
        self.known_hosts = known_hosts
        self.pinned = pinned
        self.known: list[str] = []
        self.shown = self.name = ""

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        self.shown, self.name = key_line(key), host if port == _SSH_PORT else f"[{host}]:{port}"
        trusted, *_ = asyncssh.match_known_hosts(self.known_hosts, host, addr, None if port == _SSH_PORT else port)
        self.known = [key_line(each) for each in trusted]
        return self.shown == self.pinned


def _untrusted(client: _JumpHostClient, hop: str, address: str, config: str | None) -> RemoteError:
    ssh = shlex.join(["ssh", *(("-F", config) if config else ()), hop])
    if not client.shown:
        return RemoteError(
            f"The certificate of {hop}, the jump host on the way to {address}, is not trusted by ssh on "
            "this computer. Nothing was sent",
            f"Connect once with: {ssh}",
            Cause.JUMP_HOST,
        )
    if client.pinned or not client.known:
        return HostKeyError(address, client.pinned, client.shown, jump=hop, otherwise=f"; or connect once with: {ssh}")
    forget = shlex.join(["ssh-keygen", "-R", client.name])
    whose = f"{hop}, the jump host on the way to {address},"
    cure = f"{forget}, and then connect once with: {ssh}"
    return RemoteError(*changed(whose, client.known[0], client.shown, cure), Cause.JUMP_HOST)


def _known_hosts(config: Any) -> bytes:
    """All that ssh knows of hosts, without the lines that cannot be read."""
    files = (
        *(config.get("UserKnownHostsFile") or _USER_FILES),
        *(config.get("GlobalKnownHostsFile") or _GLOBAL_FILES),
    )
    kept = []
    for name in files:
        with contextlib.suppress(OSError):
            for line in Path(name).expanduser().read_text(errors="replace").splitlines():
                with contextlib.suppress(ValueError):
                    asyncssh.import_known_hosts(line)
                    kept.append(line)
    return "\n".join(kept).encode() + b"\n"
