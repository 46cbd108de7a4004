"""Two network namespaces, joined by a line that this process carries packet by packet: slow, lossy or dead.

A kernel needs nothing for it but namespaces and tun devices; netem is not everywhere.
"""

import contextlib
import fcntl
import os
import random
import select
import shutil
import struct
import subprocess
import threading
import time

_SET_INTERFACE = 0x400454CA  # TUNSETIFF
_PLAIN_PACKETS = 0x0001 | 0x1000  # IFF_TUN, IFF_NO_PI
_LONGEST = 65536
_POLL_SECONDS = 0.05


class NoNamespacesError(Exception):
    """This machine forbids them, or lacks `ip` or tun devices."""


class Line:
    """Attributes:

    addresses: Of both ends.
    bytes_per_second: 0 for as many as it can.
    loss: Share of the packets that vanish, in each direction.
    is_down: Every packet vanishes, and neither end is told.
    """

    def __init__(self) -> None:
        self.addresses = ("10.213.77.1", "10.213.77.2")
        self.bytes_per_second = 0.0
        self.loss = 0.0
        self.is_down = False
        self._names = tuple(f"studio-{os.getpid()}-{end}" for end in (0, 1))
        self._chance = random.Random(0)
        self._is_over = threading.Event()
        self._ends: list[int] = []
        try:
            for end in (0, 1):
                self._ends.append(self._open(end))
        except (OSError, subprocess.CalledProcessError) as error:
            self.close()
            raise NoNamespacesError(str(getattr(error, "stderr", None) or error)) from error
        pairs = (self._ends, self._ends[::-1])
        self._threads = [threading.Thread(target=self._carry, args=pair, daemon=True) for pair in pairs]
        for thread in self._threads:
            thread.start()

    def inside(self, end: int) -> tuple[str, ...]:
        """Begins a command that is to run at one end."""
        return ("ip", "netns", "exec", self._names[end])

    def close(self) -> None:
        self._is_over.set()
        for thread in getattr(self, "_threads", ()):
            thread.join()
        for device in self._ends:
            os.close(device)
        for name in self._names:
            with contextlib.suppress(OSError, subprocess.CalledProcessError):
                _ip("netns", "del", name)

    def _open(self, end: int) -> int:
        if shutil.which("ip") is None:
            raise OSError("there is no program called ip (Debian's iproute2)")
        name, interface = self._names[end], f"st{os.getpid()}.{end}"
        _ip("netns", "add", name)
        device = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(device, _SET_INTERFACE, struct.pack("16sH", interface.encode(), _PLAIN_PACKETS))
        _ip("link", "set", interface, "netns", name)
        _ip("-n", name, "address", "add", self.addresses[end], "peer", self.addresses[1 - end], "dev", interface)
        _ip("-n", name, "link", "set", interface, "up")
        return device

    def _carry(self, source: int, target: int) -> None:
        while not self._is_over.is_set():
            if not select.select([source], [], [], _POLL_SECONDS)[0]:
                continue
            packet = os.read(source, _LONGEST)
            if self.bytes_per_second:
                time.sleep(len(packet) / self.bytes_per_second)  # what comes meanwhile waits in the device's queue
            if not self.is_down and self._chance.random() >= self.loss:
                os.write(target, packet)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)
