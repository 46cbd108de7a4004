"""A run of a few steps on a tiny data set, for every test that judges a model."""

from pathlib import Path

import pytest

from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import Event, Finished
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import TrainSpec
from tests import tiny

HELD_OUT = (
    "evaluate.data_provider = @held_out/data.TFRecordProvider()",
    "sample.data_provider = @held_out/data.TFRecordProvider()",
    "evaluate.batch_size = 4",
    "F0LdEvaluator.crepe_capacity = 'tiny'",
)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Event]]:
    """(folder, events) of six steps with checkpoints at 3 and 6; its config evaluates on three held-out examples."""
    folder = tmp_path_factory.mktemp("trained")
    settings = {"num_steps": 6, "steps_per_save": 3, "steps_per_held_out": 3, "steps_per_clips": 6}
    spec = TrainSpec(
        save_dir=str(folder / "run"),
        gin_files=(*tiny.GIN_FILES, "eval/basic_f0_ld.gin"),
        gin_params=(*tiny.train_params(folder / "data", **settings), *HELD_OUT),
    )
    events = list(run(spec, CancelToken()))
    assert isinstance(events[-1], Finished), events[-1]
    return folder / "run", events
