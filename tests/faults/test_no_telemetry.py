"""Nothing that this program loads reports anything to anybody."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
LISTEN = (
    "import numpy as np; from ddsp_backend.pitch.tracker import track\n"
    "from ddsp_backend.pitch.trackers import make_tracker\n"
    "track(make_tracker('swift-f0'), np.zeros(16000, np.float32), 250, 'same')"
)


def test_that_finding_the_pitch_leaves_nothing_behind_and_no_number_of_this_computer(tmp_path):
    """onnxruntime would write `.ses` into TMPDIR and a folder `Microsoft/DeveloperTools` into the home."""
    home, temporary = tmp_path / "home", tmp_path / "tmp"
    home.mkdir()
    temporary.mkdir()
    names = ("HOME", "USERPROFILE", "LOCALAPPDATA", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    environment |= dict.fromkeys(names, str(home)) | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary))
    subprocess.run([sys.executable, "-c", LISTEN], cwd=ROOT, env=environment, check=True, timeout=60)
    assert not list(home.rglob("*"))
    assert not list(temporary.rglob("*"))


def test_that_only_the_package_that_turns_it_off_loads_onnxruntime():
    offenders = {
        str(path.relative_to(ROOT))
        for package in ("app", "ddsp_backend")
        for path in (ROOT / package).rglob("*.py")
        if any(line.split()[1:2] in (["swift_f0"], ["onnxruntime"]) for line in path.read_text().splitlines())
    }
    assert offenders == {"ddsp_backend/pitch/swift_f0.py"}
