"""Refuses layers of Keras 3: a `tf.Module` does not see their weights, so they would be neither trained nor saved."""

from collections.abc import Iterator
from typing import Any

import tensorflow as tf

from ddsp_backend.errors import ConfigError

_CURE = "Derive the layer from tf.Module, and make its weights with tf.Variable."

_TRACKING = "_self_"  # what TensorFlow keeps of a module beside its own attributes


def is_keras_layer(kind: type) -> bool:
    """Whether a class is a layer or a model of Keras 3. Those of tf_keras are modules, and are seen."""
    from_keras = any(base.__name__ == "Layer" and base.__module__.split(".")[0] == "keras" for base in kind.__mro__)
    return from_keras and not issubclass(kind, tf.Module)


def refuse_keras_layer(module: Any, place: str) -> None:
    """Raises ConfigError if `module`, which stands at `place`, is such a layer."""
    if is_keras_layer(type(module)):
        raise ConfigError(
            f"{place} is {type(module).__name__}, a layer of Keras, whose weights would be neither trained nor saved",
            _CURE,
        )


def refuse_keras_layers(root: tf.Module) -> None:
    """The same for every part of a model, wherever it lies in lists and dictionaries."""
    for place, part in _parts(root, type(root).__name__, set()):
        refuse_keras_layer(part, place)


def _parts(owner: Any, place: str, seen: set[int]) -> Iterator[tuple[str, Any]]:
    if id(owner) in seen:
        return
    seen.add(id(owner))
    yield place, owner
    if isinstance(owner, tf.Module):
        inside = {name: part for name, part in vars(owner).items() if not name.startswith(_TRACKING)}.items()
    elif isinstance(owner, dict):
        inside = owner.items()
    elif isinstance(owner, list | tuple):
        inside = dict(enumerate(owner)).items()
    else:
        return
    for key, part in list(inside):
        yield from _parts(part, f"{place}.{key}", seen)
