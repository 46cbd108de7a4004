"""Modules of the user's own, whose classes and functions a config may name because the user allowed them by name."""

import importlib
import inspect
import sys
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any

from ddsp_backend.config.registry import OwnNames, matching
from ddsp_backend.dsp.keras_layers import is_keras_layer
from ddsp_backend.errors import ConfigError

FLAG = "--allow_module"
# What the code of a module may fail of while it is imported.
_FAILURES = (
    *(ArithmeticError, AttributeError, ImportError, LookupError, NameError),
    *(OSError, RuntimeError, SyntaxError, TypeError, ValueError),
)


def import_allowed(modules: Sequence[str]) -> OwnNames:
    """Imports the modules, and gives their names: MODULE.NAME, which a gin file may shorten to NAME.

    Each public class and function that a module itself defines can be named: layers, losses, evaluators, preprocessors,
    whole models. What it imports from elsewhere, and what begins with an underscore, cannot. Where there is `__all__`,
    it says which.

    Raises:
      ConfigError: a module cannot be imported, or defines a name that is taken, or a layer of Keras.
    """
    found: dict[str, str] = {}
    for module_name in dict.fromkeys(modules):
        for name, thing in _defined(_imported(module_name)):
            selector = f"{module_name}.{name}"
            taken = next((other for other in found if other.endswith(f".{name}")), "")
            if taken or matching(name):
                owner = taken or "the program"
                raise ConfigError(f"{selector} has the name of a part of {owner}", "Give it another name.")
            if inspect.isclass(thing) and is_keras_layer(thing):
                raise ConfigError(
                    f"{selector} is a layer of Keras, whose weights would be neither trained nor saved",
                    "Derive it from tf.Module, and make its weights with tf.Variable.",
                )
            found[selector] = f"{module_name}:{name}"
    return tuple(found.items())


def _imported(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            raise ConfigError(
                f"There is no module {name} on this computer, and {FLAG} asks for it",
                "Install it for the Python of this program, or set PYTHONPATH to the folder that holds it.",
            ) from error
        raise ConfigError(f"The module {name} needs {error.name}, which is not installed", "Install that.") from error
    except _FAILURES as error:
        raise ConfigError(
            f"The module {name} cannot be imported: {type(error).__name__}: {error}",
            f'Correct it. This shows where it fails: {sys.executable} -c "import {name}".',
        ) from error


def _defined(module: ModuleType) -> Iterator[tuple[str, Any]]:
    chosen = getattr(module, "__all__", None)
    for name, thing in vars(module).items():
        is_own = (inspect.isclass(thing) or inspect.isfunction(thing)) and thing.__module__ == module.__name__
        if is_own and (not name.startswith("_") if chosen is None else name in chosen):
            yield name, thing
