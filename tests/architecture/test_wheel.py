"""A wheel built from the checkout works elsewhere, with its gin files and resources inside."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder that holds the wheel's content and nothing of the checkout."""
    wheels = tmp_path_factory.mktemp("wheels")
    target = tmp_path_factory.mktemp("elsewhere")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--isolated"]
    build = [
        *pip,
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--no-build-isolation",
        f"--wheel-dir={wheels}",
        str(ROOT),
    ]
    subprocess.run(build, check=True)
    (wheel,) = wheels.glob("timbre_studio-*.whl")
    subprocess.run(
        [*pip, "install", "--quiet", "--no-deps", "--no-index", f"--target={target}", str(wheel)], check=True
    )
    return target


def run_there(installed: Path, cwd: Path, *arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(installed), "TF_CPP_MIN_LOG_LEVEL": "3"}
    child = subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert child.returncode == 0, child.stderr
    return child.stdout


def test_that_every_gin_file_and_resource_travels_in_the_wheel(installed):
    for source, target in (("gin", "ddsp_backend/gin_files"), ("resources", "app/resources")):
        here = {path.relative_to(ROOT / source) for path in (ROOT / source).rglob("*") if path.is_file()}
        there = {path.relative_to(installed / target) for path in (installed / target).rglob("*") if path.is_file()}
        assert here == there
    assert (installed / "app" / "docs" / "guide.md").read_bytes() == (ROOT / "docs" / "guide.md").read_bytes()


def test_that_the_installed_program_builds_a_model_from_its_own_gin_files(installed, tmp_path):
    code = (
        "import ddsp_backend\n"
        "from ddsp_backend.config.paths import gin_folder\n"
        "from ddsp_backend.config.parse import parse\n"
        f"assert ddsp_backend.__file__.startswith({str(installed)!r}), ddsp_backend.__file__\n"
        f"assert str(gin_folder()).startswith({str(installed)!r}), gin_folder()\n"
        "print(type(parse(['models/vst/vst.gin'], []).model()).__name__)\n"
    )
    assert run_there(installed, tmp_path, "-c", code).strip() == "Autoencoder"


def test_that_the_installed_commands_answer(installed, tmp_path):
    for command in (
        "ddsp_run",
        "ddsp_prepare_tfrecord",
        "ddsp_remote",
        "ddsp_export",
        "ddsp_import",
        "ddsp_render",
        "ddsp_generate_synthetic_dataset",
    ):
        code = f"import sys; from ddsp_backend.cli.{command} import main; sys.exit(main(['--help']))"
        assert "--" in run_there(installed, tmp_path, "-c", code)
