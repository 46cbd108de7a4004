"""Asks the package index whether everything that the program needs can be had ready-made for each system.

    .venv/bin/python docs/wheels.py        prints a line for each system and Python; the exit code is 1 where one lacks

What is needed is found in the metadata of what is installed here, with each system's own conditions; the versions are
those of constraints.txt. pip asks and downloads no more than it must; nothing is installed.
"""

import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
EXTRAS = ("gcp", "gcs")  # what ./install takes
PYTHONS = ("3.11", "3.12", "3.13")
_GLIBC = (
    *(f"manylinux_2_{n}" for n in range(5, 37)),
    "manylinux1",
    "manylinux2010",
    "manylinux2014",
)  # up to Debian 12's
# Of each system: what conditions ask for, and the tags of wheels that it takes.
SYSTEMS = {
    "Windows, x86-64": (("win32", "Windows", "AMD64", "nt"), ["win_amd64"]),
    "macOS 14, Apple": (("darwin", "Darwin", "arm64", "posix"), ["macosx_14_0_arm64"]),
    "macOS 14, Intel": (("darwin", "Darwin", "x86_64", "posix"), ["macosx_14_0_x86_64"]),
    "Linux, x86-64": (("linux", "Linux", "x86_64", "posix"), [f"{tag}_x86_64" for tag in _GLIBC]),
    "Linux, arm64": (("linux", "Linux", "aarch64", "posix"), [f"{tag}_aarch64" for tag in _GLIBC]),
}


def main() -> int:
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    asked = [*project["dependencies"], *(each for extra in EXTRAS for each in project["optional-dependencies"][extra])]
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").split()
    pinned = {canonicalize_name(line.partition("==")[0]): line for line in lines}
    is_whole = True
    for system, (conditions, tags) in SYSTEMS.items():
        for python in PYTHONS:
            names = sorted(_needed(asked, _environment(conditions, python)))
            missing = _missing([pinned.get(name, name) for name in names], tags, python)
            answer = f"lacks {', '.join(missing)}" if missing else "has all"
            print(f"{system}, Python {python}: {answer} of {len(names)}", flush=True)
            is_whole = is_whole and not missing
    return 0 if is_whole else 1


def _environment(conditions: tuple[str, str, str, str], python: str) -> dict[str, str]:
    names = ("sys_platform", "platform_system", "platform_machine", "os_name")
    return {**dict(zip(names, conditions, strict=True)), "python_version": python, "python_full_version": f"{python}.0"}


def _needed(asked: Sequence[str], environment: dict[str, str]) -> set[str]:
    """The names of all packages that come with these requirements."""
    found: set[str] = set()
    waiting = [(text, "") for text in asked]
    seen = set(waiting)
    while waiting:
        text, extra = waiting.pop()
        requirement = Requirement(text)
        if requirement.marker is not None and not requirement.marker.evaluate({**environment, "extra": extra}):
            continue
        name = canonicalize_name(requirement.name)
        found.add(name)
        for further in _requirements_of(name):
            for each in ("", *requirement.extras):
                if (further, each) not in seen:
                    seen.add((further, each))
                    waiting.append((further, each))
    return found


def _requirements_of(name: str) -> Iterator[str]:
    """Of a package that is installed here; one that only another system needs may need others, which are not seen."""
    try:
        yield from requires(name) or ()
    except PackageNotFoundError:
        return


def _missing(packages: Sequence[str], tags: Sequence[str], python: str) -> list[str]:
    """All are asked for at once; where one lacks, it is looked for in either half."""
    if _is_there(packages, tags, python):
        return []
    if len(packages) == 1:
        return list(packages)
    half = len(packages) // 2
    return _missing(packages[:half], tags, python) + _missing(packages[half:], tags, python)


def _is_there(packages: Sequence[str], tags: Sequence[str], python: str) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        asking = subprocess.run(
            [
                *(sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--dry-run", "--quiet"),
                *("--no-deps", "--ignore-installed", "--only-binary=:all:", f"--target={folder}"),
                *("--implementation=cp", f"--python-version={python}", *(f"--platform={tag}" for tag in tags)),
                *packages,
            ],
            capture_output=True,
            check=False,
        )
    return asking.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
