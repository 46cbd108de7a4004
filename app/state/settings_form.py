"""The form of a model's settings: what the preset says, what the user made of it, and what is wrong with that."""

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum

from ddsp_backend.jobs.events import Event, Failed, Finished, SettingDescribed, Stopped
from ddsp_backend.jobs.kinds import ValueKind

_OWNERS = {
    "train": "Training",
    "Trainer": "Optimizer",
    "RnnFcDecoder": "Decoder network",
    "F0LoudnessPreprocessor": "Preprocessing",
    "OnlineF0PowerPreprocessor": "Preprocessing",
}
_KINDS: dict[ValueKind, tuple[str, tuple[type, ...]]] = {
    ValueKind.WHOLE_NUMBER: ("a whole number", (int,)),
    ValueKind.NUMBER: ("a number", (int, float)),
    ValueKind.SWITCH: ("True or False", (bool,)),
    ValueKind.TEXT: ("a text", (str,)),
    ValueKind.LIST: ("a list", (list, tuple)),
    ValueKind.DICTIONARY: ("a dictionary", (dict,)),
    ValueKind.NOTHING: ("nothing (None)", (type(None),)),
}


class FormPhase(Enum):
    """How far the form is."""

    READING = "reading"  # the preset's settings are being listed
    READY = "ready"
    JUDGING = "judging"  # the user's are being tried
    REFUSED = "refused"  # and cannot be used; or there is nothing to show
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class Row:
    """One setting. Values are written as in a gin file."""

    name: str
    value: str
    preset: str
    kinds: tuple[ValueKind, ...]
    documentation: str
    owner: str
    owner_documentation: str
    is_locked: bool = False
    problem: str = ""

    @property
    def title(self) -> str:
        return _words(self.name.rsplit(".", 1)[-1])

    @property
    def is_switch(self) -> bool:
        return self.kinds == (ValueKind.SWITCH,)

    @property
    def wanted(self) -> str:
        """What the setting takes, in words: "a number or nothing (None)"."""
        return " or ".join(_KINDS[kind][0] for kind in self.kinds if kind in _KINDS)

    @property
    def is_changed(self) -> bool:
        return self.value != self.preset


@dataclass(frozen=True, slots=True)
class SettingsForm:
    """`kept` are bindings from earlier, `title` and `hint` those of a refusal."""

    phase: FormPhase = FormPhase.READING
    rows: tuple[Row, ...] = ()
    is_trained: bool = False
    kept: tuple[str, ...] = ()
    title: str = ""
    hint: str = ""

    @property
    def can_keep(self) -> bool:
        return self.phase in (FormPhase.READY, FormPhase.REFUSED) and not any(row.problem for row in self.rows)


def listed(form: SettingsForm, event: Event) -> SettingsForm:
    """The form after one more event of the job that lists the preset's settings."""
    match event:
        case SettingDescribed():
            row = Row(
                name=event.name,
                value=event.value,
                preset=event.value,
                kinds=event.kinds,
                documentation=event.documentation,
                owner=_OWNERS.get(event.owner) or _words(event.owner),
                owner_documentation=event.owner_documentation,
                is_locked=form.is_trained and not event.fits_a_trained_model,
            )
            return replace(form, rows=(*form.rows, row))
        case Finished():
            values = dict(_split(binding) for binding in form.kept)
            rows = tuple(replace(row, value=values.get(row.name, row.value)) for row in form.rows)
            return replace(form, phase=FormPhase.READY, rows=rows)
        case Failed(title, hint):
            return replace(form, phase=FormPhase.REFUSED, title=title, hint=hint)
        case Stopped():
            return replace(form, phase=FormPhase.REFUSED, title="The settings were not read")
    return form


def judged(form: SettingsForm, event: Event) -> SettingsForm:
    """The form after one more event of the job that tries the user's settings."""
    match event:
        case Finished():
            return replace(form, phase=FormPhase.ACCEPTED)
        case Failed(title, hint):
            return replace(form, phase=FormPhase.REFUSED, title=title, hint=hint)
        case Stopped():
            return replace(form, phase=FormPhase.READY)
    return form


def edited(form: SettingsForm, name: str, text: str) -> SettingsForm:
    """With what the user typed for one setting, judged by its kind."""

    def edit(row: Row) -> Row:
        if row.name != name or row.is_locked:
            return row
        try:
            value = _value_of(text, row.kinds)
        except ValueError:
            return replace(row, value=text, problem=f"{row.title} must be {row.wanted}, not {text!r}.")
        return replace(row, value=row.preset if value == ast.literal_eval(row.preset) else repr(value), problem="")

    return replace(form, phase=FormPhase.READY, rows=tuple(edit(row) for row in form.rows), title="", hint="")


def put_back(form: SettingsForm, names: Iterable[str]) -> SettingsForm:
    """With the preset's own values for these."""
    wanted = set(names)
    rows = tuple(
        replace(row, value=row.preset, problem="") if row.name in wanted and not row.is_locked else row
        for row in form.rows
    )
    return replace(form, phase=FormPhase.READY, rows=rows, title="", hint="")


def bindings(form: SettingsForm) -> tuple[str, ...]:
    """What differs from the preset, as bindings."""
    return tuple(f"{row.name} = {row.value}" for row in form.rows if row.is_changed)


def is_found(row: Row, query: str) -> bool:
    """Whether each word of the query stands somewhere in the setting's names or documentation."""
    text = f"{row.name} {row.title} {row.documentation} {row.owner}".casefold()
    return all(word in text for word in query.casefold().split())


def shown(value: str) -> str:
    """A value as a field shows it: a text without its quotes."""
    try:
        read = ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return value
    return read if isinstance(read, str) else value


def _value_of(text: str, kinds: tuple[ValueKind, ...]) -> object:
    """Raises ValueError where this is no value of such a kind. A text needs no quotes."""
    try:
        value: object = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        value = text.strip()
    if isinstance(value, bool):  # which Python counts among the whole numbers
        kinds = tuple(kind for kind in kinds if kind is ValueKind.SWITCH)
    if not any(kind in _KINDS and isinstance(value, _KINDS[kind][1]) for kind in kinds):
        raise ValueError(text)
    return value


def _words(name: str) -> str:
    """Mag weight for mag_weight, Spectral loss for SpectralLoss."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.replace("_", " ").replace("/", " "))
    return spaced[:1].upper() + spaced[1:].lower() if spaced != name or name.islower() else name


def _split(binding: str) -> tuple[str, str]:
    name, _, value = binding.partition(" = ")
    return name, value
