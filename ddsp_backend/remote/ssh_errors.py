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
            f"{address} did not accept any of your ssh keys",
            f"Copy a key there once: ssh-copy-id {address}. If the key has a passphrase, add it to the agent: ssh-add.",
        ) from error
    except asyncssh.KeyImportError as error:
        raise RemoteError(
            f"An ssh key for {address} cannot be read: {error}", "Check that it is the private key."
        ) from error
    except asyncssh.ConfigParseError as error:
        raise RemoteError(
            f"Your ssh_config cannot be read: {error}", "Run ssh -G with the host's name to see the error."
        ) from error
    except socket.gaierror as error:
        raise SshConnectionError(
            f"There is no host called {address}", "Check the name, and that this computer is connected to a network."
        ) from error
    except ConnectionRefusedError as error:
        raise SshConnectionError(
            f"{address} is reachable, but no ssh server answers",
            "Check that sshd is running there and that the port is right.",
        ) from error
    except asyncssh.SFTPError as error:
        if isinstance(error, asyncssh.SFTPConnectionLost | asyncssh.SFTPNoConnection):
            raise _lost(address, error) from error
        raise RemoteError(
            f"{address} refused a file: {error.reason}", "Check that its disk has space and that you may write there."
        ) from error
    except (TimeoutError, asyncssh.TimeoutError) as error:
        raise SshConnectionError(
            f"{address} does not answer", "Check that it is on and connected, and that no firewall blocks ssh."
        ) from error
    except asyncssh.ProcessError as error:
        raise RemoteError(
            f"A command failed on {address}: {_last_line(error)}", f"Check that this works by hand: ssh {address} true"
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
        raise SshConnectionError(
            f"No network route to {address}: {error.strerror}", "Check the network connection."
        ) from error


def _lost(address: str, error: BaseException) -> SshConnectionError:
    return SshConnectionError(
        f"The connection to {address} was cut: {error or type(error).__name__}", "Check the network connection."
    )


def _last_line(error: asyncssh.ProcessError) -> str:
    lines = str(error.stderr or error.stdout or error).strip().splitlines()
    return lines[-1] if lines else f"exit code {error.exit_status}"
