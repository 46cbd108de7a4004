"""Takes are recorded from a real sound input, and none is lost."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.audio_device.conftest import NO_DEVICE, RATE, Microphone, PlayerChild

TONE_N = 0.25 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)
SILENCE_N = np.zeros(0)


class RecorderWithoutInput(PlayerChild):
    SCRIPT = "recorder_child.py"


def listen(microphone: Microphone) -> None:
    microphone.ask("look_for_devices")
    microphone.wait_for("devices")
    microphone.ask("listen", 0, 0)
    microphone.play(SILENCE_N, until=("is_listening", True))


def test_that_a_take_holds_what_was_played_sample_by_sample(microphone: Microphone, tmp_path: Path) -> None:
    """Every sample of the ramp is another number. ALSA's file device repeats some where the pipe ran dry; the recorder
    must keep them all."""
    ramp_N = np.arange(1, RATE + 1) / 2**18
    listen(microphone)
    microphone.ask("begin", str(tmp_path / "takes"))
    microphone.play(SILENCE_N, until=("is_recording", True))
    microphone.play(ramp_N)
    microphone.play(np.zeros(RATE))  # the pipe holds less than a second: what comes behind pushes the ramp through
    microphone.ask("end")
    now = microphone.play(SILENCE_N, until=("takes", True))
    (path,) = now["takes"]
    assert Path(path).name == "take_01.wav"
    assert soundfile.info(path).subtype == "PCM_24"
    audio_N, rate = soundfile.read(path)
    assert rate == RATE
    heard, first_places = np.unique(np.rint(audio_N * 2**18).astype(int), return_index=True)
    np.testing.assert_array_equal(heard, np.arange(RATE + 1))
    assert (np.diff(first_places[1:]) > 0).all()
    assert not now["problem"]


def test_that_the_level_is_seen_before_anything_is_recorded(microphone: Microphone, tmp_path: Path) -> None:
    listen(microphone)
    levels = [microphone.play(TONE_N[:4096])["peak"] for _ in range(20)]
    assert max(levels) > 0.24
    assert list(tmp_path.glob("**/*.wav*")) == []


def test_that_full_scale_is_seen_as_clipping(microphone: Microphone) -> None:
    listen(microphone)
    microphone.play(np.ones(RATE), until=("is_clipping", True))


def test_that_takes_are_numbered_one_after_the_other(microphone: Microphone, tmp_path: Path) -> None:
    folder = tmp_path / "takes"
    folder.mkdir()
    (folder / "take_07.wav").touch()
    listen(microphone)
    for number in (1, 2):
        microphone.ask("begin", str(folder))
        microphone.play(TONE_N[:8192], until=("seconds", True))
        microphone.ask("end")
        microphone.play(TONE_N[:8192], until=("is_recording", False))
        assert len(microphone.ask("snapshot")["takes"]) == number
    assert [Path(path).name for path in microphone.ask("snapshot")["takes"]] == ["take_08.wav", "take_09.wav"]


def test_that_the_end_of_the_program_keeps_the_take(tmp_path: Path) -> None:
    microphone = Microphone(tmp_path)
    listen(microphone)
    microphone.ask("begin", str(tmp_path / "takes"))
    microphone.play(TONE_N, until=("seconds", True))
    microphone.close()
    assert soundfile.info(tmp_path / "takes" / "take_01.wav").frames > 100


def test_that_an_input_that_was_unplugged_is_told_and_the_take_until_then_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pipe stays empty: no block comes any more, and nobody says why, as some systems do it."""
    monkeypatch.setenv("SILENCE_SECONDS", "2")
    microphone = Microphone(tmp_path)
    listen(microphone)
    microphone.ask("begin", str(tmp_path / "takes"))
    microphone.play(TONE_N, until=("seconds", True))
    now = microphone.wait_for("problem")
    assert now["problem"] == (
        "The sound input went away. What you played until then is kept. "
        "Connect it again and press Look again, or choose another input from the list."
    )
    assert [Path(path).name for path in now["takes"]] == ["take_01.wav"]
    assert soundfile.info(now["takes"][0]).frames > 100
    microphone.play(SILENCE_N, until=("is_listening", False))
    microphone.ask("look_for_devices")
    microphone.play(SILENCE_N, until=("is_listening", True))
    assert not microphone.ask("snapshot")["problem"]
    microphone.close()


def test_that_looking_again_finds_what_was_connected_while_another_input_is_listened_to(
    microphone: Microphone, tmp_path: Path
) -> None:
    listen(microphone)
    before = microphone.ask("snapshot")
    config = tmp_path / "asound.conf"
    config.write_text(f"{config.read_text()}\npcm.second {{ type null }}\n")
    microphone.ask("look_for_devices")
    now = microphone.play(SILENCE_N, until=("devices", sorted([*before["devices"], "second"])))
    now = microphone.play(SILENCE_N, until=("is_listening", True))
    assert now["input"] == before["input"]


def test_that_a_disk_that_fills_up_ends_the_take_and_keeps_what_fitted(tmp_path: Path) -> None:
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000,) * 2)"
    microphone = Microphone(tmp_path, prelude=limit)
    listen(microphone)
    microphone.ask("begin", str(tmp_path / "takes"))
    now = microphone.play(TONE_N, until=("problem", True))
    assert now["problem"].startswith(
        "The recording stopped because the take could not be written: File too large. What you played"
    )
    assert "Free some space or choose another library" in now["problem"]
    assert not now["is_recording"]
    (path,) = now["takes"]
    assert soundfile.info(path).frames == (100_000 - 44) // 3
    microphone.close()


@pytest.mark.skipif(sys.platform != "linux", reason="a disk of a few kilobytes can be mounted on Linux only")
@pytest.mark.parametrize(
    ("size", "why"),
    [
        ("96k", "The recording stopped because the take could not be written: No space left on device"),
        ("1m", "The disk is almost full"),
    ],
)
def test_that_a_disk_without_space_ends_the_take_and_keeps_what_fitted(tmp_path: Path, size: str, why: str) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounting = small_disk(disk, size)
    if subprocess.run([*mounting, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this container lets nobody mount anything; the test before it fills a disk by a limit instead")
    microphone = Microphone(tmp_path, wrapper=mounting)
    listen(microphone)
    microphone.ask("begin", str(disk / "takes"))
    now = microphone.play(TONE_N, until=("problem", True))
    assert now["problem"].startswith(f"{why}. What you played until then is kept. Free some space")
    (path,) = now["takes"]
    assert soundfile.info(f"/proc/{microphone.pid}/root{path}").frames > 20_000  # the disk is there for the child alone
    assert microphone.play(SILENCE_N, until=("is_listening", True))["is_recording"] is False
    microphone.close()


def small_disk(place: Path, size: str) -> list[str]:
    """Runs the rest of a command line with a disk of that size, which ends with it: a namespace of its own needs no
    rights."""
    own = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    return [*own, "sh", "-c", 'mount -t tmpfs -o size="$1" none "$2" && shift 2 && exec "$@"', "sh", size, str(place)]


def test_that_a_computer_without_an_input_says_what_to_connect(tmp_path: Path) -> None:
    recorder = RecorderWithoutInput(tmp_path, NO_DEVICE)
    recorder.ask("look_for_devices")
    assert "no sound input" in recorder.wait_for("problem")["problem"]
    recorder.close()
