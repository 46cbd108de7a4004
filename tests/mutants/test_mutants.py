"""Tests of the tests: each error in table.py, made in a copy of the program, is noticed by the test that is named."""

import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.mutants.table import MUTANTS, Mutant

ROOT = Path(__file__).resolve().parents[2]
_PASSED, _FAILED = 0, 1  # what pytest ends with; anything else: the tests themselves could not be run
_SHARED = ("app", "ddsp_backend", "gin", "resources", "tests", "pyproject.toml")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copy")
    for name in _SHARED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "golden"))
        else:
            shutil.copy(ROOT / name, folder / name)
    return folder


def run(folder: Path, *tests: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    words = (sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests)
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_that_the_code_of_a_mutant_is_still_as_the_table_says(mutant: Mutant) -> None:
    assert (ROOT / mutant.file).read_text(encoding="utf-8").count(mutant.old) == 1
    file, _, name = mutant.test.partition("::")
    assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8")


def test_that_there_are_two_dozen_mutants_and_six_of_each_room() -> None:
    rooms = Counter("/".join(mutant.file.split("/")[:2]) for mutant in MUTANTS)
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 24
    assert min(rooms["app/controllers"], rooms["ddsp_backend/config"]) >= 6


@pytest.mark.slow
def test_that_without_a_mutant_all_these_tests_pass(copy: Path) -> None:
    ended = run(copy, *sorted({mutant.test for mutant in MUTANTS}))
    assert ended.returncode == _PASSED, ended.stdout


@pytest.mark.slow
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_that_a_mutant_is_noticed(mutant: Mutant, copy: Path) -> None:
    file = copy / mutant.file
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")
    try:
        ended = run(copy, mutant.test)
    finally:
        file.write_text(text, encoding="utf-8")
    assert ended.returncode == _FAILED, ended.stdout
