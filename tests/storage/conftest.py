"""A cloud on loopback for each test that asks for one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.storage.cloud import Cloud


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    (tmp_path / "cloud").mkdir()
    with Cloud(tmp_path / "cloud") as cloud:
        yield cloud


@pytest.fixture
def client_cloud(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """The cloud for Google's own client, in this process and in those that it starts."""
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", cloud.environment["STORAGE_EMULATOR_HOST"])
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "studio")
    return cloud
