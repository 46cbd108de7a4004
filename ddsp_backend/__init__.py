"""The DDSP training system behind Timbre Studio. Importing it loads neither TensorFlow nor Qt.

For Python (see docs/python.md): `load_model`, `TrainedModel` and `write_wav`, loaded where they are first used.
"""

import importlib
from typing import Any

__version__ = "0.1.0"

# Text, because every part of the program imports this package: only who asks for a name depends on what it loads.
_OFFERED = {
    "TrainedModel": "ddsp_backend.trained_model:TrainedModel",
    "load_model": "ddsp_backend.trained_model:load_model",
    "write_wav": "ddsp_backend.audio.wav:write_wav",
}


def __getattr__(name: str) -> Any:
    if name not in _OFFERED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, attribute = _OFFERED[name].partition(":")
    return getattr(importlib.import_module(module), attribute)


def __dir__() -> list[str]:
    return sorted({*globals(), *_OFFERED})
