"""The one entry point of the backend: a typed spec in, a stream of events out."""

import errno
import importlib
import traceback
from collections.abc import Callable, Generator, Iterator
from typing import Any, TypeAlias

from ddsp_backend import kernel_store
from ddsp_backend.errors import Cancelled, DdspError
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import Event, Failed, Finished, Started, Stopped
from ddsp_backend.jobs.spec import (
    CopyFolderSpec,
    CreateMachineSpec,
    DeleteMachineSpec,
    DescribeSpec,
    EvaluateSpec,
    ExportSpec,
    GenerateNotesSpec,
    GenerateSpec,
    HostSpec,
    InspectSpec,
    JobSpec,
    JoinMachineSpec,
    ListBucketSpec,
    ListMachinesSpec,
    PrepareSpec,
    RenderSpec,
    SampleSpec,
    TrainSpec,
)
from ddsp_backend.refusals import refusal
from ddsp_backend.storage import prepare_environment

Job: TypeAlias = Callable[[Any, CancelToken], Generator[Event, None, dict[str, str]]]

# Where each job lives. Named as text, so that asking for one job does not import the others' libraries.
JOBS: dict[type[JobSpec], str] = {
    InspectSpec: "ddsp_backend.audio.intake:inspect",
    GenerateSpec: "ddsp_backend.data.demo_instrument:generate",
    GenerateNotesSpec: "ddsp_backend.data.synthetic_notes:generate_notes",
    PrepareSpec: "ddsp_backend.data.preparation:prepare",
    DescribeSpec: "ddsp_backend.config.description:list_settings",
    TrainSpec: "ddsp_backend.training.loop:train",
    EvaluateSpec: "ddsp_backend.evaluation.loop:evaluate",
    SampleSpec: "ddsp_backend.evaluation.loop:sample",
    RenderSpec: "ddsp_backend.inference.render:render",
    ExportSpec: "ddsp_backend.inference.saved_model:export",
    ListBucketSpec: "ddsp_backend.cloud.browsing:look_into",
    CopyFolderSpec: "ddsp_backend.cloud.copying:copy",
    HostSpec: "ddsp_backend.remote.look:look",
    CreateMachineSpec: "ddsp_backend.machines.provisioning:create",
    ListMachinesSpec: "ddsp_backend.machines.provisioning:list_machines",
    JoinMachineSpec: "ddsp_backend.machines.provisioning:join",
    DeleteMachineSpec: "ddsp_backend.machines.provisioning:delete",
}

_COMPILES = (TrainSpec, EvaluateSpec, SampleSpec, RenderSpec)

_DISK_ERRORS = {
    errno.ENOSPC: "The disk is full",
    errno.EDQUOT: "Your share of the disk is used up",
    errno.EACCES: "There is no permission to write or read here",
    errno.EFBIG: "This disk takes no file as large as this one",
    errno.EROFS: "This disk can only be read",
}
_DISK_HINT = "Free some space or choose another folder, then start again: what was finished before is kept."


def run(spec: JobSpec, cancel: CancelToken) -> Iterator[Event]:
    """Runs a job to its end.

    Yields:
      `Started`, then the job's own events, then exactly one of `Finished`, `Failed` or `Stopped`.
      Nothing follows, nothing is raised.
    """
    return speak(type(spec).__name__, lambda: load(spec)(spec, cancel))


def speak(name: str, work: Callable[[], Generator[Event, None, dict[str, str] | None]]) -> Iterator[Event]:
    """Lets a job speak as `run` promises. One that relays another's last word returns None after it."""
    yield Started(name)
    try:
        result = yield from work()
    except Cancelled:
        yield Stopped()
    except DdspError as error:
        yield Failed(error.title, error.hint)
    except OSError as error:
        if error.errno not in _DISK_ERRORS:
            yield _fault(error)
        else:
            yield Failed(f"{_DISK_ERRORS[error.errno]}: {error.filename or 'a file of this job'}", _DISK_HINT)
    except MemoryError:
        yield Failed("The computer ran out of memory", "Close other programs, or choose a smaller batch size.")
    except Exception as error:  # noqa: BLE001 - the one boundary: whatever a job dies of must reach its user
        yield _fault(error)
    else:
        if result is not None:
            yield Finished(result)


def _fault(error: Exception) -> Failed:
    if refused := refusal(error):
        return Failed(refused.title, refused.hint)
    return Failed(
        f"{type(error).__name__}: {error}",
        "This is a fault of the program. The report holds what its makers need to mend it.",
        traceback.format_exc(),
    )


def load(spec: JobSpec) -> Job:
    """Imports what runs a job."""
    prepare_environment()
    if isinstance(spec, _COMPILES):
        kernel_store.lend()
    module, _, name = JOBS[type(spec)].partition(":")
    return getattr(importlib.import_module(module), name)  # type: ignore[no-any-return]
