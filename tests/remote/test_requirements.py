"""What a host gets installed is what the jobs there import, wherever in the program they import it."""

import ast
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

from ddsp_backend.remote.install import requirements_for

ROOT = Path(__file__).parents[2]
_BEGIN = ("ddsp_backend.training.loop", "ddsp_backend.evaluation.loop", "ddsp_backend.remote.host_agent")
_STAYS_HERE = "ddsp_backend.remote.relay"
_WITH_TENSORFLOW = {"grpcio"}
_ASKED_FOR_BY_TENSORFLOW = {"tensorboard"}  # whoever writes a summary imports it, and it no longer comes along


def test_that_everything_that_a_job_there_imports_is_installed_there() -> None:
    modules = {name_of(path): path for path in (ROOT / "ddsp_backend").rglob("*.py")}
    found: set[str] = set()
    libraries: set[str] = set()
    waiting = list(_BEGIN)
    while waiting:
        module = waiting.pop()
        if module not in modules:
            libraries.add(module.partition(".")[0])
        elif module not in found and module != _STAYS_HERE:
            found.add(module)
            waiting += imported_by(modules[module], modules)
    distributions = packages_distributions()
    foreign = {name for name in libraries if name not in sys.stdlib_module_names and name != "ddsp_backend"}
    needed = {distributions[name][0] for name in foreign} | _ASKED_FOR_BY_TENSORFLOW
    installed = {requirement.partition("==")[0] for requirement in requirements_for("cpu")}
    assert {"tensorflow", "gin-config", "threadpoolctl"} <= needed
    assert needed - _WITH_TENSORFLOW <= installed


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported_by(path: Path, modules: dict[str, Path]) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module
            yield from (name for alias in node.names if (name := f"{node.module}.{alias.name}") in modules)
