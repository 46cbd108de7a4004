"""What can go wrong between two machines, as sentences with a cause and a cure."""

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import asyncssh

from ddsp_backend.errors import RemoteError

_NO_ROUTE = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.EADDRNOTAVAIL)


class SshConnectionError(RemoteError):
    """The host does not answer, or no longer: the same may work in a moment."""


@contextmanager
def naming_ssh_errors(address: str) -> Iterator[None]:
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
        raise SshConnectionError(
            f"There is no host called {address}", "Is the name right, and is this computer connected to a network?"
        ) from error
    except ConnectionRefusedError as error:
        raise SshConnectionError(
            f"{address} is there, but no ssh server answers", "Is sshd running there, and is the port right?"
        ) from error
    except asyncssh.SFTPError as error:
        if isinstance(error, asyncssh.SFTPConnectionLost | asyncssh.SFTPNoConnection):
            raise _lost(address, error) from error
        raise RemoteError(
            f"{address} refused a file: {error.reason}", "Is there space on its disk, and permission to write?"
        ) from error
    except (TimeoutError, asyncssh.TimeoutError) as error:
        raise SshConnectionError(
            f"{address} does not answer", "Is it switched on and connected, and does a firewall let ssh through?"
        ) from error
    except asyncssh.ProcessError as error:
        raise RemoteError(
            f"A command failed on {address}: {_last_line(error)}", f"Does it work by hand, with: ssh {address} true"
        ) from error
    except asyncssh.KeyExchangeFailed as error:
        raise RemoteError(
            f"{address} and this computer share no encryption method: {error}",
            "Check that the address still belongs to that computer. If its ssh server is very old, update it.",
        ) from error
    except (asyncssh.Error, ConnectionError, EOFError) as error:
        raise _lost(address, error) from error
    except OSError as error:
        if error.errno not in _NO_ROUTE:
            raise  # a disk's, not a network's
        raise SshConnectionError(f"There is no way to {address}: {error.strerror}", "Is the network up?") from error


def _lost(address: str, error: BaseException) -> SshConnectionError:
    return SshConnectionError(
        f"The connection to {address} was cut: {error or type(error).__name__}", "Is the network up?"
    )


def _last_line(error: asyncssh.ProcessError) -> str:
    lines = str(error.stderr or error.stdout or error).strip().splitlines()
    return lines[-1] if lines else f"exit code {error.exit_status}"
