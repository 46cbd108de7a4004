"""Servers for the tests of other machines: this machine, reached through ssh."""

import os
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.remote.servers import InProcess, Keys, OpenSsh

_PATIENCE = 20.0
COUNTING = Path(__file__).resolve().parents[1] / "contract" / "child"


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> None:
    """InspectSpec's job counts, here and on the host (see tests/contract)."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(COUNTING), str(COUNTING.parents[2]))))


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
