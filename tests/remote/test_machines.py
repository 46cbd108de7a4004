"""Virtual machines: Google's own library against a control plane on loopback; the machine is this one, behind sshd."""

import json
import stat
import subprocess
import time
from pathlib import Path

import pytest

from ddsp_backend.cli import ddsp_remote
from ddsp_backend.errors import ConfigError
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import (
    Failed,
    Finished,
    HostKeyShown,
    HostProbed,
    MachineDeleted,
    Stopped,
)
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import (
    DeleteMachineSpec,
    JoinMachineSpec,
    ListMachinesSpec,
)
from ddsp_backend.machines.book import Machine, MachineBook
from ddsp_backend.machines.compute_engine import ComputeEngine
from tests.remote.asking import creation, do, failure, listed
from tests.remote.control_plane import MACHINE, PROJECT, ZONE, ControlPlane


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
    assert "may be running and costing money" in failed.hint
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


# --- crashes ----------------------------------------------------------------------------------------------------------
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
    monkeypatch.setattr("ddsp_backend.machines.provisioning.time.time", lambda: later)
    assert listed(virtual_machine) == []
    assert virtual_machine.find(MACHINE) is None
    assert MACHINE not in [host.address for host in virtual_machine.hosts.hosts()]


def test_that_a_machine_whose_answer_never_came_is_found_by_its_label_and_joined(
    plane: ControlPlane, virtual_machine: MachineBook
) -> None:
    plane.is_mute_after_insert = True
    failed = failure(do(creation(virtual_machine)))
    assert "does not answer" in failed.title
    assert "may be running and costing money" in failed.hint
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


# --- finding and deleting ---------------------------------------------------------------------------------------------
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
    assert "does not know where" in failure(do(DeleteMachineSpec(book=book, name=name))).title
    events = do(DeleteMachineSpec(book=book, name=name, project=PROJECT, zone=zone))
    assert MachineDeleted(name) in events
    assert list(plane.machines) == ["somebodys"]


def test_that_a_machine_without_our_label_is_never_deleted(plane: ControlPlane, virtual_machine: MachineBook) -> None:
    plane.add(MACHINE, labels={"owner": "somebody"})
    spec = DeleteMachineSpec(book=str(virtual_machine.hosts.folder), name=MACHINE, project=PROJECT, zone=ZONE)
    assert "does not have Timbre Studio" in failure(do(spec)).title
    assert not plane.asked("DELETE", "")
    assert MACHINE in plane.machines


def test_that_deleting_what_is_gone_is_no_error(plane: ControlPlane, virtual_machine: MachineBook) -> None:
    spec = DeleteMachineSpec(book=str(virtual_machine.hosts.folder), name=MACHINE, project=PROJECT, zone=ZONE)
    assert MachineDeleted(MACHINE) in do(spec)


def test_that_nobody_is_asked_where_no_machine_was_ever_made(plane: ControlPlane, tmp_path: Path) -> None:
    events = do(ListMachinesSpec(book=str(tmp_path / "hosts"), is_silent=True))
    assert events[-1] == Finished({})
    assert not plane.log


# --- the command line -------------------------------------------------------------------------------------------------
def test_that_the_commands_show_the_cost_first_and_make_list_and_delete(
    plane: ControlPlane,
    virtual_machine: MachineBook,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "config" / "timbre-studio").mkdir(parents=True)
    (tmp_path / "config" / "timbre-studio" / "hosts").symlink_to(virtual_machine.hosts.folder)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr("ddsp_backend.cli.machine_commands.new_machine_name", lambda: MACHINE)
    wanted = ["create", "--kind=cpu", f"--zone={ZONE}", "--limit_hours=4", "--price_per_hour=1.2"]
    assert ddsp_remote.main(wanted) == 1
    shown = capsys.readouterr()
    assert "cost 4.80 at most" in shown.out
    assert "--accept_cost=4.80" in shown.err
    assert not plane.log
    assert ddsp_remote.main([*wanted, "--accept_cost=4.8"]) == 1
    assert not plane.log
    assert ddsp_remote.main([*wanted, "--accept_cost=4.80"]) == 0
    assert "uses cpu" in capsys.readouterr().out
    assert ddsp_remote.main(["machines"]) == 0
    assert f"{MACHINE}: n2-standard-8 in {ZONE} of {PROJECT}, RUNNING, deletes itself in" in capsys.readouterr().out
    assert ddsp_remote.main(["join", MACHINE]) == 0
    assert ddsp_remote.main(["delete", MACHINE]) == 0
    assert f"{MACHINE} is deleted" in capsys.readouterr().out
    assert not plane.machines
    with pytest.raises(SystemExit):
        ddsp_remote.main([word for word in wanted if "limit" not in word])
