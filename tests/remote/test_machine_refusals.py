"""What Google refuses, and what becomes of machines: each a sentence with its cure."""

import time
from pathlib import Path

import pytest
from google.oauth2.credentials import Credentials

from ddsp_backend.errors import RemoteError
from ddsp_backend.jobs.spec import (
    JoinMachineSpec,
)
from ddsp_backend.machines.book import MachineBook
from ddsp_backend.machines.compute_engine import ComputeEngine
from tests.remote.asking import creation, do, failure
from tests.remote.control_plane import MACHINE, PROJECT, ControlPlane, error_body

_API = "Compute Engine API has not been used in project 123 before or it is disabled."


_ZONE_SAYS = "Invalid value for field 'zone': 'us-central1-a'. Unknown zone."
_TYPE_SAYS = "Invalid value for field 'resource.machineType': it does not exist in zone us-central1-a"
_RULE_SAYS = "Constraint constraints/compute.vmExternalIpAccess violated"


@pytest.mark.parametrize(
    ("status", "message", "reason", "title", "cure"),
    [
        (403, _API, "accessNotConfigured", "API is not enabled in the project studio-project", "apis/library/compute"),
        (403, "'TPUS_PER_TPU_FAMILY' exceeded", "quotaExceeded", "quota .* does not allow ct5lp-hightpu-1t", "quotas"),
        (403, "Required 'compute.instances.create' permission", "forbidden", "no permission", "Instance Admin"),
        (403, "This API method requires billing to be enabled", "billingNotEnabled", "billing account", "billing"),
        (400, _TYPE_SAYS, "invalid", "us-central1-a does not offer ct5lp-hightpu-1t", "us-west4-a"),
        (400, _ZONE_SAYS, "invalid", "There is no zone 'us-central1-a'", "europe-west4-b"),
        (404, "The resource 'projects/studio-project' was not found", "notFound", "no project 'studio-project'", "ID"),
        (400, "'global/networks/default' was not found", "invalid", "no network called default", "networking"),
        (412, _RULE_SAYS, "conditionNotMet", "rule of your organization", "administrator"),
        (400, "Something new", "invalid", "Google Cloud refused: Something new", "message above"),
    ],
)
def test_that_a_refusal_is_a_sentence_with_its_cure_and_leaves_nothing(
    plane: ControlPlane, virtual_machine: MachineBook, status: int, message: str, reason: str, title: str, cure: str
) -> None:
    plane.refusals["POST", "/instances"] = (status, error_body(status, message, reason))
    failed = failure(do(creation(virtual_machine)))
    with pytest.raises(RemoteError, match=title):
        raise RemoteError(failed.title)
    assert cure in failed.hint
    assert virtual_machine.machines() == ()


@pytest.mark.parametrize(
    ("code", "title"),
    [
        ("ZONE_RESOURCE_POOL_EXHAUSTED", "Google has no ct5lp-hightpu-1t free in us-central1-a now"),
        ("QUOTA_EXCEEDED", "does not allow ct5lp-hightpu-1t in us-central1-a"),
    ],
)
def test_that_an_operation_that_fails_leaves_nothing(
    plane: ControlPlane, virtual_machine: MachineBook, code: str, title: str
) -> None:
    plane.operation_error = {"code": code, "message": "The zone does not have it."}
    assert title in failure(do(creation(virtual_machine))).title
    assert virtual_machine.machines() == ()


def test_that_a_fault_of_google_keeps_the_record(plane: ControlPlane, virtual_machine: MachineBook) -> None:
    plane.refusals["POST", "/wait"] = (503, error_body(503, "Backend error", "backendError"))
    failed = failure(do(creation(virtual_machine)))
    assert "a problem of its own" in failed.title
    assert "may be running and costing money" in failed.hint
    assert virtual_machine.find(MACHINE) is not None


def test_that_withdrawn_credentials_are_said(plane: ControlPlane) -> None:
    plane.refusals["POST", "/token"] = (400, {"error": "invalid_grant", "error_description": "Token has been revoked."})
    credentials = Credentials(
        None, refresh_token="secret", token_uri=f"{plane.url}/token", client_id="x", client_secret="hidden"
    )
    with pytest.raises(RemoteError, match=r"have expired.* gcloud auth application-default login") as caught:
        ComputeEngine(credentials, PROJECT, plane.url).labelled(PROJECT)
    assert "secret" not in str(caught.value)


def test_that_a_computer_that_is_not_signed_in_is_told_how(
    plane: ControlPlane, virtual_machine: MachineBook, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS")
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "no gcloud"))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    failed = failure(do(creation(virtual_machine)))
    assert "not signed in" in failed.title
    assert "gcloud auth application-default login" in failed.hint
    assert virtual_machine.machines() == ()


def test_that_credentials_are_sent_in_the_clear_to_nobody(
    plane: ControlPlane, virtual_machine: MachineBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE", "http://compute.example.org/compute/v1/")
    assert "without https" in failure(do(creation(virtual_machine))).title


# --- a machine that does not come up, or goes -------------------------------------------------------------------------
def test_that_a_machine_whose_system_is_not_ready_is_kept_and_named(
    plane: ControlPlane, virtual_machine: MachineBook, quick: None
) -> None:
    plane.guests["timbre-studio"] = {"state": "no Python 3.11 could be installed"}
    failed = failure(do(creation(virtual_machine)))
    assert "no Python 3.11" in failed.title
    assert "may be running and costing money" in failed.hint
    assert virtual_machine.find(MACHINE) is not None


@pytest.mark.parametrize(
    ("is_spot", "hours", "title"),
    [
        (True, 0, "taken back by Google"),
        (False, 0, "somebody or Google deleted it"),
        (True, 5, "reached its limit of 4 hours"),
    ],
)
def test_that_what_became_of_a_machine_is_said(
    plane: ControlPlane,
    virtual_machine: MachineBook,
    monkeypatch: pytest.MonkeyPatch,
    is_spot: bool,
    hours: float,
    title: str,
) -> None:
    do(creation(virtual_machine, is_spot=is_spot))
    plane.machines[MACHINE]["status"] = "STOPPING"
    later = time.time() + hours * 3600
    monkeypatch.setattr("ddsp_backend.machines.provisioning.time.time", lambda: later)
    assert title in failure(do(JoinMachineSpec(book=str(virtual_machine.hosts.folder), name=MACHINE))).title
