"""What a host has: found out by a POSIX shell alone, since nothing else can be counted on before the set-up."""

import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass

from ddsp_backend.errors import RemoteError
from ddsp_backend.remote.agent_client import AgentClient
from ddsp_backend.remote.hosts import Host

OLDEST_PYTHON, NEWEST_PYTHON = (3, 11), (3, 13)
_OLDEST_TENSORFLOW = (2, 20)
# TensorFlow and what it brings; CUDA's libraries are most of what a graphics card needs.
_NEEDED_BYTES = {"cpu": 3e9, "tpu": 3e9, "cuda": 12e9}

# The ids under which Google's TPU chips appear on the PCI bus; its network cards share the vendor.
_TPU_IDS = "0x0027 0x0056 0x005e 0x0062 0x0063 0x006f 0x0076"
_SCRIPT = """
folder={folder}
mkdir -p -- "$folder" && cd -- "$folder" && echo "root=$(pwd -P)" || echo "refused=$folder"
echo "system=$(uname -s) $(uname -m)"
echo "cores=$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN)"
echo "memory_kb=$(sed -n 's/^MemTotal: *\\([0-9]*\\).*/\\1/p' /proc/meminfo 2>/dev/null)"
echo "free_kb=$(df -Pk . | sed -n '2s/^[^ ]* *[0-9]* *[0-9]* *\\([0-9]*\\).*/\\1/p')"
nvidia-smi --query-gpu=name,memory.total --format=csv,noheader 2>/dev/null | sed 's/^/gpu=/'
for chip in /dev/accel[0-9]*; do test -e "$chip" && echo "tpu=$chip"; done
for card in /sys/bus/pci/devices/*; do
    test "$(cat "$card/vendor" 2>/dev/null)" = 0x1ae0 || continue
    case " {tpu_ids} " in *" $(cat "$card/device") "*) echo "card=$card" ;; esac
done
for python in {pythons}; do
    path=$(command -v "$python") || continue
    "$path" - <<'END' || continue
import importlib.metadata, importlib.util, sys
tensorflow = ""
for name in "{tensorflows}".split():
    try:
        tensorflow = tensorflow or importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        pass
has_venv = all(importlib.util.find_spec(name) for name in ("venv", "ensurepip"))
print("python=%d.%d|%d|%s|%s" % (*sys.version_info[:2], has_venv, tensorflow, sys.executable))
END
done
"""
# Under these names TensorFlow is installed; all of them are imported as `tensorflow`.
_TENSORFLOWS = "tensorflow tensorflow-tpu tensorflow-cpu tensorflow-cpu-aws tensorflow-rocm tf-nightly"
_CANDIDATES = "python3.12 python3.11 python3.13 python3 python"


@dataclass(frozen=True, slots=True)
class Python:
    """An interpreter of the host. `tensorflow` is the version that it has, or empty."""

    path: str
    version: tuple[int, int]
    has_venv: bool
    tensorflow: str

    @property
    def is_usable(self) -> bool:
        return OLDEST_PYTHON <= self.version <= NEWEST_PYTHON


@dataclass(frozen=True, slots=True)
class Inventory:
    """What a host has. Sizes in bytes; `root` is the folder of this program there, absolute."""

    root: str
    system: str
    cores: int
    memory: int
    free: int
    gpus: tuple[str, ...]
    tpu_chips: int
    pythons: tuple[Python, ...]

    @property
    def accelerator(self) -> str:
        """What a run there will use: tpu, cuda or cpu."""
        if self.tpu_chips:
            return "tpu"
        return "cuda" if self.gpus else "cpu"


async def probe(agent: AgentClient, host: Host) -> Inventory:
    """Raises RemoteError where the host's folder cannot be made."""
    script = _SCRIPT.format(
        folder=shlex.quote(host.folder.removeprefix("~/")),
        pythons=shlex.quote(host.python) if host.python else _CANDIDATES,
        tpu_ids=_TPU_IDS,
        tensorflows=_TENSORFLOWS,
    )
    return read_inventory([line async for line in agent.script(f"{script}\nexit 0")], host)


def read_inventory(lines: Iterable[str], host: Host) -> Inventory:
    """What the script printed, as numbers. Lines of others are passed over."""
    values: dict[str, list[str]] = {}
    for line in lines:
        name, _, value = line.partition("=")
        values.setdefault(name, []).append(value)
    if "root" not in values:
        raise RemoteError(
            f"The folder {host.folder!r} could not be created on {host.address}",
            "Check that its disk has space and that you may write there, or choose another folder for this host.",
        )
    return Inventory(
        root=values["root"][0],
        system=values.get("system", [""])[0],
        cores=_number(values, "cores"),
        memory=_number(values, "memory_kb") * 1024,
        free=_number(values, "free_kb") * 1024,
        gpus=tuple(text.replace(", ", " (") + ")" for text in values.get("gpu", ())),
        tpu_chips=len(values.get("tpu", ())) or len(values.get("card", ())),
        pythons=tuple(dict.fromkeys(python for text in values.get("python", ()) if (python := _python(text)))),
    )


def chosen_python(found: Inventory, host: Host) -> Python:
    """The interpreter that will be used. Raises RemoteError, with the cure, where there is none."""
    if host.python:
        (python, *_) = found.pythons or (None,)
        if python is None or not python.is_usable:
            raise RemoteError(
                f"{host.python} on {host.address} is not Python {_range()}",
                "Correct the interpreter in this host's settings, or leave it empty.",
            )
        if not python.tensorflow:
            raise RemoteError(
                f"{host.python} on {host.address} has no TensorFlow",
                "Install it there, or leave the interpreter empty: then everything needed is installed.",
            )
        if _release(python.tensorflow) < _OLDEST_TENSORFLOW:
            raise RemoteError(
                f"{host.python} on {host.address} has TensorFlow {python.tensorflow}; this program needs "
                f"{_OLDEST_TENSORFLOW[0]}.{_OLDEST_TENSORFLOW[1]} or newer",
                "Update it there, or leave the interpreter empty: then everything needed is installed.",
            )
        return python
    usable = [python for python in found.pythons if python.is_usable]
    if not usable:
        versions = ", ".join(sorted({f"{p.version[0]}.{p.version[1]}" for p in found.pythons})) or "none"
        raise RemoteError(
            f"{host.address} has no Python {_range()} (found: {versions})",
            "On Debian or Ubuntu its administrator can install it: apt-get install python3 python3-venv.",
        )
    complete = [python for python in usable if python.has_venv]
    if not complete:
        raise RemoteError(
            f"The Python of {host.address} lacks its venv module", "On Debian or Ubuntu: apt-get install python3-venv."
        )
    return complete[0]


def require_space(found: Inventory, host: Host, n_bytes: float | None = None) -> None:
    """Raises RemoteError where so much, or else the libraries, does not fit. Needed only before an installation.

    A run that has filled the disk there must still be joined, and stopped.
    """
    needed = _NEEDED_BYTES[found.accelerator] if n_bytes is None else n_bytes
    if found.free < needed:
        raise RemoteError(
            f"{host.address} has {_size(found.free)} of free disk space; the installation needs {_size(needed)}",
            "Free some space there, or choose a folder on another disk for this host.",
        )


def _size(n_bytes: float) -> str:
    return f"{n_bytes / 1e9:.1f} GB" if n_bytes >= 1e9 else f"{n_bytes / 1e6:.0f} MB"


def _python(text: str) -> Python | None:
    match = re.fullmatch(r"(\d+)\.(\d+)\|([01])\|([^|]*)\|(.+)", text)
    if match is None:
        return None
    return Python(match[5], (int(match[1]), int(match[2])), match[3] == "1", match[4])


def _release(version: str) -> tuple[int, int]:
    match = re.match(r"(\d{1,9})\.(\d{1,9})", version)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _number(values: dict[str, list[str]], name: str) -> int:
    text = values.get(name, [""])[0]
    return int(text) if text.isdecimal() else 0


def _range() -> str:
    return f"{OLDEST_PYTHON[0]}.{OLDEST_PYTHON[1]} to {NEWEST_PYTHON[0]}.{NEWEST_PYTHON[1]}"
