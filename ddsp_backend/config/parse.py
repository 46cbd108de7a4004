"""Parses gin files and single bindings into a config that builds models and settings."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from ddsp_backend.config.allowed_modules import import_allowed
from ddsp_backend.config.bindings import Bindings
from ddsp_backend.config.migrations import Migrated, migrate, migrate_operative
from ddsp_backend.config.operative import operative_text
from ddsp_backend.config.paths import gin_folder
from ddsp_backend.config.settings import EvaluateConfig, SampleConfig, TrainConfig, TrainerConfig
from ddsp_backend.config.statements import statements_of_file, statements_of_text
from ddsp_backend.config.switches import SWITCHES
from ddsp_backend.storage import AnyPath, any_path

DEFAULTS = ("optimization/base.gin", "eval/basic.gin")
TPU_DEFAULTS = ("optimization/base_tpu.gin", "eval/basic.gin")


@dataclass(frozen=True)
class Config:
    """What the gin files say. Each call builds a new object and is recorded in the operative config."""

    bindings: Bindings
    notes: tuple[str, ...] = ()
    """What was changed in files of older versions, and what could not be carried over: a sentence each."""

    def model(self) -> Any:
        """The model that `get_model.model` names, an `Autoencoder`."""
        return self.bindings.call("get_model")

    def train(self) -> TrainConfig:
        return cast(TrainConfig, self.bindings.call("train_util.train"))

    def trainer(self) -> TrainerConfig:
        return cast(TrainerConfig, self.bindings.call("trainers.Trainer"))

    def evaluate(self) -> EvaluateConfig:
        return cast(EvaluateConfig, self.bindings.call("eval_util.evaluate"))

    def sample(self) -> SampleConfig:
        return cast(SampleConfig, self.bindings.call("eval_util.sample"))

    def operative_text(self) -> str:
        """Everything used so far, as a gin file that gives the same config again.

        What evaluation and sampling are bound to is always listed: they start from this text, with nothing else said.
        """
        self.bindings.record("evaluate")
        self.bindings.record("sample")
        return operative_text(self.bindings)


def parse(
    gin_files: Sequence[str] = (),
    gin_params: Sequence[str] = (),
    search_paths: Sequence[str] = (),
    *,
    defaults: Sequence[str] = DEFAULTS,
    operative_config: AnyPath | None = None,
    allow_modules: Sequence[str] = (),
) -> Config:
    """`parsed_config` without the `with`."""
    folders = [gin_folder(), *map(any_path, search_paths)]
    bindings = Bindings(import_allowed(allow_modules))
    for name in defaults:
        bindings.add(statements_of_file(name, folders))
    notes: list[str] = []

    def add(migrated: Migrated) -> None:
        bindings.add(migrated.statements)
        notes.extend(migrated.notes)

    if operative_config is not None:
        source = str(operative_config)
        add(migrate_operative(list(statements_of_file(source, folders, allow_modules)), source, bindings.own_names))
    for name in gin_files:
        add(migrate(list(statements_of_file(name, folders, allow_modules))))
    for text in gin_params:
        add(migrate(list(statements_of_text(text, f'--gin_param="{text}"', folders, allow_modules))))
    bindings.check_macros()
    for name in SWITCHES:
        bindings.call(name)
    return Config(bindings, tuple(notes))
