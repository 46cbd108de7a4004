"""What a job is asked to do. Frozen, JSON-able, and refused on construction where a value makes no sense."""

from dataclasses import dataclass
from typing import TypeAlias

from ddsp_backend.jobs.bucket_specs import CopyFolderSpec, ListBucketSpec
from ddsp_backend.jobs.checks import require_text
from ddsp_backend.jobs.data_specs import GenerateNotesSpec, GenerateSpec, InspectSpec, PrepareSpec
from ddsp_backend.jobs.job_table import JobKind
from ddsp_backend.jobs.machine_specs import CreateMachineSpec, DeleteMachineSpec, JoinMachineSpec, ListMachinesSpec
from ddsp_backend.jobs.model_specs import (
    DescribeSpec,
    EvaluateSpec,
    ExportSpec,
    PlayCheckpointSpec,
    PluginSpec,
    RenderSpec,
    SampleSpec,
    TrainSpec,
)
from ddsp_backend.jobs.sharing_specs import ImportSpec, ShareSpec

__all__ = [
    "CopyFolderSpec",
    "CreateMachineSpec",
    "DeleteMachineSpec",
    "DescribeSpec",
    "EvaluateSpec",
    "ExportSpec",
    "GenerateNotesSpec",
    "GenerateSpec",
    "HostSpec",
    "ImportSpec",
    "InspectSpec",
    "JobSpec",
    "JoinMachineSpec",
    "ListBucketSpec",
    "ListMachinesSpec",
    "PlayCheckpointSpec",
    "PluginSpec",
    "PrepareSpec",
    "RenderSpec",
    "SampleSpec",
    "ShareSpec",
    "TrainSpec",
    "kind_of",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSpec:
    """Look at another machine: whether it is the one that is known, what it has, what a run there would use."""

    book: str
    """Folder of the host book."""
    address: str
    """A name from ssh_config, or user@host, or user@host:port. A host that answers is added to the book."""
    accepted: str = ""
    """Fingerprint that the user has accepted; the key that has it is pinned."""
    set_up: bool = False
    """Also install everything that a run needs there."""

    def __post_init__(self) -> None:
        require_text("book", self.book)
        require_text("address", self.address)


JobSpec: TypeAlias = (
    InspectSpec
    | GenerateSpec
    | GenerateNotesSpec
    | PrepareSpec
    | DescribeSpec
    | TrainSpec
    | EvaluateSpec
    | SampleSpec
    | PlayCheckpointSpec
    | RenderSpec
    | ExportSpec
    | PluginSpec
    | ShareSpec
    | ImportSpec
    | ListBucketSpec
    | CopyFolderSpec
    | HostSpec
    | CreateMachineSpec
    | ListMachinesSpec
    | JoinMachineSpec
    | DeleteMachineSpec
)


def kind_of(spec: JobSpec) -> JobKind:
    return JobKind(type(spec).__name__)
