"""The flatbuffer of a TensorFlow Lite model: what it says of itself, and new names for its inputs and outputs."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import flatbuffers
from tensorflow.lite.python import schema_py_generated as schema

IDENTIFIER = b"TFL3"
_IDENTIFIER_AT = slice(4, 8)

_OPERATOR_NAMES = {code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}


@dataclass(frozen=True)
class TensorFacts:
    """An input or an output of the model."""

    name: str
    shape: tuple[int, ...]
    is_float32: bool
    is_static: bool
    """Whether its size is known before it is played."""

    @property
    def size(self) -> int:
        return math.prod(self.shape)


@dataclass(frozen=True)
class OperatorFacts:
    """A kind of operator that the model uses."""

    name: str
    version: int
    is_custom: bool
    """Not one of the runtime's own."""


@dataclass(frozen=True)
class ModelFacts:
    """What is known of a model without playing it."""

    inputs: tuple[TensorFacts, ...]
    outputs: tuple[TensorFacts, ...]
    operators: tuple[OperatorFacts, ...]


def has_identifier(content: bytes) -> bool:
    """Whether these are the bytes of a TensorFlow Lite model."""
    return content[_IDENTIFIER_AT] == IDENTIFIER


def read_facts(content: bytes) -> ModelFacts:
    """Of a file that begins with a model."""
    model = _unpacked(content)
    graph = model.subgraphs[0]
    inputs, outputs = (tuple(_tensor(graph.tensors[i]) for i in numbers) for numbers in (graph.inputs, graph.outputs))
    return ModelFacts(inputs, outputs, tuple(_operator(code) for code in model.operatorCodes))


def with_names(content: bytes, signature: str, names: Mapping[str, str]) -> bytes:
    """The model under other names of tensors; its very bytes where it has them already.

    Args:
      signature: Of the model, which tells what is what whatever the converter called it.
      names: For each argument and each result of the signature, the name of its tensor.

    Raises ValueError where the model has no such signature, or not these arguments and results.
    """
    model = _unpacked(content)
    found = [each for each in model.signatureDefs or [] if _text(each.signatureKey) == signature]
    if not found:
        raise ValueError(f"the model has no signature {signature!r}")
    places = {_text(end.name): end.tensorIndex for end in (*found[0].inputs, *found[0].outputs)}
    if set(places) != set(names):
        raise ValueError(f"the signature {signature!r} has {sorted(places)}, wanted are {sorted(names)}")
    tensors = model.subgraphs[0].tensors
    if all(_text(tensors[place].name) == names[end] for end, place in places.items()):
        return content
    if len(set(places.values())) != len(places):
        raise ValueError(f"two of {sorted(places)} are one tensor")
    for number, tensor in enumerate(tensors):
        if number not in places.values() and _text(tensor.name) in names.values():
            tensor.name = f"inner/{number}"  # a name must be found once
    for end, place in places.items():
        tensors[place].name = names[end]
    builder = flatbuffers.Builder(len(content) + 1024)
    builder.Finish(model.Pack(builder), IDENTIFIER)
    return bytes(builder.Output())


def _unpacked(content: bytes) -> Any:
    return schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))


def _tensor(tensor: Any) -> TensorFacts:
    signature = () if tensor.shapeSignature is None else tensor.shapeSignature
    return TensorFacts(
        _text(tensor.name),
        tuple(int(size) for size in ([] if tensor.shape is None else tensor.shape)),
        tensor.type == schema.TensorType.FLOAT32,
        all(size > 0 for size in signature),
    )


def _operator(code: Any) -> OperatorFacts:
    # Codes below 127 stood in a field of one byte, and older files have only that.
    number = max(code.builtinCode, code.deprecatedBuiltinCode)
    is_custom = number == schema.BuiltinOperator.CUSTOM
    name = _text(code.customCode) if is_custom else _OPERATOR_NAMES.get(number, f"operator {number}")
    return OperatorFacts(name, code.version, is_custom)


def _text(value: bytes | str | None) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else value or ""
