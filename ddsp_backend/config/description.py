"""A config as a list of settings: what it says for each parameter, and what each one means."""

from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import Any

from ddsp_backend.config.bindings import Bindings
from ddsp_backend.config.catalogue import ConfigurableEntry, Parameter, describe
from ddsp_backend.config.operative import is_literal
from ddsp_backend.config.parse import parse
from ddsp_backend.config.statements import Macro, Reference, parts_of
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import Event, SettingDescribed
from ddsp_backend.jobs.kinds import ValueKind
from ddsp_backend.jobs.model_specs import DescribeSpec

_ROOTS = ("train_util.train", "trainers.Trainer", "get_model")
_CHANGES_NO_SHAPE = ("ddsp.losses.", *(f"ddsp.training.{module}." for module in ("train_util", "trainers")))
# Said by the data set, by the job, or by the other end of a connection within the model.
_SAID_ELSEWHERE = {
    *("sample_rate", "frame_rate", "frame_size", "n_samples", "time_steps", "padding", "crop_location"),
    *("num_steps", "save_dir", "restore_dir", "restore_keys", "report_loss_to_hypertune"),
    *("name", "input_keys", "output_splits", "stateless", "crepe_saved_model_path"),
}


def list_settings(spec: DescribeSpec, cancel: CancelToken) -> Generator[Event, None, dict[str, str]]:
    """The job. It judges bindings, too: what training would refuse at its start is refused here.

    Raises:
      ConfigError: A file or binding cannot be read, names what there is not, or has a value that is not offered.
    """
    config = parse(spec.gin_files, spec.gin_params, spec.gin_search_paths)
    config.train()
    config.trainer()
    config.model()
    bindings = replace(config.bindings, used={}, used_macros=set())
    for root in _ROOTS:
        bindings.record(root)
    for (scope, selector), values in bindings.used.items():
        cancel.raise_if_set()
        if not selector.startswith("ddsp.training.data."):
            yield from _settings(bindings, scope, selector, values)
    return {}


def _settings(bindings: Bindings, scope: str, selector: str, values: dict[str, Any]) -> Iterator[SettingDescribed]:
    entry = describe(selector)
    for parameter in entry.parameters:
        is_part = parameter.kinds[0] is ValueKind.REFERENCE  # of the model, even where it is None
        if parameter.name not in _SAID_ELSEWHERE and parameter.name in values and not is_part:
            value = _plain(bindings, values[parameter.name])
            if is_literal(value) and not any(isinstance(part, Macro | Reference) for part in parts_of(value)):
                yield _setting(scope, entry, parameter, repr(value))


def _plain(bindings: Bindings, value: Any) -> Any:
    """What a macro stands for; anything else as it is."""
    while isinstance(value, Macro):
        value = bindings.macros[value.name].value
    return value


def _setting(scope: str, entry: ConfigurableEntry, parameter: Parameter, value: str) -> SettingDescribed:
    owner = f"{scope}/{entry.short_name}" if scope else entry.short_name
    return SettingDescribed(
        name=f"{owner}.{parameter.name}",
        owner=owner.rsplit(".", 1)[-1],
        owner_documentation=entry.summary,
        value=value,
        kinds=parameter.kinds,
        documentation=parameter.documentation,
        fits_a_trained_model=entry.name.startswith(_CHANGES_NO_SHAPE),
    )
