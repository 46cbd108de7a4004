"""Every job has a spec and a row in the table, and the row names a generator that is there."""

import ast
from importlib.util import find_spec
from pathlib import Path
from typing import get_args

import pytest

from ddsp_backend.jobs.job_table import JobKind
from ddsp_backend.jobs.spec import JobSpec

KINDS = [kind for kind in JobKind if kind is not JobKind.UNKNOWN]


def test_that_every_spec_has_a_row_and_every_row_a_spec() -> None:
    assert sorted(spec.__name__ for spec in get_args(JobSpec)) == sorted(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_that_a_row_names_a_function_of_a_spec_and_a_cancel_token(kind: JobKind) -> None:
    module, _, name = kind.entry_point.partition(":")
    found = find_spec(module)
    assert found is not None
    assert found.origin is not None
    functions = {
        node.name: [argument.arg for argument in node.args.args]
        for node in ast.parse(Path(found.origin).read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
    }
    assert functions[name] == ["spec", "cancel"]


@pytest.mark.parametrize("kind", KINDS)
def test_that_a_row_says_what_the_job_is_called(kind: JobKind) -> None:
    assert kind.label[0].isupper()
    assert kind.label != JobKind.UNKNOWN.label
    assert kind.noun != JobKind.UNKNOWN.noun


def test_that_a_job_of_a_later_version_is_an_unknown_one_with_words() -> None:
    assert JobKind("SingSpec") is JobKind.UNKNOWN
    assert (JobKind.UNKNOWN.label, JobKind.UNKNOWN.noun) == ("Working", "job")
