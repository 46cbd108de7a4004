"""Virtual machines through Google's own library: made with a limit and a label, found by the label, deleted.

The one place that calls Compute Engine. Slow to import: 1.3 seconds.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

import google.auth
from google.api_core import exceptions as api
from google.cloud import compute_v1

from ddsp_backend.errors import RemoteError
from ddsp_backend.machines.book import USER, Machine, UnsureError
from ddsp_backend.machines.compute_errors import compute_error, naming_compute_errors
from ddsp_backend.machines.kinds import DISK_GB, START_SCRIPT, kind_of

LABEL = "timbre-studio"
"""On every machine that this program makes. One without it is never touched."""
ENDPOINT_VARIABLE = "CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE"
"""gcloud's own, for networks that reach Google through another address."""
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_ANSWER_SECONDS = 60.0
_WAIT_SECONDS = 180.0  # an operation's `wait` answers after two minutes, done or not


@dataclass(frozen=True, slots=True)
class FoundMachine:
    """A machine as Compute Engine sees it. `address` is empty until it has one; `ends_at` 0 if it has no limit."""

    name: str
    project: str
    zone: str
    machine_type: str
    status: str
    address: str
    ends_at: float


class ComputeEngine:
    """Args:

    credentials: google-auth's. Held as long as this object, stored nowhere.
    project: The credentials' own; empty if they have none.
    endpoint: In place of Google's; for networks of their own.
    """

    def __init__(self, credentials: Any, project: str, endpoint: str = "") -> None:
        self.project = project
        options = {"api_endpoint": endpoint} if endpoint else None
        self._instances = compute_v1.InstancesClient(credentials=credentials, client_options=options)
        # What insert() returns could wait by itself, but at Google's address whatever the endpoint is.
        self._operations = compute_v1.ZoneOperationsClient(credentials=credentials, client_options=options)

    def make(self, machine: Machine, public_key: str) -> None:
        """Asks for a machine, and waits until it is there. Asked again, it waits for the same one.

        Raises:
          UnsureError: Google did not answer; the label tells whether it was made.
          RemoteError: It was not made.
        """
        with naming_compute_errors(machine.project, machine.zone, machine.kind):
            try:
                operation = self._instances.insert_unary(
                    compute_v1.InsertInstanceRequest(
                        project=machine.project,
                        zone=machine.zone,
                        request_id=str(uuid5(NAMESPACE_URL, machine.name)),
                        instance_resource=_instance(machine, public_key),
                    ),
                    timeout=_ANSWER_SECONDS,
                )
            except api.Conflict:
                return  # it was made already
        try:
            failure = self._failure(operation, machine.project, machine.zone, machine.kind)
        except RemoteError as error:
            raise UnsureError(error.title, error.hint) from error
        if failure is not None:
            raise failure

    def find(self, project: str, zone: str, name: str) -> FoundMachine | None:
        """None where there is no such machine. Raises RemoteError, also where it is not ours."""
        with naming_compute_errors(project, zone):
            try:
                instance = self._instances.get(project=project, zone=zone, instance=name, timeout=_ANSWER_SECONDS)
            except api.NotFound:
                return None
        if LABEL not in instance.labels:
            raise RemoteError(
                f"{name} does not have Timbre Studio's label, so it is left alone",
                "Manage it where it was made, or in the Google Cloud console.",
            )
        return _found(instance, project, zone)

    def labelled(self, project: str) -> list[FoundMachine]:
        """All of ours in all zones of a project. Raises RemoteError."""
        request = compute_v1.AggregatedListInstancesRequest(project=project, filter=f"labels.{LABEL}:*")
        with naming_compute_errors(project):
            zones = list(self._instances.aggregated_list(request, timeout=_ANSWER_SECONDS))
        return [
            _found(instance, project, zone.rpartition("/")[2])
            for zone, scoped in zones
            for instance in scoped.instances
            if LABEL in instance.labels
        ]

    def guest_words(self, machine: Machine, path: str) -> Mapping[str, str]:
        """What the machine says of itself below `path`: empty as long as it says nothing. Raises RemoteError."""
        with naming_compute_errors(machine.project, machine.zone):
            try:
                answer = self._instances.get_guest_attributes(
                    compute_v1.GetGuestAttributesInstanceRequest(
                        project=machine.project, zone=machine.zone, instance=machine.name, query_path=path
                    ),
                    timeout=_ANSWER_SECONDS,
                )
            except api.NotFound:
                return {}
        return {item.key: item.value for item in answer.query_value.items}

    def delete(self, project: str, zone: str, name: str, *, waits: bool = True) -> None:
        """Deletes a machine with its disk, and waits until it is gone, or only until Google has begun.

        Raises RemoteError, also where it does not carry our label. One that is gone already is no error.
        """
        if self.find(project, zone, name) is None:
            return
        with naming_compute_errors(project, zone):
            try:
                operation = self._instances.delete_unary(
                    project=project, zone=zone, instance=name, timeout=_ANSWER_SECONDS
                )
            except api.NotFound:
                return
        failure = self._failure(operation, project, zone) if waits else None
        if failure is not None:
            raise failure

    def _failure(self, operation: Any, project: str, zone: str, kind: str = "") -> RemoteError | None:
        """How an operation failed, once it is over. Raises RemoteError where that cannot be learned."""
        with naming_compute_errors(project, zone, kind):
            while operation.status != compute_v1.Operation.Status.DONE:
                operation = self._operations.wait(
                    project=project, zone=zone, operation=operation.name, timeout=_WAIT_SECONDS
                )
        if operation.error.errors:
            first = operation.error.errors[0]
            return compute_error(0, first.code, first.message, project, zone, kind)
        if operation.http_error_status_code >= 400:
            words = operation.http_error_message
            return compute_error(operation.http_error_status_code, "", words, project, zone, kind)
        return None


def signed_in(project: str = "") -> ComputeEngine:
    """With the credentials that this computer has (google.auth.default), for this project or for theirs.

    Raises RemoteError where there are none, or no project.
    """
    with naming_compute_errors(project):
        credentials, own = google.auth.default(scopes=[_SCOPE])
    project = project or own or getattr(credentials, "quota_project_id", None) or ""
    if not project:
        raise RemoteError(
            "No Google Cloud project is chosen",
            "Give its ID here, or run: gcloud auth application-default set-quota-project PROJECT.",
        )
    return ComputeEngine(credentials, project, _endpoint())


def _instance(machine: Machine, public_key: str) -> compute_v1.Instance:
    kind = kind_of(machine.kind)
    place = f"zones/{machine.zone}"
    label = {LABEL: machine.name}
    metadata = {
        "ssh-keys": f"{USER}:{public_key}",
        "block-project-ssh-keys": "TRUE",
        "enable-oslogin": "FALSE",  # with it, keys in the metadata are not looked at
        "enable-guest-attributes": "TRUE",  # the machine tells its host key to Google, and Google to us
        "startup-script": START_SCRIPT,
    }
    disk = compute_v1.AttachedDiskInitializeParams(
        source_image=kind.image, disk_size_gb=DISK_GB, disk_type=f"{place}/diskTypes/{kind.disk_type}", labels=label
    )
    # Without a service account, nobody who gets hold of the machine can do anything in the project.
    return compute_v1.Instance(
        name=machine.name,
        machine_type=f"{place}/machineTypes/{kind.machine_type}",
        labels=label,
        disks=[compute_v1.AttachedDisk(boot=True, auto_delete=True, initialize_params=disk)],
        network_interfaces=[
            compute_v1.NetworkInterface(
                network="global/networks/default",
                access_configs=[compute_v1.AccessConfig(name="External NAT", type_="ONE_TO_ONE_NAT")],
            )
        ],
        metadata=compute_v1.Metadata(items=[compute_v1.Items(key=key, value=text) for key, text in metadata.items()]),
        scheduling=compute_v1.Scheduling(
            max_run_duration=compute_v1.Duration(seconds=round(machine.limit_hours * 3600)),
            instance_termination_action="DELETE",
            provisioning_model="SPOT" if machine.is_spot else "STANDARD",
            on_host_maintenance="TERMINATE",  # chips cannot move to another host
            automatic_restart=False,
        ),
    )


def _found(instance: Any, project: str, zone: str) -> FoundMachine:
    configs = [config for card in instance.network_interfaces for config in card.access_configs]
    inner = [card.network_i_p for card in instance.network_interfaces]
    addresses = [config.nat_i_p for config in configs if config.nat_i_p] or inner
    return FoundMachine(
        instance.name,
        project,
        zone,
        instance.machine_type.rpartition("/")[2],
        instance.status,
        addresses[0] if addresses else "",
        _end(instance),
    )


def _end(instance: Any) -> float:
    said = instance.resource_status.scheduling.termination_timestamp
    try:
        if said:
            return datetime.fromisoformat(said).timestamp()
        seconds = instance.scheduling.max_run_duration.seconds
        return datetime.fromisoformat(instance.creation_timestamp).timestamp() + seconds if seconds else 0.0
    except ValueError:
        return 0.0


def _endpoint() -> str:
    given = os.environ.get(ENDPOINT_VARIABLE, "")
    parts = urlsplit(given)
    if not parts.netloc:
        return ""
    if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
        raise RemoteError(
            f"{ENDPOINT_VARIABLE} names {parts.netloc} without https", "Credentials are only sent encrypted."
        )
    return f"{parts.scheme}://{parts.netloc}"
