"""A model that was really trained for a few steps, the file that it is shared as, and the instrument made of that."""

import json
from pathlib import Path

import pytest

from ddsp_backend.data.manifest import RUN_STATISTICS
from ddsp_backend.jobs.spec import ImportSpec, ShareSpec, TrainSpec
from tests.sharing.files import finished
from tests.tiny import GIN_FILES, train_params

LICENCE = "CC BY 4.0"
SECRET = "Lullaby at home"  # a recording's name
LEVELS = [-70.0 + 0.5 * percent for percent in range(101)]


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run's folder that knows its data set."""
    folder = tmp_path_factory.mktemp("trained")
    params = train_params(folder / SECRET, held_out=False, n_clips=0)
    run = folder / "run"
    finished(TrainSpec(save_dir=str(run), gin_files=GIN_FILES, gin_params=params, steps=3))
    statistics = {
        "lowest_midi": 48,
        "highest_midi": 72,
        "voiced_seconds": 90.0,
        "voiced_loudness_db": LEVELS,
        "voiced_power_db": LEVELS,
        "lowest_note": SECRET,
    }
    settings = {"tracker": "swift-f0", "crepe_capacity": "full", "input": SECRET}
    (run / RUN_STATISTICS).write_text(json.dumps({"settings": settings, "statistics": statistics}))
    return run


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, trained: Path) -> Path:
    """The file."""
    path = tmp_path_factory.mktemp("shared") / "Tiny flute.timbre"
    result = finished(
        ShareSpec(
            model_path=str(trained),
            output_path=str(path),
            name="Tiny flute",
            licence=LICENCE,
            maker="Ann",
            preset="presets/vst.gin",
            settings=("RnnFcDecoder.ch = 16",),
        )
    )
    assert result == {"shared_file": str(path), "step": "3"}
    return path


@pytest.fixture(scope="session")
def taken_in(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Path:
    """The instrument's folder."""
    library = tmp_path_factory.mktemp("libraries") / "library"
    result = finished(ImportSpec(file_path=str(shared), library=str(library)))
    assert result == {"instrument": str(library / "Tiny flute"), "name": "Tiny flute"}
    return library / "Tiny flute"
