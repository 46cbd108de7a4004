"""A connection to a host: the route to it, its key checked, its errors turned into sentences."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import asyncssh

from ddsp_backend.remote.host_keys import HostKeyError, algorithms, key_line
from ddsp_backend.remote.hosts import Host, HostBook, parse_address
from ddsp_backend.remote.proxy_jump import find_route
from ddsp_backend.remote.ssh_errors import naming_ssh_errors

_ANSWER_SECONDS = 15
_KEEPALIVE_SECONDS = 5
_KEEPALIVES = 3


class _HostClient(asyncssh.SSHClient):
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
      HostKeyError: the host's key, or that of a host in between, is not the pinned one; no key of the user's was tried.
      SshConnectionError: no answer.
      RemoteError: it cannot be used: no key accepted, ssh_config unreadable.
    """
    address = parse_address(host.address)
    pinned = book.pinned_key(host.address)
    client = _HostClient(pinned)
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
        with naming_ssh_errors(host.address):
            route = await find_route(
                stack, host.address, address.host, settings, partial(book.pinned_key, host.address)
            )
            try:
                with route.naming_errors(lambda: client.shown is not None):
                    connection = await asyncssh.connect(
                        address.host,
                        **settings,
                        **route.arguments,
                        client_factory=lambda: client,
                        known_hosts=([], [], []),  # none but the pinned one, which the client checks
                        server_host_key_algs=algorithms(pinned),
                    )
            except asyncssh.HostKeyNotVerifiable as error:
                if client.shown is None:
                    raise
                raise HostKeyError(host.address, pinned, client.shown) from error
        try:
            with naming_ssh_errors(host.address):
                yield connection
        finally:
            connection.abort()
            await connection.wait_closed()
