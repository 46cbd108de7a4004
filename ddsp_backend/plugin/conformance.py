"""Whether a file is one that the plug-in loads and plays, as far as the file itself tells. No model is run."""

import io
import json
import zipfile
from collections.abc import Iterator

from ddsp_backend.errors import OWN_FAULT, ConfigError
from ddsp_backend.inference.plugin_contract import (
    INPUT_NAMES,
    METADATA_NAME,
    OUTPUT_NAMES,
    RUNTIME,
    SIZES,
)
from ddsp_backend.plugin.model_file import ModelFacts, TensorFacts, has_identifier, read_facts
from ddsp_backend.plugin.operators import NEWEST_VERSIONS

_ASCII = 0x80
_TEXTS = ("export_time", "version")
_NUMBERS = ("mean_min_pitch_note_hz", "mean_max_pitch_note_hz", "mean_min_power_note", "mean_max_power_note")


def require_conforming(content: bytes) -> None:
    """Raises ConfigError, with the first thing that is wrong, where the plug-in would not load or play this file."""
    problem = next(problems_of(content), None)
    if problem is not None:
        raise ConfigError(f"DDSP-VST would not play the file that was made: {problem}", OWN_FAULT)


def problems_of(content: bytes) -> Iterator[str]:
    """Everything that is wrong with a file, a sentence each."""
    if not has_identifier(content):
        yield "it does not begin as a TensorFlow Lite model"
        return
    # The plug-in reads it as text and goes on with the bytes of that: a byte order mark would move them all.
    if content[0] >= _ASCII:
        yield f"its first byte is {content[0]}, and must be below {_ASCII}"
    facts = read_facts(content)
    yield from _problems_of_tensors(facts)
    yield from _problems_of_operators(facts)
    yield from _problems_of_metadata(content)


def _problems_of_tensors(facts: ModelFacts) -> Iterator[str]:
    for kind, tensors, wanted in (("input", facts.inputs, INPUT_NAMES), ("output", facts.outputs, OUTPUT_NAMES)):
        names = sorted(tensor.name for tensor in tensors)
        if names != sorted(wanted.values()):
            yield f"its {kind}s are {', '.join(names)}; they must be {', '.join(sorted(wanted.values()))}"
        for tensor in tensors:
            yield from _problems_of_tensor(kind, tensor)


def _problems_of_tensor(kind: str, tensor: TensorFacts) -> Iterator[str]:
    if not tensor.is_float32:
        yield f"the {kind} {tensor.name} does not hold float32 numbers"
    if not tensor.is_static:
        yield f"the {kind} {tensor.name} has no fixed size"
    elif tensor.size != SIZES.get(tensor.name, tensor.size):
        yield f"the {kind} {tensor.name} holds {tensor.size} numbers and must hold {SIZES[tensor.name]}"


def _problems_of_operators(facts: ModelFacts) -> Iterator[str]:
    for operator in facts.operators:
        newest = NEWEST_VERSIONS.get(operator.name, 0)
        if operator.is_custom or not newest:
            yield f"it needs the operator {operator.name}, which TensorFlow Lite {RUNTIME} does not have for it"
        elif operator.version > newest:
            yield (
                f"it needs version {operator.version} of the operator {operator.name}, and TensorFlow Lite {RUNTIME} "
                f"has {newest}"
            )


def _problems_of_metadata(content: bytes) -> Iterator[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            fields = json.loads(archive.read(METADATA_NAME))
            if archive.comment:
                yield "the archive behind the model has a comment"
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        yield f"{METADATA_NAME} cannot be read from it ({error})"
        return
    if names != [METADATA_NAME]:
        yield f"the archive behind the model holds {', '.join(names)}; it must hold {METADATA_NAME} alone"
    yield from problems_of_fields(fields)


def problems_of_fields(fields: object) -> Iterator[str]:
    """Everything that is wrong with what `metadata.json` says."""
    if not isinstance(fields, dict):
        yield f"{METADATA_NAME} is no table of names and values"
        return
    for key in _TEXTS:
        if not isinstance(fields.get(key), str) or not fields[key]:
            yield f"{METADATA_NAME}: {key} must be a text, and is {fields.get(key)!r}"
    for key in _NUMBERS:
        if not isinstance(fields.get(key), int | float) or isinstance(fields.get(key), bool):
            yield f"{METADATA_NAME}: {key} must be a number, and is {fields.get(key)!r}"
