"""Whoever types what docs/python.md shows, in order, gets what it says."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ddsp_backend.audio.wav import write_wav
from ddsp_backend.data.demo_instrument import play_take

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.slow
def test_that_every_example_runs_and_the_flute_is_heard(tmp_path, monkeypatch):
    shutil.copytree(ROOT / "tests" / "golden" / "magenta_checkpoint_solo", tmp_path / "runs" / "flute")
    write_wav(tmp_path / "melody.wav", play_take(1.0, 44100, seed=1).audio, 44100)
    monkeypatch.chdir(tmp_path)
    assert len(EXAMPLES) > 5
    names: dict[str, object] = {}
    for example in EXAMPLES:
        exec(compile(example, "docs/python.md", "exec"), names)
    played_N, rate = soundfile.read("melody-as-flute.wav", dtype="float32")
    assert (rate, len(played_N)) == (16000, 16000)
    assert np.sqrt(np.mean(played_N**2)) > 0.001
    rendered_N, _ = soundfile.read("out.wav", dtype="float32")
    np.testing.assert_allclose(rendered_N, played_N, atol=1e-4)  # the one has 16 bits


@pytest.mark.parametrize("line", re.findall(r"`(ddsp_backend/[\w/.]+)`", PAGE))
def test_that_every_file_that_is_named_is_there(line):
    assert (ROOT / line).exists()
