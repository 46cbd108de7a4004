"""The dsp functions and classes go by the names that users of magenta/ddsp know, and so do their arguments.

tests/golden/dsp_names.txt lists those of magenta/ddsp 3.7.0. Left out are three functions for libraries that are not
used here (Keras, librosa, the crepe package), `use_tf`, which chose between two of them, and `harmonic_shifts`, which
is a keyword here.
"""

import importlib
import inspect
import pkgutil
from pathlib import Path

import pytest

import ddsp_backend.dsp

NAMES = (Path(__file__).resolve().parents[1] / "golden" / "dsp_names.txt").read_text().splitlines()
MODULES = [
    importlib.import_module(f"ddsp_backend.dsp.{part.name}") for part in pkgutil.iter_modules(ddsp_backend.dsp.__path__)
]
# Two classes of the reference have one name.
MODULE_OF = {
    "spectral_ops.PretrainedCREPE": "ddsp_backend.dsp.crepe",
    "losses.PretrainedCREPE": "ddsp_backend.dsp.embedding_losses",
}


@pytest.mark.parametrize("line", NAMES, ids=lambda line: line.split(":")[0])
def test_that_it_is_there_with_its_arguments_in_order(line):
    full_name, _, arguments = line.partition(":")
    name, arguments = full_name.split(".")[1], arguments.split()
    found = [getattr(module, name) for module in MODULES if name in vars(module)]
    (ours,) = {each for each in found if each.__module__.startswith(MODULE_OF.get(full_name, "ddsp_backend.dsp"))}
    parameters = inspect.signature(ours).parameters.values()
    positional = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert positional[: len(arguments)] == arguments


def test_that_harmonic_shifts_are_a_keyword():
    from ddsp_backend.dsp.harmonic import harmonic_synthesis

    assert inspect.signature(harmonic_synthesis).parameters["harmonic_shifts"].kind is inspect.Parameter.KEYWORD_ONLY
