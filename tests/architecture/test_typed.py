"""No sentence steers the program: what decides is a typed value, so every wording can be improved without a thought."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from ddsp_backend.jobs.job_table import JobKind

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(path for package in ("app", "ddsp_backend") for path in (ROOT / package).rglob("*.py"))

SENTENCES = {"title", "hint", "problem", "refusal", "without_file", "stage", "detail"}
LOOKING_IN = {
    "startswith",
    "endswith",
    "removeprefix",
    "removesuffix",
    "partition",
    "rpartition",
    "split",
    "find",
    "index",
}
SEARCHES = {"search", "match", "fullmatch", "findall"}


def is_sentence(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in SENTENCES


def looks_into_a_sentence(node: ast.AST) -> bool:
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        compares = any(isinstance(side, ast.Constant) and side.value for side in sides)  # "": whether there is one
        pairs = zip(node.ops, sides[1:], strict=True)
        looks = any(isinstance(op, ast.In | ast.NotIn) and is_sentence(side) for op, side in pairs)
        return looks or (compares and any(map(is_sentence, sides)))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        takes_apart = node.func.attr in LOOKING_IN and is_sentence(node.func.value)
        return takes_apart or (node.func.attr in SEARCHES and any(map(is_sentence, node.args)))
    return False


def takes_apart_at_a_full_stop(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"partition", "rpartition", "split"}
        and any(isinstance(argument, ast.Constant) and argument.value == ". " for argument in node.args)
    )


def is_the_name_of_a_spec(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value in {kind.value for kind in JobKind if kind.value}


def places(tree: ast.AST, is_refused) -> Iterator[int]:
    return (node.lineno for node in ast.walk(tree) if is_refused(node))


@pytest.mark.parametrize("is_refused", [looks_into_a_sentence, takes_apart_at_a_full_stop, is_the_name_of_a_spec])
def test_that_no_sentence_steers_the_program(is_refused):
    named_in = {ROOT / "ddsp_backend/jobs" / name for name in ("job_table.py", "spec.py")}  # where the names are given
    offenders = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in FILES
        if not (is_refused is is_the_name_of_a_spec and path in named_in)
        for line in places(ast.parse(path.read_text(encoding="utf-8")), is_refused)
    ]
    assert offenders == []


@pytest.mark.parametrize(
    ("code", "is_refused"),
    [
        ('"jump host" in error.title', looks_into_a_sentence),
        ('error.title == "gone"', looks_into_a_sentence),
        ("words not in event.hint", looks_into_a_sentence),
        ('render.problem.removeprefix("a")', looks_into_a_sentence),
        ("pattern.search(event.title)", looks_into_a_sentence),
        ('refusal.partition(". ")', takes_apart_at_a_full_stop),
        ('run.job == "TrainSpec"', is_the_name_of_a_spec),
    ],
)
def test_that_what_is_refused_is_found(code, is_refused):
    assert list(places(ast.parse(code), is_refused)) == [1]


@pytest.mark.parametrize("code", ["error.cause is Cause.DISK", 'error.title == ""', "job == JobKind.TRAIN"])
def test_that_typed_values_may_decide(code):
    for is_refused in (looks_into_a_sentence, takes_apart_at_a_full_stop, is_the_name_of_a_spec):
        assert not list(places(ast.parse(code), is_refused))
