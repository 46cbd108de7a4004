"""Virtual machines: Google's own library against a control plane on loopback; the machine is this one, behind sshd."""

import json
import stat
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from google.oauth2.credentials import Credentials

from app.jobs.child import ChildJob
from ddsp_backend.errors import ConfigError, RemoteError
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import (
    Event,
    Failed,
    Finished,
    HostKeyShown,
    HostProbed,
    MachineDeleted,
    MachineFound,
    StepDone,
    Stopped,
)
from ddsp_backend.jobs.place import EXIT_LEFT, new_place
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import (
    CreateMachineSpec,
    DeleteMachineSpec,
    InspectSpec,
    JobSpec,
    JoinMachineSpec,
    ListMachinesSpec,
    TrainSpec,
)
from ddsp_backend.remote.compute_engine import ComputeEngine
from ddsp_backend.remote.machine_kinds import START_SCRIPT
from ddsp_backend.remote.machines import Machine, MachineBook
from tests.remote.control_plane import MACHINE, PROJECT, ZONE, ControlPlane, error_body
from tests.remote.servers import Wire
from tests.tiny import GIN_FILES, train_params


def creation(book: MachineBook, **fields: Any) -> CreateMachineSpec:
    given = {"kind": "v5e", "zone": ZONE, "limit_hours": 4.0, "price_per_hour": 1.2, **fields}
    return CreateMachineSpec(book=str(book.hosts.folder), name=MACHINE, **given)


def do(spec: JobSpec) -> list[Event]:
    return list(run(spec, CancelToken()))


def listed(book: MachineBook) -> list[MachineFound]:
    events = do(ListMachinesSpec(book=str(book.hosts.folder)))
    assert isinstance(events[-1], Finished), events
    return [event for event in events if isinstance(event, MachineFound)]


def failure(events: list[Event]) -> Failed:
    assert isinstance(events[-1], Failed), events
    assert not events[-1].traceback, events[-1].traceback
    return events[-1]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the pauses between two questions, and with little patience."""
    monkeypatch.setattr("ddsp_backend.remote.provisioning._POLL_SECONDS", 0.01)
    for name in ("_START_SECONDS", "_KEY_SECONDS", "_SSH_SECONDS"):
        monkeypatch.setattr(f"ddsp_backend.remote.provisioning.{name}", 0.3)


# --- making one -----------------------------------------------------------------------------------------------------
def test_that_a_machine_is_asked_for_with_a_limit_a_label_and_no_secret(
    plane: ControlPlane, virtual_machine: MachineBook
) -> None:
    events = do(creation(virtual_machine))
    assert isinstance(events[-1], Finished), events
    assert any(isinstance(event, HostProbed) for event in events)
    (body,) = plane.asked("POST", f"/projects/{PROJECT}/zones/{ZONE}/instances")
    assert body["scheduling"] == {
        "maxRunDuration": {"seconds": "14400"},
        "instanceTerminationAction": "DELETE",
        "provisioningModel": "STANDARD",
        "onHostMaintenance": "TERMINATE",
        "automaticRestart": False,
    }
    assert body["labels"] == {"timbre-studio": MACHINE}
    assert body["machineType"] == f"zones/{ZONE}/machineTypes/ct5lp-hightpu-1t"
    assert body["disks"][0]["autoDelete"] is True
    assert "serviceAccounts" not in body
    sent = json.dumps(body)
    assert "PRIVATE" not in sent
    assert plane.tokens == {"secret token"}
    private = (virtual_machine.folder / MACHINE / "key").read_text()
    assert stat.S_IMODE((virtual_machine.folder / MACHINE / "key").stat().st_mode) == 0o600
    for secret in ("secret token", "refreshing secret", private.splitlines()[2]):
        assert secret not in sent
        assert secret not in repr(events)
        for path in virtual_machine.hosts.folder.rglob("*"):
            assert path.name == "key" or path.is_dir() or secret not in path.read_text(), path


def test_that_the_first_connection_accepts_no_key_but_the_one_that_google_tells(
    plane: ControlPlane, virtual_machine: MachineBook, quick: None
) -> None:
    told = plane.guests["hostkeys"]["ssh-ed25519"]
    other = Path(virtual_machine.folder.parent.parent / "vm" / "user")
    public = subprocess.run(["ssh-keygen", "-y", "-f", other], capture_output=True, text=True, check=True).stdout
    plane.guests["hostkeys"]["ssh-ed25519"] = public.split()[1]
    failed = failure(do(creation(virtual_machine)))
    assert "has changed" in failed.title
    assert "may run, and cost" in failed.hint
    assert virtual_machine.find(MACHINE) is not None
    assert told not in (virtual_machine.hosts.pinned_key(MACHINE) or "")


def test_that_a_key_that_google_may_not_tell_is_shown_to_be_compared(
    plane: ControlPlane, virtual_machine: MachineBook, quick: None
) -> None:
    plane.guests["hostkeys"] = {}
    events = do(creation(virtual_machine))
    assert isinstance(events[-1], Finished), events
    assert any(isinstance(event, HostKeyShown) for event in events)
    assert virtual_machine.hosts.pinned_key(MACHINE) is None


def test_that_no_machine_can_be_asked_for_without_a_limit_and_a_price(virtual_machine: MachineBook) -> None:
    for field in ("limit_hours", "price_per_hour"):
        with pytest.raises(ConfigError, match=field):
            creation(virtual_machine, **{field: 0.0})
        with pytest.raises(ConfigError, match=field):
            creation(virtual_machine, **{field: float("nan")})
    with pytest.raises(ConfigError, match="limit_hours=100"):
        creation(virtual_machine, limit_hours=100)
    fields = dict.fromkeys(("project", "zone", "kind"), "x")
    with pytest.raises(ConfigError, match="limit"):
        Machine(name=MACHINE, limit_hours=0.0, price_per_hour=1.0, is_spot=False, keeps=False, asked_at=0.0, **fields)


def test_that_the_record_is_there_before_google_is_asked(plane: ControlPlane, virtual_machine: MachineBook) -> None:
    known: list[Machine | None] = []
    allow = plane.on_insert
    plane.on_insert = lambda body: (known.append(virtual_machine.find(MACHINE)), allow(body))[1]
    do(creation(virtual_machine, is_spot=True))
    (machine,) = known
    assert machine is not None
    assert (machine.project, machine.zone, machine.kind) == (PROJECT, ZONE, "v5e")
    assert (machine.limit_hours, machine.price_per_hour, machine.is_spot) == (4.0, 1.2, True)
    assert plane.machines[MACHINE]["scheduling"]["provisioningModel"] == "SPOT"


def test_that_nothing_is_asked_for_where_the_record_cannot_be_written(
    plane: ControlPlane, virtual_machine: MachineBook
) -> None:
    (virtual_machine.folder / MACHINE).write_text("in the way")
    assert isinstance(do(creation(virtual_machine))[-1], Failed)
    assert not plane.asked("POST", "/instances")


def test_that_a_request_to_stop_deletes_what_was_begun(plane: ControlPlane, virtual_machine: MachineBook) -> None:
    cancel = CancelToken()
    events = []
    for event in run(creation(virtual_machine), cancel):
        events.append(event)
        if plane.machines:
            cancel.set()
    assert events[-1] == Stopped()
    assert not plane.machines
    assert virtual_machine.machines() == ()


# --- crashes --------------------------------------------------------------------------------------------------------
def test_that_a_crash_before_the_call_leaves_a_record_that_is_dropped_once_nothing_can_come(
    plane: ControlPlane, virtual_machine: MachineBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ComputeEngine, "make", crash)
    with pytest.raises(KeyboardInterrupt):
        do(creation(virtual_machine))
    assert not plane.machines
    assert listed(virtual_machine) == []
    assert virtual_machine.find(MACHINE) is not None  # the call may still be on its way
    later = time.time() + 3600
    monkeypatch.setattr("ddsp_backend.remote.provisioning.time.time", lambda: later)
    assert listed(virtual_machine) == []
    assert virtual_machine.find(MACHINE) is None
    assert MACHINE not in [host.address for host in virtual_machine.hosts.hosts()]


def test_that_a_machine_whose_answer_never_came_is_found_by_its_label_and_joined(
    plane: ControlPlane, virtual_machine: MachineBook
) -> None:
    plane.is_mute_after_insert = True
    failed = failure(do(creation(virtual_machine)))
    assert "does not answer" in failed.title
    assert "may run, and cost" in failed.hint
    plane.is_mute_after_insert = False
    (found,) = listed(virtual_machine)
    assert (found.name, found.is_ours, found.price_per_hour, found.status) == (MACHINE, True, 1.2, "RUNNING")
    assert found.ends_at == pytest.approx(time.time() + 4 * 3600, abs=60)
    events = do(JoinMachineSpec(book=str(virtual_machine.hosts.folder), name=MACHINE))
    assert events[-1] == Finished({"address": MACHINE})
    assert len(plane.asked("POST", "/instances")) == 1


def test_that_the_same_request_twice_makes_one_machine(plane: ControlPlane, virtual_machine: MachineBook) -> None:
    assert isinstance(do(creation(virtual_machine))[-1], Finished)
    assert isinstance(do(creation(virtual_machine))[-1], Finished)
    assert list(plane.machines) == [MACHINE]


# --- finding and deleting -------------------------------------------------------------------------------------------
def test_that_a_machine_made_elsewhere_is_found_and_can_only_be_deleted(
    plane: ControlPlane, virtual_machine: MachineBook
) -> None:
    name, zone = "timbre-ffffffffffff", "europe-west4-b"
    plane.add(name, labels={"timbre-studio": name}, zone=zone)
    plane.add("somebodys", labels={})
    (found,) = listed(virtual_machine)
    assert (found.name, found.project, found.zone, found.is_ours) == (name, PROJECT, zone, False)
    book = str(virtual_machine.hosts.folder)
    assert "was not made from this computer" in failure(do(JoinMachineSpec(book=book, name=name))).title
    assert "not known here where" in failure(do(DeleteMachineSpec(book=book, name=name))).title
    events = do(DeleteMachineSpec(book=book, name=name, project=PROJECT, zone=zone))
    assert MachineDeleted(name) in events
    assert list(plane.machines) == ["somebodys"]


def test_that_a_machine_without_our_label_is_never_deleted(plane: ControlPlane, virtual_machine: MachineBook) -> None:
    plane.add(MACHINE, labels={"owner": "somebody"})
    spec = DeleteMachineSpec(book=str(virtual_machine.hosts.folder), name=MACHINE, project=PROJECT, zone=ZONE)
    assert "does not carry the label" in failure(do(spec)).title
    assert not plane.asked("DELETE", "")
    assert MACHINE in plane.machines


def test_that_deleting_what_is_gone_is_no_error(plane: ControlPlane, virtual_machine: MachineBook) -> None:
    spec = DeleteMachineSpec(book=str(virtual_machine.hosts.folder), name=MACHINE, project=PROJECT, zone=ZONE)
    assert MachineDeleted(MACHINE) in do(spec)


def test_that_nobody_is_asked_where_no_machine_was_ever_made(plane: ControlPlane, tmp_path: Path) -> None:
    events = do(ListMachinesSpec(book=str(tmp_path / "hosts"), is_silent=True))
    assert events[-1] == Finished({})
    assert not plane.log


# --- refusals -------------------------------------------------------------------------------------------------------
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
        (400, "Something new", "invalid", "Google Cloud refused: Something new", "words"),
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
    assert "may run, and cost" in failed.hint
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


# --- a machine that does not come up, or goes -----------------------------------------------------------------------
def test_that_a_machine_whose_system_is_not_ready_is_kept_and_named(
    plane: ControlPlane, virtual_machine: MachineBook, quick: None
) -> None:
    plane.guests["timbre-studio"] = {"state": "no Python 3.11 could be installed"}
    failed = failure(do(creation(virtual_machine)))
    assert "no Python 3.11" in failed.title
    assert "may run, and cost" in failed.hint
    assert virtual_machine.find(MACHINE) is not None


@pytest.mark.parametrize(
    ("is_spot", "hours", "title"),
    [(True, 0, "taken back by Google"), (False, 0, "somebody deleted it"), (True, 5, "reached its limit of 4 hours")],
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
    monkeypatch.setattr("ddsp_backend.remote.provisioning.time.time", lambda: later)
    assert title in failure(do(JoinMachineSpec(book=str(virtual_machine.hosts.folder), name=MACHINE))).title


# --- training -------------------------------------------------------------------------------------------------------
def job(spec: JobSpec, folder: Path, book: MachineBook) -> ChildJob:
    return ChildJob(spec, folder, place=new_place(str(book.hosts.folder), MACHINE))


def is_over(running: ChildJob) -> bool:
    """Whether the process that relayed a job has ended: what it does after the last word is done then."""
    return running.folder.rc() is not None


def wait_for(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.02)


def test_that_a_machine_is_made_trains_and_is_deleted_once_everything_is_here(
    plane: ControlPlane, virtual_machine: MachineBook, tmp_path: Path
) -> None:
    assert isinstance(do(creation(virtual_machine))[-1], Finished)
    save_dir = tmp_path / "run"
    params = train_params(tmp_path / "data", held_out=False, steps_per_save=2, n_clips=0)
    spec = TrainSpec(save_dir=str(save_dir), gin_files=GIN_FILES, gin_params=params, steps=2)
    running = job(spec, tmp_path / "job", virtual_machine)
    events = []
    for event in running.events():
        events.append(event)
        assert MACHINE in plane.machines or isinstance(event, Finished)
    assert isinstance(events[-1], Finished), events[-1]
    assert [event.step for event in events if isinstance(event, StepDone)] == [1, 2]
    assert (save_dir / "ckpt-2.index").stat().st_size
    wait_for(lambda: is_over(running))
    assert not plane.machines, running.folder.log_tail()
    assert virtual_machine.machines() == ()
    assert virtual_machine.hosts.hosts() == ()
    assert not (virtual_machine.folder / MACHINE).exists()
    for path in (running.folder.path, save_dir):
        for file in path.rglob("*"):
            assert file.is_dir() or b"secret" not in file.read_bytes(), file


@pytest.mark.parametrize("reason", ["keeps", "other run"])
def test_that_a_machine_stays_where_it_shall_or_where_another_run_is_on_it(
    counting: None, plane: ControlPlane, virtual_machine: MachineBook, tmp_path: Path, reason: str
) -> None:
    do(creation(virtual_machine, keeps=reason == "keeps"))
    if reason == "other run":
        (tmp_path / "there; $HOME" / "runs" / "0123456789abcdef" / "job").mkdir(parents=True)
    running = job(InspectSpec(inputs=("steps=3",)), tmp_path / "job", virtual_machine)
    assert isinstance(list(running.events())[-1], Finished)
    wait_for(lambda: is_over(running))
    assert MACHINE in plane.machines
    assert virtual_machine.find(MACHINE) is not None


@pytest.mark.parametrize(
    ("is_spot", "is_there", "title", "code"),
    [(True, False, "taken back by Google", EXIT_LEFT), (True, True, "was lost", EXIT_LEFT)],
    ids=["preempted", "out of reach"],
)
def test_that_a_lost_machine_is_explained_and_one_whose_results_are_not_here_is_not_deleted(
    counting: None,
    plane: ControlPlane,
    virtual_machine: MachineBook,
    machine_wire: Wire,
    tmp_path: Path,
    is_spot: bool,
    is_there: bool,
    title: str,
    code: int,
) -> None:
    do(creation(virtual_machine, is_spot=is_spot))
    virtual_machine.hosts.put(replace(virtual_machine.hosts.get(MACHINE), patience=0.2))
    running = job(InspectSpec(inputs=("steps=6000", "slow")), tmp_path / "job", virtual_machine)
    events = []
    for event in running.events():
        events.append(event)
        if isinstance(event, StepDone) and event.step == 5:
            machine_wire.take_down()
            if not is_there:
                del plane.machines[MACHINE]
    assert title in failure(events).title
    assert running.folder.rc() == code
    assert not plane.asked("DELETE", "")
    assert virtual_machine.find(MACHINE) is not None


def test_that_the_start_script_says_whether_there_is_a_python(tmp_path: Path) -> None:
    """With the commands of a new machine replaced by ones that write down what they were asked."""
    for name, text in (("curl", 'echo "$4" >>"$SAID"'), ("apt-get", 'echo "apt-get $*" >>"$SAID"'), ("sleep", ":")):
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
    with_venv = "#!/bin/sh\nexit 0\n"
    for pythons, said in (({"python3.11": with_venv}, ["ready"]), ({}, ["no Python 3.11 could be installed"])):
        folder = tmp_path / str(len(pythons))
        folder.mkdir()
        for name, text in {**{p.name: p.read_text() for p in tmp_path.iterdir() if p.is_file()}, **pythons}.items():
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)
        environment = {"PATH": str(folder), "SAID": str(folder / "said")}
        subprocess.run(["/bin/sh", "-c", START_SCRIPT], env=environment, check=True)
        lines = (folder / "said").read_text().splitlines()
        assert [line for line in lines if not line.startswith("apt-get")] == said
        assert any("python3.11-venv" in line for line in lines) == (not pythons)
