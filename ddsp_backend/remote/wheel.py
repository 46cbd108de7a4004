"""Makes a wheel of the backend that runs here, whatever way it was installed, to be unpacked on a host."""

import base64
import hashlib
import io
import zipfile
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import ddsp_backend

_PACKAGE = Path(ddsp_backend.__file__).resolve().parent
_SUFFIXES = (".py", ".gin", ".npz")
# Where the package finds what is not Python: in itself on a host; here beside it, wherever it was installed.
_BESIDE = {"gin_files": ("gin",), "base_models": ("resources/base_models", "app/resources/base_models")}
_METADATA = "Metadata-Version: 2.1\nName: timbre-studio-backend\nVersion: {release}\n"
_WHEEL = b"Wheel-Version: 1.0\nGenerator: timbre-studio\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
_WHEN = (1980, 1, 1, 0, 0, 0)  # the same content gives the same bytes


@dataclass(frozen=True, slots=True)
class Wheel:
    """A pure wheel without its dependencies. `version` changes with every change of its content."""

    name: str
    version: str
    content: bytes


def build_wheel() -> Wheel:
    """The backend with its gin files and base models, without the window."""
    files = {path.relative_to(_PACKAGE.parent).as_posix(): path.read_bytes() for path in _sources(_PACKAGE)}
    for inside, places in _BESIDE.items():
        for beside in (_PACKAGE.parent / place for place in places if not (_PACKAGE / inside).is_dir()):
            for path in _sources(beside):
                files[f"ddsp_backend/{inside}/{path.relative_to(beside).as_posix()}"] = path.read_bytes()
    digest = hashlib.sha256()
    for name, data in sorted(files.items()):
        digest.update(f"{name}\0{len(data)}\0".encode() + data)
    release = f"{_release()}+{digest.hexdigest()[:12]}"
    information = f"timbre_studio_backend-{release}.dist-info"
    files[f"{information}/METADATA"] = _METADATA.format(release=release).encode()
    files[f"{information}/WHEEL"] = _WHEEL
    record = "".join(f"{name},sha256={_sum(data)},{len(data)}\n" for name, data in sorted(files.items()))
    files[f"{information}/RECORD"] = f"{record}{information}/RECORD,,\n".encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, _WHEN), data, zipfile.ZIP_DEFLATED)
    return Wheel(f"timbre_studio_backend-{release}-py3-none-any.whl", release, packed.getvalue())


def _sources(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.suffix in _SUFFIXES and path.is_file()]


def _release() -> str:
    try:
        return version("timbre-studio")
    except PackageNotFoundError:
        return "0"  # run from a checkout that was never installed


def _sum(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
