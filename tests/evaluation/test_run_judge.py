"""A run is judged beside the oracle: a tiny training, judged as the benchmark does it."""

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from benchmarks import sound
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import Finished
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import TrainSpec
from tests import tiny


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    params = tiny.train_params(tmp_path_factory.mktemp("data"), num_steps=5, n_clips=0, seed=0)
    spec = TrainSpec(save_dir=str(folder), gin_files=tiny.GIN_FILES, gin_params=params)
    assert isinstance(list(run(spec, CancelToken()))[-1], Finished)
    return folder


@pytest.mark.slow
def test_that_the_oracle_is_nearer_than_a_model_of_five_steps(
    run_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sound.report(run_folder, figures=tmp_path / "figures.json")
    found = json.loads((tmp_path / "figures.json").read_text())
    assert found["step"] == 5
    for name in ("spectral_distance_db", "loudness_error_db", "note_loudness_error_db"):
        assert found["oracle"][name] < found["model"][name]
    assert found["oracle"]["pitch_lost"] <= 0.1
    assert found["model"]["recorded_harmonic_share"] == found["oracle"]["recorded_harmonic_share"] > 0.8
    assert -200.0 < found["silence_level_db"] < 20.0
    table = capsys.readouterr().out
    assert "step 5: 3 phrases of its data set" in table
    for _, _, words, unit, _ in sound.ROWS:
        assert re.search(rf"^{re.escape(words)} .*{unit}$", table, re.MULTILINE)
    assert re.search(r"^silence in, level out +-?\d+\.\d\d +dB$", table, re.MULTILINE)


def test_that_recordings_of_a_folder_are_judged_in_place_of_phrases(run_folder: Path, tmp_path: Path) -> None:
    time_N = np.arange(round(2.5 * tiny.N_SAMPLES)) / tiny.SAMPLE_RATE
    folder = tmp_path / "takes"
    folder.mkdir()
    soundfile.write(folder / "take.wav", 0.2 * np.sin(2 * np.pi * 330 * time_N), tiny.SAMPLE_RATE)
    sound.report(run_folder, folder, tmp_path / "figures.json")
    found = json.loads((tmp_path / "figures.json").read_text())
    assert found["model"]["recorded_harmonic_share"] > 0.9
    assert math.isfinite(found["oracle"]["spectral_distance_db"])


def test_that_a_folder_without_recordings_is_said(run_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="nothing to judge"):
        sound.report(run_folder, tmp_path)
