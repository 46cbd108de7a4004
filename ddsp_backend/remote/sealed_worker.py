"""Runs one worker of several in a network of its own, so that nobody reaches TensorFlow's server but its peers.

python -m ddsp_backend.remote.sealed_worker TASK JOB_FOLDER

That server listens on every address and has no password; anyone who can reach it can run programs. So the worker gets
a network namespace that has a loopback device and nothing else. Beside it a gate stands in the same namespace and
leads to Unix sockets in the worker's seat, a folder that only its user can enter:

    own       made here; a connection to it reaches this worker's server
    peer-0    made by sshd, one for each other worker; a connection to it reaches that worker through ssh
"""

import asyncio
import contextlib
import ctypes
import fcntl
import functools
import json
import os
import shutil
import signal
import socket
import struct
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from ddsp_backend.remote.both_ends import SEALED, Ends, WorkerTask, join

_FIRST_PORT = 2222
_NEW_USER_NAMESPACE, _NEW_NETWORK = 0x10000000, 0x40000000
_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 0x1
_DIE_WITH_PARENT = 1


def take_seat() -> tuple[str, bool]:
    """A new folder for the sockets, which must have short paths; and whether a process here can be sealed in."""
    child = os.fork()
    if child == 0:
        with contextlib.suppress(OSError):
            _seal_in()
            os._exit(0)
        os._exit(1)
    _, status = os.waitpid(child, 0)
    return tempfile.mkdtemp(prefix="timbre-studio-"), status == 0


def main(task_text: str, folder: str) -> None:
    """Becomes the job's process."""
    task = WorkerTask(**json.loads(task_text))
    if task.is_open:
        ports = _free_ports(task.size)
    else:
        _seal_in()
        ports = [_FIRST_PORT + index for index in range(task.size)]
        os.environ[SEALED] = "1"
    workers = [f"127.0.0.1:{port}" for port in ports]
    config = {"cluster": {"worker": workers}, "task": {"type": "worker", "index": task.index}}
    os.environ["TF_CONFIG"] = json.dumps(config)
    parent = os.getpid()
    if os.fork() == 0:
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGTERM)
        try:
            if os.getppid() == parent:
                asyncio.run(_stand(task, ports))
        finally:
            shutil.rmtree(task.seat, ignore_errors=True)
            os._exit(0)
    os.execv(sys.executable, [sys.executable, "-m", "ddsp_backend", "run", folder])


def _seal_in() -> None:
    """Raises OSError where the system does not let its users have a network of their own."""
    user, group = os.getuid(), os.getgid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_USER_NAMESPACE | _NEW_NETWORK) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    # Files keep their owners: the user is nobody else in there.
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(any_socket, _GET_FLAGS, request))[1]
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh14x", b"lo", flags | _UP))


def _free_ports(n: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(n)]
        return [each.getsockname()[1] for each in sockets]


async def _stand(task: WorkerTask, ports: list[int]) -> None:
    """Lets through what comes until the job's process, our parent, is gone."""
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)

    own = functools.partial(asyncio.open_connection, "127.0.0.1", ports[task.index])
    await asyncio.start_unix_server(functools.partial(_lead, own), f"{task.seat}/own")
    for index, port in enumerate(ports):
        if index != task.index:
            peer = functools.partial(asyncio.open_unix_connection, f"{task.seat}/peer-{index}")
            await asyncio.start_server(functools.partial(_lead, peer), "127.0.0.1", port)
    await over.wait()


async def _lead(
    target: Callable[[], Awaitable[Ends]], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    try:
        there = await target()
    except OSError:  # the peer is not there yet: TensorFlow asks again
        writer.close()
        return
    await join((reader, writer), there)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
