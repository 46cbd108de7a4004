"""Real ssh servers on loopback, and a wire to them that can be cut."""

import asyncio
import contextlib
import getpass
import os
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import asyncssh
import psutil

from ddsp_backend.remote.hosts import Host, HostBook


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Keys:
    """A host's key pair and a user's, made for one test session."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.host = asyncssh.generate_private_key("ssh-ed25519")
        self.other_host = asyncssh.generate_private_key("ssh-ed25519")
        self.user = asyncssh.generate_private_key("ssh-ed25519")
        for name, key in (("host", self.host), ("user", self.user)):
            key.write_private_key(str(folder / name))
            (folder / name).chmod(0o600)
        (folder / "authorized").write_bytes(self.user.export_public_key())
        (folder / "authorized").chmod(0o600)

    @property
    def host_line(self) -> str:
        return " ".join(self.host.export_public_key().decode().split()[:2])


class OpenSsh:
    """Debian's sshd with a configuration, keys and a port of its own.

    Args:
      address: Where it listens.
      inside: Begins the command, for one that runs in a network namespace.
      lines: More of its configuration.
    """

    def __init__(
        self,
        keys: Keys,
        folder: Path,
        address: str = "127.0.0.1",
        inside: tuple[str, ...] = (),
        lines: tuple[str, ...] = (),
    ) -> None:
        program = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
        assert program is not None, "the tests need Debian's openssh-server: ./install test"
        self.address = address
        self.port = free_port()
        config = folder / "sshd_config"
        settings = [
            f"ListenAddress {address}",
            f"Port {self.port}",
            f"HostKey {keys.folder / 'host'}",
            f"AuthorizedKeysFile {keys.folder / 'authorized'}",
            "PasswordAuthentication no",
            "UsePAM no",
            "PidFile none",
            "StrictModes no",
            "Subsystem sftp internal-sftp",
            "PermitRootLogin prohibit-password",
            "MaxStartups 100",
            f"SetEnv PYTHONPATH={os.environ.get('PYTHONPATH', '')}",
            *lines,
        ]
        config.write_text("\n".join(settings) + "\n")
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)  # where it shuts its unprivileged half in
        log = folder / "sshd.log"
        self._log = log.open("wb")
        self._process = subprocess.Popen([*inside, program, "-D", "-e", "-f", str(config)], stderr=self._log)
        while b"Server listening" not in log.read_bytes():
            assert self._process.poll() is None, log.read_text()
            time.sleep(0.01)

    @property
    def pid(self) -> int:
        return self._process.pid

    def sessions(self) -> list[psutil.Process]:
        """What it has started and what that has started: its own processes for each connection, and the commands."""
        return psutil.Process(self._process.pid).children(recursive=True)

    def close(self) -> None:
        left = self.sessions()
        self._process.send_signal(signal.SIGTERM)
        self._process.wait()
        self._log.close()
        for each in left:
            with contextlib.suppress(psutil.Error):
                if each.name().startswith("sshd"):
                    each.kill()  # one whose line died without a word would wait for it for minutes


class InProcess:
    """asyncssh's server in a thread of the test's process: public keys, sftp, commands by /bin/sh."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._wait(self._listen())
        self.port = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        self._wait(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _wait(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _listen(self):
        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[self._keys.host],
            authorized_client_keys=str(self._keys.folder / "authorized"),
            process_factory=self._handle,
            encoding=None,
            sftp_factory=True,
        )

    async def _stop(self):
        await accept_no_more(self._server.sockets)
        self._server.close()
        await self._server.wait_closed()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _handle(self, process):
        child = await asyncio.create_subprocess_shell(
            process.command or "true", stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

        async def feed():
            try:
                while data := await process.stdin.read(1 << 16):
                    child.stdin.write(data)
                    await child.stdin.drain()
            finally:
                child.stdin.close()  # also when the connection is cut: that is how a command learns of it

        async def tell(source, target):
            while data := await source.read(1 << 16):
                with contextlib.suppress(asyncssh.Error, OSError):
                    target.write(data)
                    await target.drain()

        feeding = asyncio.create_task(feed())
        await asyncio.gather(tell(child.stdout, process.stdout), tell(child.stderr, process.stderr))
        code = await child.wait()
        feeding.cancel()
        await asyncio.gather(feeding, return_exceptions=True)
        with contextlib.suppress(asyncssh.Error, OSError):
            process.exit(code)


async def accept_no_more(sockets) -> None:
    """To be awaited before a server of asyncio is closed, which would leave open whom it has just accepted."""
    for listening in sockets:
        asyncio.get_running_loop().remove_reader(listening.fileno())
    for _ in range(4):  # rounds of the loop until whoever was accepted is served
        await asyncio.sleep(0)


class Wire:
    """A port that leads to a server's, until it is cut."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._lock = threading.Lock()
        self._is_down = False
        self.port = free_port()
        self.n_cuts = 0
        self._left: int | None = None
        self._listening = socket.create_server(("127.0.0.1", self.port))
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def cut(self) -> None:
        """Ends every connection that runs through, without a goodbye."""
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for pair in pairs:
            self.n_cuts += 1
            for end in pair:
                with contextlib.suppress(OSError):
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    end.shutdown(socket.SHUT_RDWR)
                end.close()

    def lead_to(self, target: int) -> None:
        """Whoever connects from now on reaches this port."""
        self._target = target

    def cut_after(self, n_bytes: int) -> None:
        """Cuts, once, when so many more bytes have gone to the server."""
        self._left = n_bytes

    def take_down(self) -> None:
        """Cuts, and lets nobody through any more."""
        self._is_down = True
        self.cut()

    def put_up(self) -> None:
        self._is_down = False

    def close(self) -> None:
        self.take_down()
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()

    def _accept(self) -> None:
        while True:
            try:
                here, _ = self._listening.accept()
            except OSError:
                return
            if self._is_down:
                here.close()
                continue
            there = socket.create_connection(("127.0.0.1", self._target))
            with self._lock:
                self._pairs.append((here, there))
            for source, target, count in ((here, there, self._count), (there, here, lambda n_bytes: None)):
                threading.Thread(target=_pump, args=(source, target, count), daemon=True).start()

    def _count(self, n_bytes: int) -> None:
        if self._left is None:
            return
        self._left -= n_bytes
        if self._left <= 0:
            self._left = None
            self.cut()


def _pump(source: socket.socket, target: socket.socket, count: Callable[[int], None]) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
            count(len(data))
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def write_book(
    base: Path,
    keys: Keys,
    port: int,
    python: str,
    *,
    pinned: bool = True,
    name: str = "127.0.0.1",
    **settings: object,
) -> HostBook:
    """A host book with one host, `box`, that an ssh_config leads to; its folder has a name that shells stumble over."""
    base.mkdir(parents=True, exist_ok=True)
    config = base / "ssh_config"
    config.write_text(
        f"Host box\n  HostName {name}\n  Port {port}\n  User {getpass.getuser()}\n"
        f"  IdentityFile {keys.folder / 'user'}\n  IdentitiesOnly yes\n  IdentityAgent none\n"
    )
    book = HostBook(base / "book")
    there = {"folder": str(base / "host's $HOME; folder"), **settings}
    book.put(Host(address="box", python=python, ssh_config=str(config), **there))
    if pinned:
        book.pin("box", keys.host_line)
    return book
