"""Servers for the tests of other machines: this machine, reached through ssh."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.remote.servers import InProcess, Keys, OpenSsh


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
