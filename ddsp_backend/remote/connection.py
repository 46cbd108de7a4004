"""A connection to a host: its key checked, its errors turned into sentences. The one place that opens one."""

import errno
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import asyncssh

from ddsp_backend.errors import RemoteError
from ddsp_backend.remote.hosts import Host, HostBook, fingerprint, parse_address

_ANSWER_SECONDS = 15
_KEEPALIVE_SECONDS = 5
_KEEPALIVES = 3
_NO_ROUTE = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.EADDRNOTAVAIL)
_RSA = ["rsa-sha2-512", "rsa-sha2-256"]
_HOST_KEYS = ["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", *_RSA]


class LinkError(RemoteError):
    """The host does not answer, or no longer: the same may work in a moment."""


class HostKeyError(RemoteError):
    """The host showed a key that is not the pinned one.

    Attributes:
      key: What it showed, as a line for `HostBook.pin`.
      is_new: Whether no key was pinned; otherwise this may be an attack.
    """

    def __init__(self, address: str, pinned: str | None, key: str) -> None:
        self.key = key
        self.is_new = pinned is None
        if pinned is None:
            title = f"{address} is not known yet; the fingerprint of its key is {fingerprint(key)}"
            hint = "Compare it with what the host's owner says, and accept it if they are the same."
        else:
            title = (
                f"The key of {address} has changed: it was {fingerprint(pinned)}, and now it is {fingerprint(key)}. "
                "Nothing was sent"
            )
            hint = (
                "Either the host was set up anew, or another machine answers in its place. Ask its owner; "
                "if the new fingerprint is right, remove the host here and add it again."
            )
        super().__init__(title, hint)


class _Client(asyncssh.SSHClient):
    def __init__(self, pinned: str | None) -> None:
        self._pinned = pinned
        self.shown: str | None = None

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        self.shown = " ".join(key.export_public_key().decode().split()[:2])
        return self.shown == self._pinned


@asynccontextmanager
async def connect(host: Host, book: HostBook) -> AsyncIterator[asyncssh.SSHClientConnection]:
    """A connection that is closed at the end.

    Raises:
      HostKeyError: the host's key is not the pinned one; nothing was sent, no key of the user's was tried.
      LinkError: no answer.
      RemoteError: it cannot be used: no key accepted, ssh_config unreadable.
    """
    address = parse_address(host.address)
    pinned = book.pinned_key(host.address)
    client = _Client(pinned)
    given = {"username": address.user, "port": address.port}
    with sentences(host.address):
        try:
            connection = await asyncssh.connect(
                address.host,
                **{name: value for name, value in given.items() if value is not None},
                **({"config": host.ssh_config} if host.ssh_config else {}),
                client_factory=lambda: client,
                known_hosts=([], [], []),  # none but the pinned one, which the client checks
                server_host_key_algs=_algorithms(pinned),
                encryption_algs="^aes128-gcm@openssh.com",  # processors do it in hardware: twice as fast as the default
                preferred_auth="publickey",
                connect_timeout=_ANSWER_SECONDS,
                login_timeout=_ANSWER_SECONDS,
                keepalive_interval=_KEEPALIVE_SECONDS,
                keepalive_count_max=_KEEPALIVES,
                agent_forwarding=False,
            )
        except asyncssh.HostKeyNotVerifiable as error:
            if client.shown is None:
                raise
            raise HostKeyError(host.address, pinned, client.shown) from error
    try:
        with sentences(host.address):
            yield connection
    finally:
        connection.abort()
        await connection.wait_closed()


@contextmanager
def sentences(address: str) -> Iterator[None]:
    """Turns what can go wrong between two machines into errors with a cause and a cure."""
    try:
        yield
    except asyncssh.PermissionDenied as error:
        raise RemoteError(
            f"{address} accepted none of your ssh keys",
            f"Put one there once, with: ssh-copy-id {address}. A key with a passphrase must be in the agent: ssh-add.",
        ) from error
    except asyncssh.KeyImportError as error:
        raise RemoteError(f"An ssh key for {address} cannot be read: {error}", "Is it the private one?") from error
    except asyncssh.ConfigParseError as error:
        raise RemoteError(f"Your ssh_config cannot be read: {error}", "ssh -G tells more about it.") from error
    except socket.gaierror as error:
        raise LinkError(
            f"There is no host called {address}", "Is the name right, and is this computer connected to a network?"
        ) from error
    except ConnectionRefusedError as error:
        raise LinkError(
            f"{address} is there, but no ssh server answers", "Is sshd running there, and is the port right?"
        ) from error
    except asyncssh.SFTPError as error:
        if isinstance(error, asyncssh.SFTPConnectionLost | asyncssh.SFTPNoConnection):
            raise _lost(address, error) from error
        raise RemoteError(
            f"{address} refused a file: {error.reason}", "Is there space on its disk, and permission to write?"
        ) from error
    except (TimeoutError, asyncssh.TimeoutError) as error:
        raise LinkError(
            f"{address} does not answer", "Is it switched on and connected, and does a firewall let ssh through?"
        ) from error
    except asyncssh.ProcessError as error:
        raise RemoteError(
            f"A command failed on {address}: {_last_line(error)}", f"Does it work by hand, with: ssh {address} true"
        ) from error
    except (asyncssh.Error, ConnectionError, EOFError) as error:
        raise _lost(address, error) from error
    except OSError as error:
        if error.errno not in _NO_ROUTE:
            raise  # a disk's, not a network's
        raise LinkError(f"There is no way to {address}: {error.strerror}", "Is the network up?") from error


def _lost(address: str, error: BaseException) -> LinkError:
    return LinkError(f"The connection to {address} was cut: {error or type(error).__name__}", "Is the network up?")


def _algorithms(pinned: str | None) -> list[str]:
    """Only those of the pinned key: a host has several keys, and must show the one that we know."""
    if pinned is None:
        return _HOST_KEYS
    kind = pinned.split()[0]
    return _RSA if kind == "ssh-rsa" else [kind]


def _last_line(error: asyncssh.ProcessError) -> str:
    lines = str(error.stderr or error.stdout or error).strip().splitlines()
    return lines[-1] if lines else f"exit code {error.exit_status}"
