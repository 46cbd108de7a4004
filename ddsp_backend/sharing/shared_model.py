"""A model as it is in a file: written, and read back with every check that can be made."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ddsp_backend.arrays import Array
from ddsp_backend.config.model_config import model_text, parse_model
from ddsp_backend.config.parse import Config
from ddsp_backend.errors import DataError
from ddsp_backend.inference.learned_range import Learned
from ddsp_backend.json_reading import parse_json
from ddsp_backend.sharing.archive import Entry, read_archive, write_archive
from ddsp_backend.sharing.card import ModelCard, card_from_json, card_to_json
from ddsp_backend.sharing.example import read_example
from ddsp_backend.sharing.learned_file import pack_learned, unpack_learned
from ddsp_backend.sharing.weights import Weights, model_with, pack_weights, unpack_weights


@dataclass(frozen=True)
class SharedModel:
    """What a file holds, read and checked."""

    card: ModelCard
    config: Config
    learned: Learned
    weights: Weights
    example: tuple[Array, int] | None
    """audio_N and its rate in Hz."""

    def settings_text(self) -> str:
        """The model's settings as our own config says them: nothing stands there as its maker wrote it."""
        return model_text(self.config)


def write_shared(
    path: Path, card: ModelCard, config: Config, learned: Learned, weights: Weights, example: bytes
) -> None:
    """Writes a new file. Args: example: A wav file, or nothing. Errors as of `write_archive`."""
    shapes, numbers = pack_weights(weights)
    entries = {
        Entry.CARD: json.dumps(card_to_json(card), indent=1).encode(),
        Entry.SETTINGS: model_text(config).encode(),
        Entry.LEARNED: pack_learned(learned),
        Entry.SHAPES: shapes,
        Entry.WEIGHTS: numbers,
    }
    write_archive(entries | ({Entry.EXAMPLE: example} if example else {}), path)


def read_shared(path: Path) -> tuple[SharedModel, Any]:
    """What a file holds that anybody may have written, and the model itself with its weights.

    Raises:
      DataError: it is no such file, or damaged, or of a later version, or its parts do not belong together.
      ConfigError: its settings or its card say what they may not.
      OSError: it cannot be read.
    """
    name = path.name
    entries = read_archive(path)
    card = card_from_json(_json(entries[Entry.CARD], f"{name}, {Entry.CARD}"))
    learned = unpack_learned(entries[Entry.LEARNED], name)
    example = read_example(entries[Entry.EXAMPLE], name) if Entry.EXAMPLE in entries else None
    weights = unpack_weights(entries[Entry.SHAPES], entries[Entry.WEIGHTS], name)
    config = parse_model(_text(entries[Entry.SETTINGS], name), f"{name}, {Entry.SETTINGS}")
    return SharedModel(card, config, learned, weights, example), model_with(config, weights, name)


def _json(content: bytes, source: str) -> Any:
    try:
        return parse_json(content)
    except ValueError as error:
        raise DataError(f"{source} cannot be read: {error}", "Ask its maker for it again.") from error


def _text(content: bytes, source: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"{source}: its settings are no text", "Ask its maker for it again.") from error
