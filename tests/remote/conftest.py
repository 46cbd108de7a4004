"""Servers for the tests of other machines: this machine, reached through ssh."""

import getpass
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from ddsp_backend.machines.book import MachineBook
from ddsp_backend.remote.hosts import Host, HostBook
from tests.remote.control_plane import MACHINE, ControlPlane, sign_in
from tests.remote.servers import InProcess, Keys, OpenSsh, Wire

COUNTING = Path(__file__).resolve().parents[1] / "contract" / "child"
_PATIENCE = 20.0


@pytest.fixture(autouse=True)
def no_job_stays_behind(tmp_path: Path) -> Iterator[None]:
    """Runs on a host outlive whoever started them. Where a test fails before it stops its own, they are ended here."""
    yield
    running = [process for process in psutil.process_iter() if _works_in(process, tmp_path)]
    _, left = psutil.wait_procs(running, timeout=_PATIENCE)
    for process in left:
        process.kill()
    assert not left, [process.pid for process in left]


def _works_in(process: psutil.Process, folder: Path) -> bool:
    try:
        return any(str(folder) in part for part in process.cmdline())
    except psutil.Error:  # it has just ended
        return False


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> None:
    """InspectSpec's job counts, here and on the host (see tests/contract)."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(COUNTING), str(COUNTING.parents[2]))))


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    folder = tmp_path_factory.mktemp("keys")
    folder.chmod(0o700)
    return Keys(folder)


@pytest.fixture
def openssh(keys: Keys, tmp_path: Path) -> Iterator[OpenSsh]:
    server = OpenSsh(keys, tmp_path)
    yield server
    server.close()


@pytest.fixture
def in_process(keys: Keys) -> Iterator[InProcess]:
    server = InProcess(keys)
    yield server
    server.close()


@pytest.fixture(params=["openssh", "in_process"])
def server(request: pytest.FixtureRequest) -> OpenSsh | InProcess:
    return request.getfixturevalue(request.param)


@pytest.fixture
def plane(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ControlPlane]:
    """Google, and this process signed in there."""
    plane = ControlPlane()
    sign_in(tmp_path, plane, monkeypatch)
    yield plane
    plane.close()


@pytest.fixture
def machine_keys(tmp_path: Path) -> Keys:
    (tmp_path / "vm").mkdir(mode=0o700)
    return Keys(tmp_path / "vm")


@pytest.fixture
def machine_wire(machine_keys: Keys, tmp_path: Path) -> Iterator[Wire]:
    """What leads to the machine that answers at the address of whatever is made: this one, behind sshd."""
    server = OpenSsh(machine_keys, tmp_path)
    wire = Wire(server.port)
    yield wire
    wire.close()
    server.close()


@pytest.fixture
def virtual_machine(plane: ControlPlane, machine_keys: Keys, machine_wire: Wire, tmp_path: Path) -> MachineBook:
    """A book for a machine that is yet to be made. It lets in only whom its metadata names."""
    authorized = machine_keys.folder / "authorized"
    authorized.write_text("")
    kind, blob = machine_keys.host_line.split()
    plane.guests["hostkeys"] = {kind: blob, "ecdsa-sha2-nistp256": "AAAA"}

    def insert(body: dict[str, Any]) -> None:
        user, _, key = {item["key"]: item["value"] for item in body["metadata"]["items"]}["ssh-keys"].partition(":")
        assert user == "timbre"
        authorized.write_text(key + "\n")

    plane.on_insert = insert
    book = MachineBook(HostBook(tmp_path / "hosts"))
    book.folder.mkdir(parents=True)
    settings = f"Host timbre-*\n  Port {machine_wire.port}\n  User {getpass.getuser()}\n"
    (book.folder / "ssh_config").write_text(settings)
    # As a user who has a Python with TensorFlow there would write it down.
    book.hosts.put(Host(address=MACHINE, python=sys.executable, folder=str(tmp_path / "there; $HOME")))
    return book


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the pauses between two questions, and with little patience."""
    monkeypatch.setattr("ddsp_backend.machines.provisioning._POLL_SECONDS", 0.01)
    for name in ("_START_SECONDS", "_KEY_SECONDS", "_SSH_SECONDS"):
        monkeypatch.setattr(f"ddsp_backend.machines.provisioning.{name}", 0.3)
