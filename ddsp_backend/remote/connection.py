"""A connection to a host: the way there, its key checked, its errors turned into sentences."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import asyncssh

from ddsp_backend.errors import RemoteError
from ddsp_backend.remote.hosts import Host, HostBook, fingerprint, parse_address
from ddsp_backend.remote.sentences import sentences
from ddsp_backend.remote.way import find_way, key_line

_ANSWER_SECONDS = 15
_KEEPALIVE_SECONDS = 5
_KEEPALIVES = 3
_RSA = ["rsa-sha2-512", "rsa-sha2-256"]
_HOST_KEYS = ["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", *_RSA]


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
        self.shown = key_line(key)
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
    given = {"username": address.user, "port": address.port, "config": host.ssh_config or None}
    settings = {
        **{name: value for name, value in given.items() if value is not None},
        "encryption_algs": "^aes128-gcm@openssh.com",  # processors do it in hardware: twice as fast as the default
        "preferred_auth": "publickey",
        "connect_timeout": _ANSWER_SECONDS,
        "login_timeout": _ANSWER_SECONDS,
        "keepalive_interval": _KEEPALIVE_SECONDS,
        "keepalive_count_max": _KEEPALIVES,
        "agent_forwarding": False,
    }
    async with AsyncExitStack() as stack:
        with sentences(host.address):
            way = await find_way(stack, host.address, address.host, settings)
            try:
                with way.sentences(lambda: client.shown is not None):
                    connection = await asyncssh.connect(
                        address.host,
                        **settings,
                        **way.arguments,
                        client_factory=lambda: client,
                        known_hosts=([], [], []),  # none but the pinned one, which the client checks
                        server_host_key_algs=_algorithms(pinned),
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


def _algorithms(pinned: str | None) -> list[str]:
    """Only those of the pinned key: a host has several keys, and must show the one that we know."""
    if pinned is None:
        return _HOST_KEYS
    kind = pinned.split()[0]
    return _RSA if kind == "ssh-rsa" else [kind]
