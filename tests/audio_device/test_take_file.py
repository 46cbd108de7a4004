"""A take on the disk: whole or found again, whatever happens while it grows."""

import errno
import os
import resource
import signal
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.audio.take_file import TakeFile, next_take_path, recover_takes

BLOCK_NC = np.linspace(-1.2, 1.2, 2400, dtype=np.float32).reshape(1200, 2)


def left_by_a_crash(path: Path, *blocks_NC: np.ndarray) -> Path:
    """The file of a take that nobody finished."""
    take = TakeFile(path, 44100, 2)
    for block_NC in blocks_NC:
        take.append(block_NC)
    (growing,) = path.parent.glob(".growing-*")
    content = growing.read_bytes()
    if (finished := take.finish()) is not None:
        finished.unlink()
    growing.write_bytes(content)
    return growing


def test_that_a_take_reads_as_a_wav_of_24_bits(tmp_path: Path) -> None:
    take = TakeFile(tmp_path / "take_01.wav", 48000, 2)
    take.append(BLOCK_NC)
    take.append(BLOCK_NC[:7])
    path = take.finish()
    assert path == tmp_path / "take_01.wav"
    audio_NC, rate = soundfile.read(path)
    assert rate == 48000
    np.testing.assert_allclose(audio_NC, np.clip(np.concatenate([BLOCK_NC, BLOCK_NC[:7]]), -1, 1), atol=2**-22)
    assert [each.name for each in tmp_path.iterdir()] == ["take_01.wav"]


def test_that_a_take_without_a_sample_leaves_no_file(tmp_path: Path) -> None:
    assert TakeFile(tmp_path / "take_01.wav", 48000, 1).finish() is None
    assert list(tmp_path.iterdir()) == []


def test_that_what_a_crash_leaves_growing_is_found_again_up_to_its_last_whole_frame(tmp_path: Path) -> None:
    growing = left_by_a_crash(tmp_path / "take_03.wav", BLOCK_NC)
    with growing.open("ab") as file:
        file.write(b"\1\2\3\4")  # two thirds of a frame
    (path,) = recover_takes(tmp_path)
    assert path.name == "take_03.wav"
    assert len(soundfile.read(path)[0]) == len(BLOCK_NC)
    assert recover_takes(tmp_path) == ()


def test_that_an_empty_leftover_and_one_without_a_header_go(tmp_path: Path) -> None:
    left_by_a_crash(tmp_path / "take_01.wav")
    (tmp_path / ".growing-take_02.wav.part").write_bytes(b"RIFF")
    assert recover_takes(tmp_path) == ()
    assert list(tmp_path.iterdir()) == []


def test_that_a_leftover_never_replaces_a_take(tmp_path: Path) -> None:
    left_by_a_crash(tmp_path / "take_01.wav", BLOCK_NC)
    (tmp_path / "take_01.wav").write_bytes(b"mine")
    (path,) = recover_takes(tmp_path)
    assert path.name == "take_02.wav"
    assert (tmp_path / "take_01.wav").read_bytes() == b"mine"


def test_that_numbers_go_on_behind_the_highest(tmp_path: Path) -> None:
    assert next_take_path(tmp_path).name == "take_01.wav"
    for name in ("take_01.wav", "take_12.wav", "take_x.wav"):
        (tmp_path / name).touch()
    assert next_take_path(tmp_path).name == "take_13.wav"


@pytest.mark.skipif(os.name != "posix", reason="limits the size of files as a full disk would")
def test_that_a_full_disk_keeps_what_fitted(tmp_path: Path) -> None:
    take = TakeFile(tmp_path / "take_01.wav", 44100, 2)
    take.append(BLOCK_NC)
    before = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[0][1]))
    try:
        with pytest.raises(OSError) as raised:
            take.append(BLOCK_NC)
        assert raised.value.errno == errno.EFBIG
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before[0])
        signal.signal(signal.SIGXFSZ, before[1])
    path = take.finish()
    assert path is not None
    assert len(soundfile.read(path)[0]) == (10_000 - 44) // 6
