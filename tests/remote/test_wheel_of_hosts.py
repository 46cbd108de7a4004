"""What a host gets of this program holds all that a training there reads."""

import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

from ddsp_backend.remote.wheel import build_wheel


def test_that_a_host_finds_gin_files_and_base_models_in_what_it_gets(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(build_wheel().content)) as wheel:
        wheel.extractall(tmp_path)
    code = (
        "from ddsp_backend.config.paths import base_models_folder, gin_folder\n"
        "print(*sorted(path.name for path in base_models_folder().iterdir()))\n"
        "print((gin_folder() / 'presets' / 'vst.gin').is_file())\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["streaming.npz", "True"]
