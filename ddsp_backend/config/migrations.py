"""What magenta/ddsp renamed, gave up or changed, so that older configs are followed, or refused by name.

The changes are those that the reference's own updater knows (update_gin_config.py, version 3.7.0).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ddsp_backend.config.registry import OwnNames, matching
from ddsp_backend.config.statements import Reference, Statement, parts_of
from ddsp_backend.errors import ConfigError

WITHDRAWN = {
    "Additive": "it is called Harmonic since magenta/ddsp 1.0",
    "DefaultPreprocessor": "magenta/ddsp 1.0 removed it, and older checkpoints have other layers",
    "HmmMidiAutoencoder": "magenta/ddsp's own gin files name it, but it was never in its library",
    "HmmPrior": "magenta/ddsp's own gin files name it, but it was never in its library",
    "MarginLoss": "magenta/ddsp's own gin files name it, but it was never in its library",
}
"""Old short name: why it is not taken."""

NOT_OFFERED = frozenset({"BaseMultiProvider", "ExperimentalDataProvider"})
"""Names of the reference that mean nothing here yet: a config that uses one is told so, and not "did you mean"."""

RENAMED = {"ZRnnFcDecoder": "RnnFcDecoder"}
"""Old short name: the new one."""

_BEFORE_3 = {"F0LoudnessPreprocessor": "LegacyF0LoudnessPreprocessor"}
"""Names that meant something else in magenta/ddsp 1.x, whose loudness had a scale of 120 dB: that, in our names."""

REMOVED = {
    ("SpectralLoss", "delta_delta_freq_weight"): 0.0,
    ("SpectralLoss", "delta_delta_time_weight"): 0.0,
    ("DilatedConvDecoder", "resample"): None,
    ("DilatedConvEncoder", "resample"): None,
}
"""Old parameter: the value that asked for nothing. With any other the model was another one, and that is said."""

_KEYS_OF_OLD_DECODERS = {"RnnFcDecoder": ("f0_scaled", "ld_scaled"), "ZRnnFcDecoder": ("f0_scaled", "ld_scaled", "z")}


@dataclass(frozen=True)
class Migrated:
    """Statements in today's names."""

    statements: list[Statement]
    notes: tuple[str, ...]
    """What was changed or left out: a sentence each."""


def migrate(statements: Sequence[Statement]) -> Migrated:
    """Renames what was renamed and takes out what was removed, with a note of each."""
    kept: list[Statement] = []
    notes: list[str] = []
    for statement in statements:
        last = _last(statement.name)
        if (last, statement.parameter) in REMOVED:
            nothing = REMOVED[last, statement.parameter]
            lost = "" if statement.value in (nothing, None) else ": its loss or layer is left out"
            notes.append(f"{statement.place}: {last}.{statement.parameter}={statement.value!r} is no more{lost}")
            continue
        renamed = _in_new_names(statement, RENAMED)
        if renamed != statement and last in RENAMED:
            notes.append(f"{statement.place}: {last} is called {RENAMED[last]} today")
        kept.append(renamed)
    return Migrated(kept, tuple(dict.fromkeys(notes)))


def migrate_operative(statements: Sequence[Statement], source: str, own: OwnNames = ()) -> Migrated:
    """The same for an operative config, which lists every parameter there was: one that is missing tells the version.

    Bindings of what is not known and that nothing refers to, such as a summary of old, are left out with a note: they
    cannot change the model.

    Raises:
      ConfigError: for a model that takes power as version 1 measured it, since it would play, but wrongly.
    """
    migrated = migrate(statements)
    kept, notes = list(migrated.statements), list(migrated.notes)
    bound = {(_last(statement.name), statement.parameter) for statement in kept}
    name = "F0LoudnessPreprocessor"
    if (name, "time_steps") in bound and (name, "compute_loudness") not in bound:
        kept = [_in_new_names(statement, _BEFORE_3) for statement in kept]
        notes.append(f"{source}: {name} is of version 1, and is called {_BEFORE_3[name]} here: loudness as it was then")
    is_of_1 = ("TFRecordProvider", "frame_rate") in bound and ("TFRecordProvider", "centered") not in bound
    if is_of_1 and ("F0PowerPreprocessor", "time_steps") in bound:
        raise ConfigError(
            f"{source} is of magenta/ddsp 1.x, whose F0PowerPreprocessor gave twice the dB, on a scale of 120: "
            "the model would play at the wrong level",
            "Train the model again.",
        )
    referred = {
        _last(part.name) for statement in kept for part in parts_of(statement.value) if isinstance(part, Reference)
    }
    for statement in list(kept):
        is_binding = statement.parameter or statement.is_block_head
        if is_binding and not matching(statement.name, own) and _last(statement.name) not in referred:
            kept.remove(statement)
            notes.append(f"{source}: {statement.name} is not known here, and is left out")
    if ("RnnFcDecoder", "ch") in bound and ("RnnFcDecoder", "input_keys") not in bound:
        old_names = {_last(statement.name) for statement in statements}
        keys = next(keys for old, keys in sorted(_KEYS_OF_OLD_DECODERS.items(), reverse=True) if old in old_names)
        place = next(statement.place for statement in kept if _last(statement.name) == "RnnFcDecoder")
        kept.append(Statement("", "RnnFcDecoder", "input_keys", keys, place))
        notes.append(f"{source}: RnnFcDecoder.input_keys is {keys!r}, as it was before it could be chosen")
    return Migrated(kept, tuple(dict.fromkeys(notes)))


def _last(name: str) -> str:
    return name.rsplit(".", 1)[-1]


def _in_new_names(statement: Statement, names: Mapping[str, str]) -> Statement:
    return replace(statement, name=_renamed(statement.name, names), value=_with_new_names(statement.value, names))


def _renamed(name: str, names: Mapping[str, str]) -> str:
    last = _last(name)
    return name.removesuffix(last) + names.get(last, last)


def _with_new_names(value: Any, names: Mapping[str, str]) -> Any:
    match value:
        case Reference():
            return replace(value, name=_renamed(value.name, names))
        case list() | tuple():
            return type(value)(_with_new_names(item, names) for item in value)
        case dict():
            return {_with_new_names(key, names): _with_new_names(item, names) for key, item in value.items()}
        case _:
            return value
