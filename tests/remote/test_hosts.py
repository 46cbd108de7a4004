"""Adding a host: its key, its refusals as sentences, what it has, and its set-up."""

import os
import socket
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest

from ddsp_backend.errors import ConfigError, RemoteError
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import Event, Failed, Finished, HostKeyShown, HostProbed, Progressed
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import HostSpec
from ddsp_backend.remote.hosts import Host, HostBook, fingerprint, parse_address
from ddsp_backend.remote.install import requirements_for
from ddsp_backend.remote.probe import chosen_python, read_inventory, require_space
from ddsp_backend.remote.wheel import build_wheel
from tests.remote.servers import InProcess, Keys, OpenSsh, free_port, write_book


def look(book: HostBook, **more: object) -> list[Event]:
    return list(run(HostSpec(book=str(book.folder), address="box", **more), CancelToken()))


def failure(events: list[Event]) -> Failed:
    assert isinstance(events[-1], Failed), events
    assert events[-1].traceback == ""
    assert events[-1].hint
    return events[-1]


@pytest.mark.parametrize(
    "address",
    ["", "a b", "box;reboot", "$(reboot)", "-oProxyCommand=reboot", "user@", "box:0", "box:99999", "a\nb", "`x`@y"],
)
def test_that_an_address_with_anything_for_a_shell_is_refused(address: str) -> None:
    with pytest.raises(ConfigError):
        parse_address(address)
    with pytest.raises(ConfigError):
        Host(address=address)


def test_that_addresses_are_taken_apart() -> None:
    parsed = [parse_address(text) for text in ("box", "me@box.example.org:2222", "[::1]:22")]
    assert [(each.user, each.host, each.port) for each in parsed] == [
        (None, "box", None),
        ("me", "box.example.org", 2222),
        (None, "::1", 22),
    ]


def test_that_a_fingerprint_is_the_one_that_ssh_keygen_shows(keys: Keys) -> None:
    shown = subprocess.run(
        ["ssh-keygen", "-l", "-f", str(keys.folder / "host")], capture_output=True, text=True, check=True
    ).stdout
    assert fingerprint(keys.host_line) == shown.split()[1]


def test_that_a_new_host_is_added_once_its_fingerprint_is_accepted(
    tmp_path: Path, keys: Keys, server: OpenSsh | InProcess
) -> None:
    book = write_book(tmp_path, keys, server.port, sys.executable, pinned=False)
    events = look(book)
    assert events[1:] == [HostKeyShown("box", fingerprint(keys.host_line)), Finished({"address": "box"})]
    assert book.pinned_key("box") is None
    assert look(book, accepted="SHA256:another")[1:] == events[1:]

    events = look(book, accepted=fingerprint(keys.host_line))
    (found,) = [event for event in events if isinstance(event, HostProbed)]
    assert found.cores == len(os.sched_getaffinity(0))
    assert found.memory > 1e8
    assert found.free > 1e6
    assert found.system.startswith("Linux")
    assert "TensorFlow" in found.python
    assert found.accelerator == "cpu"
    assert book.pinned_key("box") == keys.host_line
    assert isinstance(look(book)[-1], Finished)


def test_that_a_changed_key_is_refused_with_both_fingerprints(tmp_path: Path, keys: Keys, openssh: OpenSsh) -> None:
    book = write_book(tmp_path, keys, openssh.port, sys.executable, pinned=False)
    other = " ".join(keys.other_host.export_public_key().decode().split()[:2])
    book.pin("box", other)
    failed = failure(look(book, accepted=fingerprint(keys.host_line)))
    assert fingerprint(keys.host_line) in failed.title
    assert fingerprint(other) in failed.title
    assert book.pinned_key("box") == other


def test_that_a_host_that_accepts_no_key_says_how_to_put_one_there(
    tmp_path: Path, keys: Keys, openssh: OpenSsh
) -> None:
    book = write_book(tmp_path, keys, openssh.port, sys.executable)
    keys.other_host.write_private_key(str(tmp_path / "stranger"))
    config = tmp_path / "ssh_config"
    config.write_text(config.read_text().replace(str(keys.folder / "user"), str(tmp_path / "stranger")))
    failed = failure(look(book))
    assert "did not accept any of your ssh keys" in failed.title
    assert "ssh-copy-id" in failed.hint


def test_that_an_address_where_nobody_answers_is_said(tmp_path: Path, keys: Keys) -> None:
    assert "no ssh server answers" in failure(look(write_book(tmp_path, keys, free_port(), ""))).title
    config = tmp_path / "ssh_config"
    config.write_text(config.read_text().replace("127.0.0.1", "no-such-host.invalid"))
    assert "There is no host called box" in failure(look(HostBook(tmp_path / "book"))).title


def test_that_a_folder_that_cannot_be_made_is_said(tmp_path: Path, keys: Keys, openssh: OpenSsh) -> None:
    book = write_book(tmp_path, keys, openssh.port, sys.executable, folder="/dev/null/here")
    assert "'/dev/null/here' could not be created on box" in failure(look(book)).title


def test_that_a_host_without_python_is_told_how_to_get_one(tmp_path: Path, keys: Keys, openssh: OpenSsh) -> None:
    book = write_book(tmp_path, keys, openssh.port, "/no/such/python")
    assert "/no/such/python" in failure(look(book)).title
    for lines, cure in (
        (["root=/x", "free_kb=9999999"], "apt-get install python3"),
        (["root=/x", "free_kb=9999999", "python=3.9|1||/usr/bin/python3"], "3.9"),
        (["root=/x", "free_kb=9999999", "python=3.11|0||/usr/bin/python3"], "python3-venv"),
    ):
        host = Host(address="box")
        with pytest.raises(Exception, match=cure):
            chosen_python(read_inventory(lines, host), host)


def test_that_a_set_up_asks_for_the_space_that_its_accelerator_takes() -> None:
    host = Host(address="box")

    def ask(*lines: str, free: int) -> None:
        require_space(read_inventory(["root=/x", f"free_kb={free}", *lines], host), host)

    ask(free=4_000_000)
    ask("tpu=/dev/accel0", free=4_000_000)
    ask("gpu=NVIDIA L4, 23034 MiB", free=12_000_000)
    for lines, free, said in (
        ((), 99_999, "box has 102 MB of free disk space; the installation needs 3.0 GB"),
        (("gpu=NVIDIA L4, 23034 MiB",), 4_000_000, "box has 4.1 GB of free disk space; the installation needs 12.0 GB"),
    ):
        with pytest.raises(RemoteError, match=said) as refusal:
            ask(*lines, free=free)
        assert "Free some space there" in refusal.value.hint


def test_that_an_interpreter_of_the_host_s_own_must_have_a_tensorflow_that_is_new_enough() -> None:
    host = Host(address="box", python="/opt/python")

    def chosen(tensorflow: str) -> str:
        return chosen_python(read_inventory(["root=/x", f"python=3.11|1|{tensorflow}|/opt/python"], host), host).path

    assert chosen("2.20.0") == chosen("2.21.0rc1") == "/opt/python"
    for tensorflow, said in (("2.15.1", "has TensorFlow 2.15.1; this program needs 2.20"), ("", "has no TensorFlow")):
        with pytest.raises(RemoteError, match=said) as refusal:
            chosen(tensorflow)
        assert "leave the interpreter empty" in refusal.value.hint


@pytest.mark.parametrize("distribution", ["tensorflow", "tensorflow_tpu", "tensorflow_cpu"])
def test_that_tensorflow_is_found_under_whatever_name_it_was_installed(
    tmp_path: Path, keys: Keys, openssh: OpenSsh, distribution: str
) -> None:
    """In an interpreter that has nothing else, `site-packages` included."""
    python, packages = tmp_path / "python", tmp_path / "packages"
    python.write_text(f'#!/bin/sh\nPYTHONPATH={packages} exec {sys.executable} -S "$@"\n')
    python.chmod(0o755)
    book = write_book(tmp_path, keys, openssh.port, str(python))
    assert "has no TensorFlow" in failure(look(book)).title
    information = packages / f"{distribution}-2.20.0.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 2.20.0\n")
    (found,) = [event for event in look(book) if isinstance(event, HostProbed)]
    assert found.python.endswith("with TensorFlow 2.20.0")


def test_that_an_older_tensorflow_of_a_host_is_named(tmp_path: Path, keys: Keys, openssh: OpenSsh) -> None:
    old = tmp_path / "old"
    (old / "tensorflow-2.15.1.dist-info").mkdir(parents=True)
    (old / "tensorflow-2.15.1.dist-info" / "METADATA").write_text("Name: tensorflow\nVersion: 2.15.1\n")
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{old}" exec {sys.executable} "$@"\n')
    python.chmod(0o700)
    failed = failure(look(write_book(tmp_path, keys, openssh.port, str(python))))
    assert "on box has TensorFlow 2.15.1; this program needs 2.20" in failed.title
    assert "Update it there" in failed.hint


def test_that_a_host_that_takes_the_call_and_says_nothing_is_said(
    tmp_path: Path, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ddsp_backend.remote.connection._ANSWER_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        failed = failure(look(write_book(tmp_path, keys, silent.getsockname()[1], "")))
    assert "box does not answer" in failed.title
    assert "Check that it is on" in failed.hint


def test_that_a_port_where_another_service_answers_is_said(tmp_path: Path, keys: Keys) -> None:
    with socket.create_server(("127.0.0.1", 0)) as web:

        def answer() -> None:
            connection, _ = web.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        answering = threading.Thread(target=answer)
        answering.start()
        failed = failure(look(write_book(tmp_path, keys, web.getsockname()[1], "")))
        answering.join()
    assert "box answered, but it is not an ssh server" in failed.title
    assert "port" in failed.hint


@pytest.mark.parametrize(("command", "said"), [("/bin/false", ""), ("echo Use the web; exit 1", "Use the web")])
def test_that_a_host_that_runs_no_commands_is_said(tmp_path: Path, keys: Keys, command: str, said: str) -> None:
    server = OpenSsh(keys, tmp_path, lines=(f"ForceCommand {command}",))
    try:
        failed = failure(look(write_book(tmp_path, keys, server.port, sys.executable)))
    finally:
        server.close()
    assert "box accepted your login, but runs no commands" in failed.title
    assert said in failed.title
    assert "ssh box true" in failed.hint


def test_that_accelerators_are_recognized_and_get_their_tensorflow() -> None:
    def accelerator(*lines: str) -> str:
        return read_inventory(["root=/x", *lines], Host(address="box")).accelerator

    assert accelerator() == "cpu"
    assert accelerator("gpu=NVIDIA L4, 23034 MiB") == "cuda"
    assert accelerator("tpu=/dev/accel0", "tpu=/dev/accel1") == "tpu"
    assert accelerator("card=/sys/bus/pci/devices/0000:00:05.0") == "tpu"
    assert requirements_for("tpu")[:2] == ("tensorflow-tpu==2.20.0", "libtpu==0.0.21")
    assert [name for name in requirements_for("tpu") if name.startswith("tensorboard")] == ["tensorboard==2.20.0"]
    assert requirements_for("cuda")[0].startswith("tensorflow[and-cuda]")
    assert not any(name.startswith(("PySide6", "pyqtgraph")) for name in requirements_for("cpu"))


def test_that_the_wheel_is_one_that_pip_installs_and_names_its_content(tmp_path: Path) -> None:
    wheel = build_wheel()
    assert wheel == build_wheel()
    (tmp_path / wheel.name).write_bytes(wheel.content)
    pip = [sys.executable, "-m", "pip", "--isolated", "--disable-pip-version-check", "install", "--quiet", "--no-index"]
    subprocess.run([*pip, "--no-deps", f"--target={tmp_path / 'there'}", str(tmp_path / wheel.name)], check=True)
    code = "import ddsp_backend.config.paths as p, ddsp_backend.remote.host_agent; print(p.gin_folder())"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "there")}
    shown = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    ).stdout
    assert Path(shown.strip()).is_relative_to(tmp_path / "there")


@pytest.mark.slow
def test_that_the_set_up_makes_an_environment_once_and_says_how_it_goes(
    tmp_path: Path, keys: Keys, openssh: OpenSsh, monkeypatch: pytest.MonkeyPatch
) -> None:
    """venv and pip are real; what pip installs is a package of one line, for TensorFlow has 600 MB."""
    install_little(tmp_path, monkeypatch)
    book = write_book(tmp_path, keys, openssh.port, "")
    events = look(book, set_up=True)
    assert any(isinstance(event, Progressed) and "Setting up box" in event.stage for event in events), events
    (found,) = [event for event in events if isinstance(event, HostProbed)]
    assert found.is_set_up
    (environment,) = (tmp_path / "host's $HOME; folder" / "environments").iterdir()
    python = environment / "bin" / "python"
    subprocess.run([python, "-c", "import small_library"], check=True)
    made_at = python.lstat().st_mtime_ns
    again = look(book, set_up=True)
    assert not any(isinstance(event, Progressed) and "Setting up box" in event.stage for event in again)
    assert python.lstat().st_mtime_ns == made_at

    # Its runs have filled the disk since: they must be reached all the same.
    want_endless_space(monkeypatch)
    assert isinstance(look(book)[-1], Finished)
    assert isinstance(look(book, set_up=True)[-1], Finished)
    (environment / "ready").unlink()
    assert isinstance(look(book)[-1], Finished)
    assert "of free disk space; the installation needs 1000000000.0 GB" in failure(look(book, set_up=True)).title


def install_little(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on a set-up installs a package of one line."""
    package = folder / "small_library-1.0-py3-none-any.whl"
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("small_library.py", "answer = 42\n")
        information = {
            "METADATA": "Metadata-Version: 2.1\nName: small-library\nVersion: 1.0\n",
            "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            "RECORD": "",
        }
        for name, text in information.items():
            archive.writestr(f"small_library-1.0.dist-info/{name}", text)
    monkeypatch.setattr("ddsp_backend.remote.install.requirements_for", lambda accelerator: (str(package),))
    monkeypatch.setattr("ddsp_backend.remote.install._CHECK", "import small_library")


def want_endless_space(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on no disk has enough for a set-up."""
    monkeypatch.setattr("ddsp_backend.remote.probe._NEEDED_BYTES", dict.fromkeys(("cpu", "cuda", "tpu"), 1e18))


def test_that_a_failed_installation_ends_with_what_pip_said(
    tmp_path: Path, keys: Keys, openssh: OpenSsh, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ddsp_backend.remote.install.requirements_for", lambda accelerator: (f"{tmp_path}/no.whl",))
    events = look(write_book(tmp_path, keys, openssh.port, ""), set_up=True)
    failed = failure(events)
    assert "could not be installed on box" in failed.title
    assert "no.whl" in failed.title


def test_that_damaged_entries_of_the_book_are_left_out(tmp_path: Path) -> None:
    book = HostBook(tmp_path)
    book.put(Host(address="good", patience=5.0))
    entries = (tmp_path / "hosts.json").read_text().replace("[", '[1, {"address": "a b"}, {"folder": "x"}, ', 1)
    (tmp_path / "hosts.json").write_text(entries)
    assert book.hosts() == (Host(address="good", patience=5.0),)
    (tmp_path / "hosts.json").write_text("{")
    assert book.hosts() == ()
    with pytest.raises(ConfigError):
        book.get("good")
