"""However a command is ended, and whoever stops listening to it: a sentence, an exit code, and nothing half written."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ddsp_backend.cli.signals import EXIT_STOPPED
from tests import recordings
from tests.cli.shell import ENVIRONMENT

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals that other systems do not have")

ROOT = Path(__file__).parents[2]
START = "import sys; from ddsp_backend.cli.start import ddsp_prepare_tfrecord; sys.exit(ddsp_prepare_tfrecord())"
# Ends the process at the very moment at which the command's own module begins to be loaded.
EARLY = """
import os, sys
class Early:
    def find_spec(self, name, path=None, target=None):
        if name == "ddsp_backend.cli.ddsp_prepare_tfrecord":
            os.kill(os.getpid(), int(sys.argv.pop()))
sys.meta_path.insert(0, Early())
"""


@pytest.fixture(scope="module")
def takes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("takes")
    recordings.write(folder / "a.wav", recordings.melody(60))
    return folder


def words(takes: Path, output: Path, *more: str) -> list[str]:
    flags = [f"--input_audio_filepatterns={takes}", f"--output_tfrecord_path={output / 'data.tfrecord'}"]
    return [sys.executable, "-c", START, *flags, "--num_shards=1", *more]


def ended_while_it_works(command: list[str], numbers: list[int]) -> tuple[int, str, str]:
    """(exit code, stdout, stderr) of a command that gets these signals once pitch is being looked for."""
    with subprocess.Popen(
        command, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        said = ""
        while "Finding pitch" not in said:
            line = child.stdout.readline()
            assert line, said
            said += line
        for number in numbers:
            child.send_signal(number)
            time.sleep(0.02)  # two of one kind at once are one
        rest, complaints = child.communicate(timeout=60)
    return child.returncode, said + rest, complaints


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", None)])
def test_that_one_signal_stops_the_work_and_saves_it(takes: Path, tmp_path: Path, number: int) -> None:
    code, said, complaints = ended_while_it_works(words(takes, tmp_path), [number])
    assert code == EXIT_STOPPED, said + complaints
    assert said.splitlines()[-1].startswith("Stopped.")
    assert "Traceback" not in complaints
    assert [path.name for path in tmp_path.iterdir()] == [".feature_cache"]


@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
def test_that_a_second_signal_ends_at_once_with_a_sentence(takes: Path, tmp_path: Path, second: int) -> None:
    code, said, complaints = ended_while_it_works(words(takes, tmp_path), [signal.SIGINT, second])
    assert code == EXIT_STOPPED, said + complaints
    # It may have been quicker than the second.
    assert said.splitlines()[-1].startswith(("Stopped immediately.", "Stopped."))
    assert "Traceback" not in complaints
    assert not [path for path in tmp_path.iterdir() if path.name != ".feature_cache"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", None)])
def test_that_a_signal_while_the_command_is_loaded_is_answered(takes: Path, tmp_path: Path, number: int) -> None:
    interpreter, option, code, *flags = words(takes, tmp_path)
    done = subprocess.run(
        [interpreter, option, EARLY + code, *flags, str(int(number))],
        cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (EXIT_STOPPED, "", "Stopped.\n")
    assert not list(tmp_path.iterdir())


def closed_pipe() -> int:
    reading, writing = os.pipe()
    os.close(reading)
    return writing


def full_disk() -> int:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no device that is always full")
    return os.open("/dev/full", os.O_WRONLY)


@pytest.mark.parametrize("stdout", [closed_pipe, full_disk, None])
def test_that_the_work_goes_on_when_nobody_listens(
    takes: Path, tmp_path: Path, stdout: Callable[[], int] | None
) -> None:
    """As in `| head`, with a full disk under the log, and with `>&-`."""
    short = recordings.write(tmp_path / "a.wav", recordings.melody(5))
    command = words(short, tmp_path, "--tracker=swift-f0")
    if stdout is None:
        command = ["sh", "-c", 'exec "$@" >&-', "sh", *command]
    given = stdout() if stdout else subprocess.DEVNULL
    done = subprocess.run(
        command, cwd=ROOT, env=ENVIRONMENT, stdout=given, stderr=subprocess.PIPE, text=True, check=False, timeout=60
    )
    if stdout:
        os.close(given)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "data.tfrecord-00000-of-00001").is_file()
    assert (tmp_path / "data.manifest.json").is_file()
