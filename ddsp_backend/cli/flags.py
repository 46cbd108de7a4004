"""Flags in the manner of the reference's command lines: `--name=value`, `--name value`, `--switch`, `--noswitch`."""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any

from ddsp_backend.errors import ConfigError
from ddsp_backend.jobs.spec import JobSpec

EXIT_USAGE = 2


class FlagParser(argparse.ArgumentParser):
    """argparse with the reference's booleans, and its logging flags accepted and ignored."""

    def __init__(self, prog: str, description: str) -> None:
        super().__init__(prog=prog, description=description, allow_abbrev=False)
        for name in ("--alsologtostderr", "--noalsologtostderr", "--logtostderr"):
            self.add_argument(name, action="store_true", help=argparse.SUPPRESS)
        for name in ("--verbosity", "--stderrthreshold", "--log_dir"):
            self.add_argument(name, help=argparse.SUPPRESS)

    def add_switch(self, name: str, default: bool | None, help: str) -> None:
        """`--name`, `--noname`, `--name=true`, `--name=false`. With a default of None, `help` says what that means."""
        group = self.add_mutually_exclusive_group()
        left_out = "" if default is None else f"; {'on' if default else 'off'} if left out"
        text = f"{help} (--no{name} for the contrary{left_out})"
        group.add_argument(f"--{name}", nargs="?", const=True, default=default, type=_truth, help=text)
        group.add_argument(f"--no{name}", dest=name, action="store_false", help=argparse.SUPPRESS)

    def add_allowed_modules(self, help: str) -> None:
        """`--allow_module`, which may be given several times, as `allow_modules`."""
        name = "--allow_module"
        self.add_argument(name, dest="allow_modules", action="append", default=[], metavar="MODULE", help=help)


def spec_from(make: Callable[[], JobSpec]) -> JobSpec:
    """The spec, or the sentence why it makes no sense and the end of the program."""
    try:
        return make()
    except ConfigError as error:
        print(f"{error.title}. {error.hint}", file=sys.stderr)
        raise SystemExit(EXIT_USAGE) from error


def fields_in(flags: argparse.Namespace, spec: type[JobSpec]) -> dict[str, Any]:
    """The flags that are called as a spec's fields are."""
    found = {field.name: getattr(flags, field.name) for field in fields(spec) if hasattr(flags, field.name)}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in found.items()}


def arguments(argv: Sequence[str] | None) -> list[str]:
    """absl wrote a flag with one dash or two; argparse knows two."""
    given = list(sys.argv[1:] if argv is None else argv)
    return [f"-{word}" if word.startswith("-") and word[1:2].isalpha() and len(word) > 2 else word for word in given]


def _truth(text: str) -> bool:
    known = {"true": True, "t": True, "1": True, "yes": True, "false": False, "f": False, "0": False, "no": False}
    if text.lower() not in known:
        raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false")
    return known[text.lower()]
