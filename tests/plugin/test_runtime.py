"""The plug-in's own runtime loads and plays the file. Where it cannot be had, the file's own words are the judge."""

import numpy as np
import pytest
from tensorflow.lite.python import schema_py_generated as schema

from ddsp_backend.plugin.conformance import problems_of, require_conforming
from ddsp_backend.plugin.model_file import read_facts
from ddsp_backend.plugin.operators import NEWEST_VERSIONS
from ddsp_backend.plugin.trial import N_STEPS, Decoder
from tests.plugin.runtime import play, runtime_python


def performance() -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    f0 = np.clip(0.5 + np.cumsum(random.normal(0, 0.004, N_STEPS)), 0.2, 0.75)
    return {"f0_scaled": f0.astype(np.float32), "pw_scaled": random.uniform(0, 1, N_STEPS).astype(np.float32)}


@pytest.mark.slow
def test_that_the_plugins_own_runtime_plays_a_thousand_frames_as_we_do(plugin_file, tmp_path):
    require_conforming(plugin_file.read_bytes())
    tracks = performance()
    decoder = Decoder(plugin_file.read_bytes())
    own = [decoder.step(*frame) for frame in zip(tracks["f0_scaled"], tracks["pw_scaled"], strict=True)]
    for values in map(np.stack, zip(*own, strict=True)):
        assert np.all(np.isfinite(values))
    python = runtime_python()
    if python is None:
        return  # the operators' versions were compared with those that this runtime was measured to know
    np.savez(tmp_path / "given.npz", **tracks)
    play(python, plugin_file, tmp_path / "given.npz", tmp_path / "found.npz")
    found = np.load(tmp_path / "found.npz")
    for number, values in enumerate(map(np.stack, zip(*own, strict=True))):
        np.testing.assert_allclose(found[f"output_{number}"], values, atol=1e-4 * np.abs(values).max())
    state = found["output_3"]
    assert np.all(np.isfinite(state))
    assert np.abs(np.diff(state, axis=0)).max() > 1e-3


def test_that_an_operator_of_a_newer_version_is_noticed(plugin_file):
    content = plugin_file.read_bytes()
    found = {operator.name: operator.version for operator in read_facts(content).operators}
    assert found["FULLY_CONNECTED"] <= NEWEST_VERSIONS["FULLY_CONNECTED"] == 9
    (table,) = (code for code in _codes(content) if code.BuiltinCode() == schema.BuiltinOperator.FULLY_CONNECTED)
    newer = bytearray(content)
    place = table._tab.Pos + table._tab.Offset(8)  # the field `version`, of 32 bits
    newer[place : place + 4] = (12).to_bytes(4, "little")
    problems = list(problems_of(bytes(newer)))
    assert problems == ["it needs version 12 of the operator FULLY_CONNECTED, and TensorFlow Lite 2.9.1 has 9"]


@pytest.mark.parametrize(
    ("operator", "name"), [(schema.BuiltinOperator.READ_VARIABLE, "READ_VARIABLE"), (schema.BuiltinOperator.CUSTOM, "")]
)
def test_that_operators_that_keep_variables_or_are_not_built_in_are_not_taken(operator, name, plugin_file):
    content = bytearray(plugin_file.read_bytes())
    (table,) = (code for code in _codes(content) if code.BuiltinCode() == schema.BuiltinOperator.TANH)
    # The first field is the code in one byte, for older runtimes; the fourth the same in four.
    content[table._tab.Pos + table._tab.Offset(4)] = min(operator, 127)
    place = table._tab.Pos + table._tab.Offset(10)
    content[place : place + 4] = int(operator).to_bytes(4, "little")
    problems = list(problems_of(bytes(content)))
    assert problems == [f"it needs the operator {name}, which TensorFlow Lite 2.9.1 does not have for it"]


def _codes(content: bytes) -> list:
    model = schema.Model.GetRootAs(content, 0)
    return [model.OperatorCodes(number) for number in range(model.OperatorCodesLength())]
