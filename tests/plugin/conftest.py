"""A model and the file that the plug-in gets of it, made once."""

from pathlib import Path

import pytest

from ddsp_backend.jobs.events import Finished
from ddsp_backend.jobs.spec import PluginSpec
from tests.plugin.instruments import events_of, write_examples, write_model

NOTES = [(50.0, -30.0), (60.0, -20.0), (70.0, -40.0)]


@pytest.fixture(scope="session")
def data_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three notes, see NOTES."""
    return write_examples(tmp_path_factory.mktemp("data") / "notes.tfrecord", NOTES)


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory, data_set: Path) -> Path:
    """An untrained model that knows its data set."""
    return write_model(tmp_path_factory.mktemp("model"), data=str(data_set))


@pytest.fixture(scope="session")
def plugin_file(tmp_path_factory: pytest.TempPathFactory, model: Path) -> Path:
    """What the plug-in gets."""
    path = tmp_path_factory.mktemp("plugin") / "Models" / "Tuba.tflite"
    *_, last = events_of(PluginSpec(model_path=str(model), output_path=str(path)))
    assert isinstance(last, Finished), last
    assert last.result == {"plugin_file": str(path), "step": "1"}
    return path
