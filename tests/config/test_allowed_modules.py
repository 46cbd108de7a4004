"""A class of one's own in gin: only from a module that was allowed by name, and never silently."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import tensorflow as tf

import ddsp_backend
from ddsp_backend.cli.ddsp_render import main as render
from ddsp_backend.cli.ddsp_run import main, spec_of
from ddsp_backend.config.operative import latest_operative_config
from ddsp_backend.config.parse import parse
from ddsp_backend.errors import ConfigError
from ddsp_backend.jobs.codec import spec_from_json, to_json
from ddsp_backend.jobs.folder import JobFolder
from ddsp_backend.jobs.spec import TrainSpec
from tests import tiny
from tests.recordings import tone, write

FINISHED, FAILED, USAGE = 0, 1, 2

PAGE = (Path(__file__).parents[2] / "docs" / "python.md").read_text(encoding="utf-8")
(SHOWN,) = re.findall(r"^```python\n# my_layers.py\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
OWN = f"""{SHOWN}

class HighPeakEvaluator(PeakEvaluator):
    def __init__(self, sample_rate, frame_rate, floor: "ANameThatOnlyCheckersKnow" = 0.0):
        super().__init__(sample_rate, frame_rate)
        self.floor = floor

    def metrics(self):
        return {{name: max(self.floor, peak) for name, peak in super().metrics().items()}}


class _Hidden:
    pass
"""
BINDINGS = (
    "Autoencoder.decoder = @{module}.LinearDecoder()",
    "LinearDecoder.n_harmonics = 8",
    "LinearDecoder.n_noise = 9",
    "Autoencoder.losses = [@SpectralLoss(), @EnergyLoss()]",
    "EnergyLoss.weight = 3.0",
    "evaluate.evaluator_classes = [@BasicEvaluator, @HighPeakEvaluator]",
    "HighPeakEvaluator.floor = 0.125",
)


@pytest.fixture
def module(tmp_path, monkeypatch, request):
    """The name of a module of the user's own; each test has another, since Python keeps what it has imported."""
    name = f"own_{abs(hash(request.node.name)) % 10**8}"
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / f"{name}.py").write_text(OWN)
    monkeypatch.syspath_prepend(str(tmp_path / "code"))
    return name


def flags(mode: str, folder: Path, module: str, *more: str) -> list[str]:
    params = (*tiny.train_params(folder / "data", held_out=False, num_steps=2),)
    params = tuple(param for param in params if not param.startswith("RnnFcDecoder"))
    params += tuple(param.format(module=module) for param in BINDINGS)
    return [
        f"--mode={mode}",
        f"--save_dir={folder / 'run'}",
        *(f"--gin_file={name}" for name in (*tiny.GIN_FILES, "eval/basic.gin")),
        *(f"--gin_param={param}" for param in params),
        *more,
    ]


@pytest.mark.slow
def test_that_an_allowed_module_trains_measures_and_plays(tmp_path, module, capsys):
    allowed = f"--allow_module={module}"
    assert main(flags("train", tmp_path, module, allowed)) == FINISHED
    operative = latest_operative_config(tmp_path / "run").read_text()
    assert f"import {module}  # with --allow_module={module}" in operative
    assert f"{module}.LinearDecoder.n_harmonics = 8" in operative

    # What was trained says by itself what it is made of, but imports nothing by itself.
    capsys.readouterr()
    assert main(["--mode=eval", f"--save_dir={tmp_path / 'run'}", "--run_once"]) == FAILED
    assert f"--allow_module={module}" in capsys.readouterr().out
    assert main(["--mode=eval", f"--save_dir={tmp_path / 'run'}", "--run_once", allowed]) == FINISHED
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert metrics["metrics"]["mean_peak"] >= 0.125

    melody = write(tmp_path / "melody.wav", tone(0.5))
    out = tmp_path / "out.wav"
    words = [f"--model_path={tmp_path / 'run'}", f"--input={melody}", f"--output={out}", "--crepe_capacity=tiny"]
    words.append("--tracker=crepe")
    assert render(words) == FAILED
    assert render([*words, allowed]) == FINISHED
    assert out.exists()
    with pytest.raises(ConfigError, match=f"imports '{module}', which nobody allowed"):
        ddsp_backend.load_model(tmp_path / "run")
    model = ddsp_backend.load_model(tmp_path / "run", allow_modules=[module])
    (kernel,) = model.network.decoder.trainable_variables
    assert float(tf.reduce_max(tf.abs(kernel))) > 0  # it began with zeros


def test_that_without_the_flag_a_name_of_ones_own_is_refused_and_the_flag_is_named(tmp_path, module, capsys):
    assert main(flags("train", tmp_path, module)) == FAILED
    said = capsys.readouterr().out
    assert f"there is no {module}.LinearDecoder" in said
    assert "--allow_module=MODULE" in said
    assert not (tmp_path / "run").exists()


def test_that_a_gin_file_cannot_allow_a_module_by_itself(tmp_path, module):
    path = tmp_path / "own.gin"
    path.write_text(f"import {module}\nAutoencoder.decoder = @LinearDecoder()\n")
    with pytest.raises(ConfigError, match=f"--allow_module={module}"):
        parse([str(path)])
    parse([str(path)], allow_modules=[module])


@pytest.mark.parametrize("name", ["_Hidden", "SpectralLoss2", "np", "tf"])
def test_that_only_what_the_module_defines_and_does_not_hide_can_be_named(module, name):
    with pytest.raises(ConfigError, match=f"there is no {module}.{name}"):
        parse([], [f"Autoencoder.decoder = @{module}.{name}()"], allow_modules=[module])


def test_that_one_config_allows_nothing_for_the_next(module):
    parse([], ["EnergyLoss.weight = 2.0"], allow_modules=[module])
    with pytest.raises(ConfigError, match="there is no EnergyLoss"):
        parse([], ["EnergyLoss.weight = 2.0"])


def test_that_a_wrong_parameter_of_ones_own_class_is_told_as_any_other(module):
    with pytest.raises(ConfigError, match=r"has no parameter weights\. Did you mean weight"):
        parse([], ["EnergyLoss.weights = 2.0"], allow_modules=[module])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("class Harmonic:\n    pass\n", "has the name of a part of the program"),
        ("import keras\n\nclass Own(keras.layers.Layer):\n    pass\n", "neither trained nor saved"),
        ("def broken(:\n", "cannot be imported: SyntaxError"),
        ("import no_such_library\n", "needs no_such_library, which is not installed"),
        ("1 / 0\n", "cannot be imported: ZeroDivisionError"),
    ],
)
def test_that_a_module_that_cannot_be_used_is_a_sentence(tmp_path, module, text, said):
    (tmp_path / "code" / f"{module}.py").write_text(text)
    with pytest.raises(ConfigError, match=said):
        parse(allow_modules=[module])


def test_that_a_module_that_is_not_there_is_a_sentence_on_whatever_computer():
    with pytest.raises(ConfigError, match=r"There is no module no_such_module on this computer.*PYTHONPATH"):
        parse(allow_modules=["no_such_module"])
    with pytest.raises(ConfigError, match=r"There is no module json\.no_such_part"):
        parse(allow_modules=["json.no_such_part"])


def test_that_a_layer_of_keras_inside_a_layer_of_ones_own_is_refused_before_it_is_not_trained(tmp_path, module, capsys):
    path = tmp_path / "code" / f"{module}.py"
    path.write_text(
        f"import keras\n{OWN}".replace(
            "self.output_splits =", "self.hidden, self.output_splits = [keras.layers.Dense(3)],"
        )
    )
    assert main(flags("train", tmp_path, module, f"--allow_module={module}")) == FAILED
    said = capsys.readouterr().out
    assert "Autoencoder.decoder.hidden.0 is Dense, a layer of Keras" in said
    assert "neither trained nor saved" in said


def test_that_a_job_carries_the_names_to_other_processes_and_computers(tmp_path):
    spec = spec_of(flags("train", tmp_path, "own", "--allow_module=own", "--allow_module=lab.layers"))
    assert isinstance(spec, TrainSpec)
    assert spec.allow_modules == ("own", "lab.layers")
    assert spec_from_json(to_json(spec)) == spec


@pytest.mark.slow
@pytest.mark.parametrize(("has_module", "exit_code"), [(True, 0), (False, 1)])
def test_that_a_job_in_another_process_imports_the_module_or_says_that_it_is_not_there(tmp_path, has_module, exit_code):
    """As on a host, which has the module or has not."""
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "own_layers.py").write_text(OWN)
    job = JobFolder(tmp_path / "job")
    job.create(spec_of(flags("train", tmp_path, "own_layers", "--allow_module=own_layers")))
    paths = [str(Path(__file__).parents[2]), *([str(tmp_path / "code")] if has_module else [])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "TF_CPP_MIN_LOG_LEVEL": "2"}
    words = [sys.executable, "-m", "ddsp_backend", "run", str(job.path)]
    child = subprocess.run(words, env=environment, capture_output=True, timeout=300)
    assert child.returncode == exit_code
    *_, last = (job.path / "events.jsonl").read_text().splitlines()
    assert ("There is no module own_layers on this computer" in last) == (not has_module)


@pytest.mark.parametrize("name", ["my layers", "../evil", "own.py;", ""])
def test_that_what_is_no_name_of_a_module_is_refused(name):
    with pytest.raises(ConfigError, match="a module's name"):
        TrainSpec(save_dir="run", allow_modules=(name,))
