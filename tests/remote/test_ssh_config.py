"""What ssh_config says of a host holds here too: its files, its agent and certificates, and the way that it names."""

import asyncio
import getpass
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ddsp_backend.jobs.events import Finished, HostKeyShown, HostProbed
from ddsp_backend.remote.connection import connect
from ddsp_backend.remote.host_keys import HostKeyError
from ddsp_backend.remote.hosts import HostBook, fingerprint
from tests.remote.servers import Keys, OpenSsh, free_port, write_book
from tests.remote.test_hosts import failure, look

# What netcat does. It complains while it works, as some of these commands do.
_RELAY = """
import os, select, socket, sys
with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as there:
    while True:
        for source in select.select([0, there], [], [])[0]:
            piece = os.read(0, 65536) if source == 0 else there.recv(65536)
            print("a warning", file=sys.stderr, flush=True)
            if not piece:
                sys.exit()
            there.sendall(piece) if source == 0 else os.write(1, piece)
"""


class Jump:
    """A second sshd, with keys of its own, and what ssh knows of it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        self.keys = Keys(folder)
        self.server = OpenSsh(self.keys, folder)
        self.known_hosts = folder / "known_hosts"
        self.name = f"[127.0.0.1]:{self.server.port}"
        self.know(self.keys.host_line)

    def know(self, *keys: str) -> None:
        lines = ["# a line that is no entry", "nonsense", *(f"{self.name} {key}" for key in keys)]
        self.known_hosts.write_text("\n".join(lines) + "\n")

    def entry(self, name: str = "bastion", *, key: Path | None = None) -> str:
        return (
            f"Host {name}\n  HostName 127.0.0.1\n  Port {self.server.port}\n  User {getpass.getuser()}\n"
            f"  IdentityFile {key or self.keys.folder / 'user'}\n  IdentitiesOnly yes\n  IdentityAgent none\n"
            f"  UserKnownHostsFile {self.known_hosts}\n  GlobalKnownHostsFile none\n"
        )


@pytest.fixture
def jump(tmp_path: Path) -> Iterator[Jump]:
    jump = Jump(tmp_path / "jump")
    yield jump
    jump.server.close()


@pytest.fixture
def book(tmp_path: Path, keys: Keys, openssh: OpenSsh) -> HostBook:
    return write_book(tmp_path, keys, openssh.port, sys.executable)


@pytest.fixture
def config(tmp_path: Path, book: HostBook) -> Path:
    """What leads to `box`. A test adds to it."""
    return tmp_path / "ssh_config"


def behind(config: Path, *lines: str, rest: str = "") -> None:
    """More settings of `box`, and other hosts."""
    config.write_text(config.read_text() + "".join(f"  {line}\n" for line in lines) + rest)


def refusal(book: HostBook) -> HostKeyError:
    """What a job meets on the way to a host that was added."""

    async def reach() -> None:
        async with connect(book.get("box"), book):
            pass

    with pytest.raises(HostKeyError) as refused:
        asyncio.run(reach())
    return refused.value


def assert_is_met(book: HostBook) -> None:
    events = look(book)
    assert isinstance(events[-1], Finished), events
    assert any(isinstance(event, HostProbed) for event in events)


def test_that_a_host_of_an_included_file_is_met(book: HostBook, config: Path, tmp_path: Path) -> None:
    (tmp_path / "config.d").mkdir()
    config.rename(tmp_path / "config.d" / "box")
    config.write_text(f"Include {tmp_path}/config.d/*\n\nHost *\n  Port 1\n")
    assert_is_met(book)


def test_that_a_host_is_reached_by_a_command(book: HostBook, config: Path, openssh: OpenSsh, tmp_path: Path) -> None:
    """The host's own address leads nowhere; and what the command complains about is no part of what the host says."""
    relay = tmp_path / "relay.py"
    relay.write_text(_RELAY)
    config.write_text(config.read_text().replace("127.0.0.1", "no-such-host.invalid"))
    command = shlex.join([sys.executable, str(relay), "127.0.0.1", str(openssh.port)])
    behind(config, f"ProxyCommand {command} # to %h")
    assert_is_met(book)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("/no/such/netcat %h %p", "/no/such/netcat: not found"),
        ("echo 'no gate is open' >&2", "no gate is open"),
    ],
)
def test_that_a_command_that_leads_nowhere_is_named(book: HostBook, config: Path, command: str, said: str) -> None:
    behind(config, f"ProxyCommand {command}")
    failed = failure(look(book))
    assert failed.title.startswith("The ProxyCommand for box in your ssh_config does not connect: ")
    assert said in failed.title
    assert failed.hint.endswith("ssh box")


def test_that_what_leads_to_all_hosts_can_be_switched_off_for_one(book: HostBook, config: Path) -> None:
    behind(config, "ProxyCommand none", "ProxyJump none", rest="Host *\n  ProxyJump no-such-host.invalid\n")
    assert_is_met(book)


def test_that_a_host_behind_another_is_met_and_knows_its_key_by_itself(
    book: HostBook, config: Path, jump: Jump, keys: Keys
) -> None:
    behind(config, "ProxyJump bastion", rest=jump.entry())
    assert_is_met(book)
    book.remove("box")
    text = config.read_text()
    write_book(config.parent, keys, 1, sys.executable, pinned=False)
    config.write_text(text)
    assert look(book)[1:] == [HostKeyShown("box", fingerprint(keys.host_line)), Finished({"address": "box"})]


def test_that_a_host_is_met_through_two_others(book: HostBook, config: Path, jump: Jump) -> None:
    """One sshd under two names; `Host *` would put the first behind itself."""
    behind(
        config,
        f"ProxyJump {getpass.getuser()}@bastion,inner",
        rest=jump.entry() + jump.entry("inner") + f"Host *\n  ProxyJump {getpass.getuser()}@bastion\n",
    )
    assert_is_met(book)
    behind_one = config.read_text().replace(f"ProxyJump {getpass.getuser()}@bastion,inner", "ProxyJump inner")
    config.write_text(behind_one)  # which is behind bastion itself
    assert_is_met(book)


def test_that_the_key_of_a_jump_host_that_ssh_does_not_know_is_shown_and_pinned(
    book: HostBook, config: Path, jump: Jump, keys: Keys
) -> None:
    """Then that of the host behind it; each is asked for once."""
    behind(config, "ProxyJump bastion", rest=jump.entry())
    jump.know()
    book.remove("box")
    text = config.read_text()
    write_book(config.parent, keys, 1, sys.executable, pinned=False)  # which writes a new ssh_config too
    config.write_text(text)
    theirs, own = fingerprint(jump.keys.host_line), fingerprint(keys.host_line)
    assert look(book)[1:] == [HostKeyShown("box", theirs, jump="bastion"), Finished({"address": "box"})]
    assert look(book, accepted=own)[1:] == [HostKeyShown("box", theirs, jump="bastion"), Finished({"address": "box"})]
    assert look(book, accepted=theirs)[1:] == [HostKeyShown("box", own), Finished({"address": "box"})]
    assert isinstance(look(book, accepted=own)[-1], Finished)
    assert_is_met(book)
    assert book.pinned_key("box", "bastion") == jump.keys.host_line
    book.remove("box")
    assert book.pinned_key("box", "bastion") is None


def test_that_a_job_says_which_jump_host_is_not_known(book: HostBook, config: Path, jump: Jump) -> None:
    behind(config, "ProxyJump bastion", rest=jump.entry())
    jump.know()
    failed = refusal(book)
    assert failed.title == (
        "bastion, the jump host on the way to box, is new here; the fingerprint of its key is "
        f"{fingerprint(jump.keys.host_line)}. Nothing was sent"
    )
    assert "accept it where the computer behind it is added here" in failed.hint
    assert failed.hint.endswith(f"connect once with: ssh -F {config} bastion")


def test_that_a_jump_host_with_another_key_than_the_pinned_one_is_refused_whatever_ssh_knows(
    book: HostBook, config: Path, jump: Jump
) -> None:
    behind(config, "ProxyJump bastion", rest=jump.entry())
    other = " ".join(jump.keys.other_host.export_public_key().decode().split()[:2])
    book.pin("box", other, "bastion")
    failed = failure(look(book))
    assert "The key of bastion, the jump host on the way to box, has changed" in failed.title
    assert f"it was {fingerprint(other)}, and now it is {fingerprint(jump.keys.host_line)}" in failed.title
    assert failed.hint.endswith("remove the computer behind it here and add it again.")
    assert "Accepted" not in (jump.keys.folder / "sshd.log").read_text()


def test_that_the_cure_for_a_jump_host_that_is_not_known_cures_it(book: HostBook, config: Path, jump: Jump) -> None:
    behind(config, "ProxyJump bastion", rest=jump.entry())
    jump.known_hosts.unlink()
    command = shlex.split(refusal(book).hint.rpartition(": ")[2])
    accepting = ("-o", "StrictHostKeyChecking=accept-new", "-o", "BatchMode=yes")
    subprocess.run([command[0], *accepting, *command[1:], "true"], check=True, capture_output=True, timeout=60)
    assert_is_met(book)


def test_that_a_jump_host_with_a_changed_key_is_named_with_both_fingerprints_and_the_cure(
    book: HostBook, config: Path, jump: Jump
) -> None:
    behind(config, "ProxyJump bastion", rest=jump.entry())
    other = " ".join(jump.keys.other_host.export_public_key().decode().split()[:2])
    jump.know(other)
    failed = failure(look(book))
    assert "The key of bastion, the jump host on the way to box, has changed" in failed.title
    assert f"it was {fingerprint(other)}, and now it is {fingerprint(jump.keys.host_line)}" in failed.title
    assert f"ssh-keygen -R '{jump.name}'" in failed.hint
    assert "Accepted" not in (jump.keys.folder / "sshd.log").read_text()


def test_that_a_jump_host_that_accepts_no_key_is_named_and_not_the_host_behind_it(
    book: HostBook, config: Path, jump: Jump, tmp_path: Path
) -> None:
    jump.keys.other_host.write_private_key(str(tmp_path / "stranger"))
    behind(config, "ProxyJump bastion", rest=jump.entry(key=tmp_path / "stranger"))
    failed = failure(look(book))
    assert failed.title == "bastion did not accept any of your ssh keys (bastion is the jump host on the way to box)"
    assert "ssh-copy-id bastion" in failed.hint


def test_that_the_host_behind_a_jump_host_is_named_where_it_accepts_no_key(
    book: HostBook, config: Path, jump: Jump, keys: Keys, tmp_path: Path
) -> None:
    jump.keys.other_host.write_private_key(str(tmp_path / "stranger"))
    config.write_text(config.read_text().replace(str(keys.folder / "user"), str(tmp_path / "stranger")))
    behind(config, "ProxyJump bastion", rest=jump.entry())
    assert failure(look(book)).title == "box did not accept any of your ssh keys"


def test_that_it_is_said_which_of_the_two_is_out_of_reach(
    book: HostBook, config: Path, jump: Jump, openssh: OpenSsh
) -> None:
    behind(config, "ProxyJump bastion", rest=jump.entry())
    text = config.read_text()
    config.write_text(text.replace(f"Port {openssh.port}", f"Port {free_port()}"))
    failed = failure(look(book))
    assert failed.title.startswith("The jump host bastion cannot reach box: ")
    assert "AllowTcpForwarding" in failed.hint
    config.write_text(text.replace(f"Port {jump.server.port}", f"Port {free_port()}"))
    failed = failure(look(book))
    assert failed.title == (
        "bastion is reachable, but no ssh server answers (bastion is the jump host on the way to box)"
    )
    config.write_text(text.replace("ProxyJump bastion", "ProxyJump ssh://bastion"))
    assert "ProxyJump in your ssh_config does not name a valid host on the way to box" in failure(look(book)).title


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A real one; its socket."""
    socket = tmp_path / "agent"
    with subprocess.Popen(["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()  # said once it listens
        monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
        yield socket
        process.terminate()


def test_that_a_key_which_only_the_agent_holds_is_accepted(
    book: HostBook, config: Path, keys: Keys, agent: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "nobody's"))  # no key of this computer's user
    text = "".join(line for line in config.read_text().splitlines(keepends=True) if "Ident" not in line)
    config.write_text(text)
    assert failure(look(book)).title == "box did not accept any of your ssh keys"
    subprocess.run(["ssh-add", "-q", str(keys.folder / "user")], check=True)
    assert_is_met(book)
    monkeypatch.delenv("SSH_AUTH_SOCK")
    behind(config, f"IdentityAgent {agent}")
    assert_is_met(book)


def test_that_a_key_with_a_passphrase_is_used_once_the_agent_holds_it(
    book: HostBook, config: Path, keys: Keys, agent: Path, tmp_path: Path
) -> None:
    locked, ask = tmp_path / "locked", tmp_path / "ask"
    shutil.copy(keys.folder / "user", locked)
    subprocess.run(["ssh-keygen", "-q", "-p", "-P", "", "-N", "a secret", "-f", str(locked)], check=True)
    keys.user.write_public_key(f"{locked}.pub")
    config.write_text(
        config.read_text().replace(str(keys.folder / "user"), str(locked)).replace("  IdentityAgent none\n", "")
    )
    failed = failure(look(book))
    assert "ssh-add" in failed.hint
    ask.write_text("#!/bin/sh\necho a secret\n")
    ask.chmod(0o700)
    environment = {**os.environ, "SSH_ASKPASS": str(ask), "SSH_ASKPASS_REQUIRE": "force"}
    subprocess.run(["ssh-add", "-q", str(locked)], check=True, env=environment, stdin=subprocess.DEVNULL)
    assert_is_met(book)


def test_that_a_key_is_found_in_the_agent_by_its_public_half_alone(
    book: HostBook, config: Path, keys: Keys, agent: Path, tmp_path: Path
) -> None:
    subprocess.run(["ssh-add", "-q", str(keys.folder / "user")], check=True)
    keys.user.write_public_key(str(tmp_path / "half.pub"))
    text = config.read_text().replace(str(keys.folder / "user"), str(tmp_path / "half"))
    config.write_text(text.replace("IdentityAgent none", f"IdentityAgent {agent}"))
    assert_is_met(book)


def test_that_files_which_are_named_and_not_there_are_passed_over_as_ssh_does(
    book: HostBook, config: Path, jump: Jump
) -> None:
    lacking = (
        "  IdentityFile ~/.ssh/no-such-key\n  CertificateFile /no/such/certificate\n  IdentityAgent /no/such/agent\n"
    )
    behind(config, "ProxyJump bastion", rest=jump.entry() + f"Host *\n{lacking}")
    assert_is_met(book)


def test_that_an_ssh_config_that_cannot_be_read_is_said(book: HostBook, config: Path) -> None:
    behind(config, "Port many")
    assert failure(look(book)).title.startswith("Your ssh_config cannot be read: ")
    config.unlink()
    assert failure(look(book)).title == f"Your ssh_config cannot be read: No such file or directory: {config}"


def test_that_a_certificate_of_the_user_is_shown(
    book: HostBook, config: Path, openssh: OpenSsh, keys: Keys, tmp_path: Path
) -> None:
    """The server trusts who signs, and has never seen the key."""
    authority, own = tmp_path / "authority", tmp_path / "own"
    for name in (authority, own):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(name)], check=True)
    signing = ["-s", str(authority), "-I", "me", "-n", getpass.getuser(), "-V", "-1h:+1h", f"{own}.pub"]
    server = OpenSsh(keys, sub(tmp_path, "trusting"), lines=(f"TrustedUserCAKeys {authority}.pub",))
    config.write_text(
        config.read_text()
        .replace(str(keys.folder / "user"), str(own))
        .replace(f"Port {openssh.port}", f"Port {server.port}")
    )
    assert failure(look(book)).title == "box did not accept any of your ssh keys"
    subprocess.run(["ssh-keygen", "-q", *signing], check=True)
    assert_is_met(book)  # it lies beside the key
    (tmp_path / "own-cert.pub").rename(tmp_path / "elsewhere-cert.pub")
    assert failure(look(book)).title == "box did not accept any of your ssh keys"
    behind(config, f"CertificateFile {tmp_path / 'elsewhere-cert.pub'}")
    assert_is_met(book)
    server.close()


def sub(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name
