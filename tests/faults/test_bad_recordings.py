"""Every bad recording ends in a sentence with value, limit and cure; the good ones beside it are used."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import DatasetWritten, Event, Failed, FileInspected, Noted
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import InspectSpec, PrepareSpec
from tests import recordings
from tests.odd_names import odd_name

ROOT = Path(__file__).parents[2]


def with_nan(seconds: float) -> np.ndarray:
    audio = recordings.tone(seconds)
    audio[8000] = np.nan
    return audio


def with_infinity(seconds: float) -> np.ndarray:
    audio = recordings.tone(seconds)
    audio[-1] = np.inf
    return audio


def truncated_m4a(path: Path) -> None:
    recordings.encode(path, recordings.tone(3.0, 48000), 48000, "aac")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def truncated_flac(path: Path) -> None:
    recordings.write(path, recordings.melody(8))
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 2000] = b"\xff" * 2000
    path.write_bytes(content)


def with_header(path: Path, position: int, value: bytes) -> None:
    """A wav file, with some bytes of its header replaced."""
    recordings.write(path, recordings.melody(5))
    content = bytearray(path.read_bytes())
    content[position : position + len(value)] = value
    path.write_bytes(content)


def with_peak(seconds: float, value: float) -> np.ndarray:
    audio = recordings.tone(seconds)
    audio[24000] = value
    return audio


BAD = {
    "no bits.wav": (lambda path: with_header(path, 34, b"\0\0"), "format is not supported"),
    "255 bits.wav": (lambda path: with_header(path, 34, b"\xff\0"), "format is not supported"),
    "format of nobody.wav": (lambda path: with_header(path, 20, b"\xad\xde"), "format is not supported"),
    "at 1 Hz.wav": (lambda path: with_header(path, 24, b"\1\0\0\0"), "sampled at 1 Hz; at least 4000 Hz"),
    "flipped bit.wav": (
        lambda path: recordings.write(path, with_peak(5, 3e38), subtype="FLOAT"),
        "The sample at 1.500 s is 3e+38 times full scale; up to 1000 can be used",
    ),
    "loud.wav": (
        lambda path: recordings.write(path, with_peak(5, -1001), subtype="FLOAT"),
        "The sample at 1.500 s is 1e+03 times full scale",
    ),
    "empty.wav": (lambda path: path.write_bytes(b""), "The file is empty (0 bytes)"),
    "no samples.wav": (lambda path: recordings.write(path, np.zeros(0)), "contains no samples"),
    "one sample.wav": (lambda path: recordings.write(path, np.ones(1)), "1 sample long; at least 0.5 s"),
    "short.wav": (lambda path: recordings.write(path, recordings.tone(0.3)), "0.300 s long; at least 0.5 s"),
    "silent.wav": (lambda path: recordings.write(path, np.zeros(80000)), "silent from beginning to end"),
    "nearly silent.flac": (
        lambda path: recordings.write(path, recordings.tone(5, level=5e-5), subtype="PCM_24"),
        "silent: its peak is -86 dB, below -80 dB",
    ),
    "nan.wav": (lambda path: recordings.write(path, with_nan(5), subtype="FLOAT"), "0.500 s is not a number"),
    "infinity.wav": (lambda path: recordings.write(path, with_infinity(5), subtype="FLOAT"), "5.000 s is not a number"),
    "text.mp3": (lambda path: path.write_text("These are my notes."), "This file cannot be read as audio"),
    "cut.m4a": (truncated_m4a, "This file cannot be read as audio"),
    "damaged.flac": (truncated_flac, "damaged after"),
    "picture.mp4": (
        lambda path: recordings.encode(path, None, 48000, "aac", with_picture=True),
        "There is no sound in this file",
    ),
}


# Whoever opens one of these waits for ever, or reads for ever.
UNENDING = {
    "pipe.wav": os.mkfifo if hasattr(os, "mkfifo") else None,
    "zeros.wav": lambda path: path.symlink_to("/dev/zero"),
    "kernel.wav": lambda path: path.symlink_to("/proc/kmsg"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recordings")
    for name, (make, _) in BAD.items():
        make(folder / name)
    recordings.write(folder / "good.wav", recordings.melody(5))
    (folder / "dangling.wav").symlink_to(folder / "gone.wav")
    if os.name == "posix":
        for name, make in UNENDING.items():
            make(folder / name)
    return folder


def inspect(*inputs: Path) -> list[Event]:
    return list(run(InspectSpec(inputs=tuple(map(str, inputs))), CancelToken()))


def test_that_the_intake_says_of_each_bad_recording_what_is_wrong(folder):
    rows = {Path(e.path).name: e for e in inspect(folder) if isinstance(e, FileInspected)}
    assert not rows["good.wav"].refusal
    assert "does not exist" in rows["dangling.wav"].refusal
    for name in UNENDING if os.name == "posix" else ():
        assert rows[name].refusal.startswith(("This is not a file", "The file is empty", "The file does not exist")), (
            name
        )
    for name, (_, words) in BAD.items():
        assert words in rows[name].refusal, name
        assert rows[name].refusal.endswith("."), name
        assert name not in rows[name].refusal


def test_that_the_preparation_leaves_bad_recordings_out_and_uses_the_good_one(folder, tmp_path):
    spec = PrepareSpec(inputs=(str(folder),), output_path=str(tmp_path / "data.tfrecord"), tracker="swift-f0")
    events = list(run(spec, CancelToken()))
    noted = "\n".join(event.title for event in events if isinstance(event, Noted))
    for name in UNENDING if os.name == "posix" else ():
        assert f"{name} is left out." in noted
    for name, (_, words) in BAD.items():
        assert f"{name} is left out." in noted
        assert words in noted
    (written,) = [event for event in events if isinstance(event, DatasetWritten)]
    assert (written.n_train, written.audio_seconds) == (2, 5.0)


@pytest.mark.parametrize("name", list(BAD))
def test_that_a_bad_recording_alone_is_an_error_before_any_work(folder, tmp_path, name):
    spec = PrepareSpec(inputs=(str(folder / name),), output_path=str(tmp_path / "data.tfrecord"), tracker="swift-f0")
    last = list(run(spec, CancelToken()))[-1]
    assert isinstance(last, Failed)
    assert last.title == "The only recording cannot be used"
    assert BAD[name][1] in last.hint
    assert not last.traceback
    assert not list(tmp_path.glob("data*"))


def test_that_names_with_spaces_quotes_emoji_and_newlines_go_all_the_way(tmp_path):
    names = [odd_name(name) for name in ("a b.wav", 'it\'s "mine".wav', "🎷.wav", "two\nlines.wav", "[1]*?.wav")]
    folder = tmp_path / odd_name("takes [old] 'n\" new")
    for index, name in enumerate(names):
        recordings.write(folder / name, recordings.melody(5, hz=300 + index))
    spec = PrepareSpec(inputs=(str(folder),), output_path=str(folder / "out [1].tfrecord"), tracker="swift-f0")
    (written,) = [e for e in run(spec, CancelToken()) if isinstance(e, DatasetWritten)]
    sources = json.loads(Path(written.manifest_path).read_text())["sources"]
    assert sorted(Path(source["path"]).name for source in sources) == sorted(names)
    from ddsp_backend.data.providers import TFRecordProvider

    assert TFRecordProvider(written.train_pattern).n_examples == written.n_train == 10


def test_that_a_folder_and_a_file_without_permission_are_told_and_the_rest_is_used(tmp_path):
    recordings.write(tmp_path / "good.wav", recordings.melody(5))
    recordings.write(tmp_path / "locked.wav", recordings.melody(5, hz=200)).chmod(0)
    recordings.write(tmp_path / "closed" / "a.wav", recordings.melody(5))
    (tmp_path / "closed").chmod(0)
    try:
        code, lines = inspected_by_a_user(tmp_path)
        closed_code, closed_lines = inspected_by_a_user(tmp_path / "closed")
    finally:
        (tmp_path / "closed").chmod(0o700)
    assert (code, closed_code) == (0, 1)
    title, hint = closed_lines[-2:]
    assert title == f"Failed: You have no permission to read this folder: {tmp_path / 'closed'}."
    assert hint == "Change its permissions, or copy the recordings somewhere else."
    assert any("locked.wav" in line and "You have no permission to read it" in line for line in lines)
    assert any(f"You have no permission to read this folder: {tmp_path / 'closed'}" in line for line in lines)
    assert any("good.wav" in line and line.endswith("usable") for line in lines)


def inspected_by_a_user(folder: Path) -> tuple[int, list[str]]:
    """The intake's exit code and lines, from a process that permissions bind: root becomes nobody."""
    code = (
        "import os, sys; import ddsp_backend.inspection.job, ddsp_backend.pitch.swift_f0\n"
        "from ddsp_backend.cli.console import run_in_terminal\n"
        "from ddsp_backend.jobs.spec import InspectSpec\n"
        "if os.geteuid() == 0: os.seteuid(65534)\n"
        "sys.exit(run_in_terminal(InspectSpec(inputs=(sys.argv[1],))))"
    )
    if os.geteuid() == 0:
        for parent in [folder, *folder.parents]:
            is_ours = parent.is_relative_to(tempfile.gettempdir()) and parent != Path(tempfile.gettempdir())
            if is_ours and parent.stat().st_mode & 0o700:
                parent.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    return done.returncode, done.stdout.splitlines()


def test_that_memory_does_not_grow_with_the_length_of_a_recording(tmp_path):
    """An hour of mostly silence: it is decoded, searched for pitch and cut, but never held as a whole."""
    peaks = {}
    for minutes in (1, 60):
        audio = np.zeros(minutes * 60 * 8000, np.int16)
        audio[80000:120000] = 8000 * recordings.tone(5, 8000, level=1.0)
        path = recordings.write(tmp_path / str(minutes) / "a.flac", audio, 8000)
        peaks[minutes] = peak_memory_of_preparing(path, tmp_path / str(minutes) / "data.tfrecord")
    hour_of_audio = 3600 * 16000 * 4
    assert peaks[60] - peaks[1] < hour_of_audio / 4


def peak_memory_of_preparing(path: Path, output: Path) -> int:
    """Bytes, of the largest of its processes."""
    code = (
        "import resource, sys; from ddsp_backend.cli.ddsp_prepare_tfrecord import main\n"
        "code = main(sys.argv[1:])\n"
        "who = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN\n"
        "print(max(resource.getrusage(each).ru_maxrss for each in who)); sys.exit(code)"
    )
    flags = [f"--input_audio_filepatterns={path}", f"--output_tfrecord_path={output}", "--crepe_capacity=tiny"]
    flags += ["--frame_rate=50", "--hop_secs=60", "--num_shards=1"]
    done = subprocess.run([sys.executable, "-c", code, *flags], cwd=ROOT, capture_output=True, text=True, check=True)
    return 1024 * int(done.stdout.splitlines()[-1])
