"""Instruments that the tests of this folder share, written once."""

from pathlib import Path

import pytest

from tests.inference.instruments import write_instrument


@pytest.fixture(scope="session")
def solo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """250 frames a second, played from loudness, 16 kHz."""
    return write_instrument(tmp_path_factory.mktemp("solo"), "models/solo_instrument.gin")


@pytest.fixture(scope="session")
def ae(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As `solo`, with an encoder that hears the timbre, and without a room."""
    return write_instrument(tmp_path_factory.mktemp("ae"), "models/ae.gin")


@pytest.fixture(scope="session")
def vst(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """50 centred frames a second, played from power, 16 kHz."""
    return write_instrument(tmp_path_factory.mktemp("vst"), "models/vst/vst.gin")


@pytest.fixture(scope="session")
def vst_32k(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As `vst`, at 32 kHz."""
    return write_instrument(tmp_path_factory.mktemp("vst_32k"), "models/vst/vst_32k.gin")
