"""What a release and a new contributor depend on: version, changelog, source archive, workflows, hooks."""

import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
LONGEST_ENTRY = 240  # characters: two lines of the changelog


def build(checkout: Path, target: str, folder: Path) -> Path:
    """Builds `target` (wheel or sdist) without a network; returns the file."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", str(folder)],
        cwd=checkout,
        check=True,
        capture_output=True,
    )
    (built,) = folder.iterdir()
    return built


def content(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_that_the_source_archive_is_whole_and_makes_the_same_wheel(tmp_path):
    archive = build(ROOT, "sdist", tmp_path / "sdist")
    with tarfile.open(archive) as opened:
        opened.extractall(tmp_path / "unpacked", filter="data")
    (source,) = (tmp_path / "unpacked").iterdir()
    for name in (
        "LICENSE",
        "README.md",
        "CHANGELOG.md",
        "constraints.txt",
        "docs",
        "install",
        "start",
        "test",
        "tests",
    ):
        assert (source / name).exists(), name
    from_source = content(build(source, "wheel", tmp_path / "from_source"))
    from_checkout = content(build(ROOT, "wheel", tmp_path / "from_checkout"))
    assert "app/__main__.py" in from_checkout
    assert from_source == from_checkout


def test_that_the_changelog_begins_with_the_version_that_is_built():
    with (ROOT / "pyproject.toml").open("rb") as file:
        version = tomllib.load(file)["project"]["version"]
    versions = re.findall(r"^## (\S+) - (\d{4}-\d\d-\d\d)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert versions[0][0] == version


def test_that_the_changelog_is_a_list_of_short_entries():
    headed = re.split(r"^## .*$", (ROOT / "CHANGELOG.md").read_text(), flags=re.MULTILINE)[1:]
    entries = [" ".join(entry.split()) for text in headed for entry in re.findall(r"^- (.*(?:\n  .*)*)", text, re.M)]
    assert len(entries) > 20
    assert [entry for entry in entries if len(entry) > LONGEST_ENTRY] == []


def commands(workflow: dict[str, Any]) -> list[str]:
    return [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_that_a_workflow_names_only_tests_that_are_there(path):
    workflow = yaml.safe_load(path.read_text())
    words = [word for command in commands(workflow) for word in command.split()]
    assert words
    missing = [word for word in words if word.startswith(("tests/", "./")) and not (ROOT / word).exists()]
    assert missing == []


def test_that_a_push_is_checked_on_three_systems_and_the_night_runs_the_slow_tests():
    push, night = (
        yaml.safe_load((ROOT / ".github/workflows" / name).read_text()) for name in ("ci.yml", "nightly.yml")
    )
    for workflow in (push, night):
        systems = {workflow["jobs"]["linux"]["runs-on"], *workflow["jobs"]["others"]["strategy"]["matrix"]["os"]}
        assert {system.partition("-")[0] for system in systems} == {"ubuntu", "macos", "windows"}
    assert "./test" in commands(push)
    assert "./test --slow" in commands(night)


def test_that_each_hook_before_a_commit_is_a_check_that_the_whole_run_makes():
    """So nothing is refused at a commit that ./test would pass."""
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    programs = {hook["entry"].split()[0] for hook in hooks if hook["entry"].startswith(".venv/")}
    script = (ROOT / "test").read_text()
    assert len(programs) >= 4
    assert {program for program in programs if f"\n{program}" not in script} == set()
