"""Each content goes to a host once, a cut transfer goes on, and what comes back is what was there."""

import asyncio
import contextlib
import hashlib
import os
import sys
import time
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from ddsp_backend.errors import RemoteError
from ddsp_backend.jobs.events import Progressed
from ddsp_backend.remote.agent_client import AgentClient, Program, Request
from ddsp_backend.remote.connection import connect
from ddsp_backend.remote.download import Download
from ddsp_backend.remote.install import Installation
from ddsp_backend.remote.job_bundle import PathMap
from ddsp_backend.remote.probe import probe
from ddsp_backend.remote.ssh_errors import SshConnectionError
from ddsp_backend.remote.upload import Source, upload
from tests.remote.servers import Keys, OpenSsh, Wire, write_book


class There:
    """A host that is set up."""

    def __init__(self, tmp_path: Path, keys: Keys, port: int) -> None:
        self.book = write_book(tmp_path, keys, port, sys.executable)
        self.root = tmp_path / "host's $HOME; folder"
        self.run = self.root / "runs" / "one"
        self.total = 0.0  # MB to be sent, as it was said last

    def send(self, sources: dict[str, Source], keep: bool = True) -> float:
        """How many MB went over the wire."""

        async def work() -> float:
            sent = [0.0]
            host = self.book.get("box")
            async with connect(host, self.book) as connection:
                link = AgentClient(connection, "box")
                steps = Installation(link, host, await probe(link, host))
                async for _ in steps.steps():
                    pass
                async for event in upload(link, steps.program, str(self.root), str(self.run), sources, keep):
                    assert isinstance(event, Progressed)
                    sent.append(event.done)
                    self.total = event.total
            return max(sent)

        return asyncio.run(work())

    def fetch(self, folder: Path, way: type[AgentClient] = AgentClient) -> None:
        async def work() -> None:
            host = self.book.get("box")
            async with connect(host, self.book) as connection:
                link = way(connection, "box")
                steps = Installation(link, host, await probe(link, host))
                async for _ in steps.steps():
                    pass
                async with Download(folder, str(self.run / "out"), PathMap()).visit(link, steps.program) as update:
                    await update()

        asyncio.run(work())


def is_open(path: Path) -> bool:
    """Whether any process has the file open: one that receives may outlive the ssh session that started it."""
    for descriptors in Path("/proc").glob("[0-9]*/fd"):
        with contextlib.suppress(OSError):
            if any(os.path.realpath(each) == str(path.resolve()) for each in descriptors.iterdir()):
                return True
    return False


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "large"
    path.write_bytes(os.urandom(24_000_000))
    return path


def test_that_a_content_is_sent_once_and_its_name_every_time(
    tmp_path: Path, keys: Keys, openssh: OpenSsh, large: Path
) -> None:
    there = There(tmp_path, keys, openssh.port)
    assert there.send({"in/a b": large, "in/twice": large, "in/text": b"abc"}) == pytest.approx(24.000003)
    assert there.total == pytest.approx(24.000003)
    assert (there.run / "in/a b").read_bytes() == (there.run / "in/twice").read_bytes() == large.read_bytes()
    assert (there.run / "in/text").read_bytes() == b"abc"
    there.run = there.root / "runs" / "two"
    assert there.send({"in/again": large}) == 0
    assert (there.run / "in/again").read_bytes() == large.read_bytes()


def test_that_a_cut_transfer_goes_on_where_it_was(tmp_path: Path, keys: Keys, openssh: OpenSsh, large: Path) -> None:
    wire = Wire(openssh.port)
    there = There(tmp_path, keys, wire.port)
    there.send({"in/first": b"first"})  # sets up
    wire.cut_after(12_000_000)
    with pytest.raises(SshConnectionError):
        there.send({"in/large": large})
    (part,) = (there.root / "store").glob("*.part")
    while is_open(part):  # what was on its way when the line was cut is still being written
        time.sleep(0.01)
    here = part.stat().st_size
    assert 4_000_000 < here < 12_000_000
    assert part.read_bytes() == large.read_bytes()[:here]
    assert there.send({"in/large": large}) == pytest.approx(24 - here / 1e6)
    wire.close()
    assert (there.run / "in/large").read_bytes() == large.read_bytes()


def test_that_a_damaged_part_is_sent_anew(tmp_path: Path, keys: Keys, openssh: OpenSsh, large: Path) -> None:
    there = There(tmp_path, keys, openssh.port)
    there.send({"in/large": large})
    (stored,) = (there.root / "store").iterdir()
    stored.with_name(f"{stored.name}.part").write_bytes(b"damaged" * 1000)
    stored.unlink()
    there.run = there.root / "runs" / "two"
    there.send({"in/large": large})
    assert (there.run / "in/large").read_bytes() == large.read_bytes()


def test_that_a_host_without_space_is_said_before_anything_is_sent(
    tmp_path: Path, keys: Keys, openssh: OpenSsh
) -> None:
    huge = tmp_path / "huge"
    with huge.open("wb") as file:
        file.truncate(1 << 43)  # takes no space here
    there = There(tmp_path, keys, openssh.port)
    import ddsp_backend.remote.upload as module

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_sum", lambda source: "0" * 64)  # it would take days
        with pytest.raises(RemoteError, match="MB of free disk space"):
            there.send({"in/huge": huge})
    assert not list((there.root / "store").iterdir())


def test_that_sums_are_made_group_by_group_and_the_total_is_what_is_sent(
    tmp_path: Path, keys: Keys, openssh: OpenSsh, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ddsp_backend.remote.upload._GROUP", 10)
    there = There(tmp_path, keys, openssh.port)
    there.send({"in/1": b"a" * 7, "in/2": b"b" * 7, "in/3": b"c" * 7})
    there.run = there.root / "runs" / "two"
    sources: dict[str, Source] = {
        f"in/{place}": letter * 7 for place, letter in enumerate((b"d", b"a", b"e", b"d", b"f"))
    }
    assert there.send(sources) == pytest.approx(21e-6)
    assert {f"in/{path.name}": path.read_bytes() for path in (there.run / "in").iterdir()} == sources
    assert there.total == pytest.approx(21e-6)


def test_that_a_part_longer_than_the_whole_and_a_whole_part_are_taken_for_what_they_are(
    tmp_path: Path, keys: Keys, openssh: OpenSsh
) -> None:
    there = There(tmp_path, keys, openssh.port)
    there.send({"in/first": b"first"})
    for content, part in ((b"second", b"second and more"), (b"third", b"third")):
        (there.root / "store" / f"{hashlib.sha256(content).hexdigest()}.part").write_bytes(part)
    assert there.send({"in/second": b"second"}) == pytest.approx(6e-6)
    assert there.send({"in/third": b"third"}) == 0
    assert (there.run / "in/second").read_bytes() == b"second"
    assert (there.run / "in/third").read_bytes() == b"third"


def test_that_two_who_send_the_same_at_once_both_find_it(
    tmp_path: Path, keys: Keys, openssh: OpenSsh, large: Path
) -> None:
    there = There(tmp_path, keys, openssh.port)
    there.send({"in/first": b"first"})  # sets up
    with ThreadPoolExecutor(2) as both:
        for _ in both.map(lambda name: there.send({f"in/{name}": large}), ("one", "two")):
            pass
    assert (there.run / "in/one").read_bytes() == (there.run / "in/two").read_bytes() == large.read_bytes()
    assert not list((there.root / "store").glob("*.part"))


def test_that_a_file_that_the_host_cannot_write_is_said_with_a_cure(
    tmp_path: Path, keys: Keys, openssh: OpenSsh, large: Path
) -> None:
    there = There(tmp_path, keys, openssh.port)
    there.send({"in/first": b"first"})
    content = large.read_bytes()
    # Where the part belongs lies a folder, which even an administrator cannot write.
    (there.root / "store" / f"{hashlib.sha256(content).hexdigest()}.part").mkdir()
    with pytest.raises(RemoteError, match="box refused a file: Is a directory") as refusal:
        there.send({"in/large": large})
    assert "its disk has space" in refusal.value.hint


def test_that_a_folder_here_follows_that_of_the_run(tmp_path: Path, keys: Keys, openssh: OpenSsh) -> None:
    there = There(tmp_path, keys, openssh.port)
    here, out = tmp_path / "here", there.run / "out"
    (out / "summaries").mkdir(parents=True)

    def checkpoint(step: int) -> None:
        for suffix in (".index", ".data-00000-of-00001"):
            (out / f"ckpt-{step}{suffix}").write_bytes(os.urandom(1000))

    checkpoint(1)
    checkpoint(2)
    (out / "summaries" / "events").write_bytes(b"begun")
    (out / ".writing-1").mkdir()
    (out / ".writing-1" / "ckpt-3.index").write_bytes(b"half")
    there.fetch(here)
    assert not list(here.rglob(".*"))
    assert sorted(path.name for path in here.iterdir() if path.is_file()) == sorted(
        f"ckpt-{step}{suffix}" for step in (1, 2) for suffix in (".index", ".data-00000-of-00001")
    )
    checkpoint(3)
    for path in out.glob("ckpt-1.*"):
        path.unlink()
    (out / "summaries" / "events").write_bytes(b"begun and gone on")
    there.fetch(here)
    assert {path.name: path.read_bytes() for path in here.glob("ckpt-*")} == {
        path.name: path.read_bytes() for path in out.glob("ckpt-*")
    }
    assert (here / "summaries" / "events").read_bytes() == b"begun and gone on"


class Disturbed(AgentClient):
    """What is fetched of a file is not what was listed; with `changes`, it can be seen that it was replaced."""

    changes = False

    @asynccontextmanager
    async def request(self, program: Program, do: str, **arguments: Any) -> AsyncGenerator[Request, None]:
        async with super().request(program, do, **arguments) as request:
            answer = request.answer

            async def disturbed() -> dict[str, Any]:
                found = await answer()
                entry = found["files"]["best.json"]
                entry[2] = hashlib.sha256(b"another").hexdigest()
                if self.changes:
                    entry[1] = time.monotonic_ns()
                return found

            if do == "list":
                request.answer = disturbed
            yield request


class Replaced(Disturbed):
    changes = True


@pytest.mark.parametrize("link", [Disturbed, Replaced])
def test_that_a_file_that_is_replaced_again_and_again_is_left_for_later_and_a_damaged_one_is_said(
    tmp_path: Path, keys: Keys, openssh: OpenSsh, link: type[Disturbed]
) -> None:
    there = There(tmp_path, keys, openssh.port)
    here, out = tmp_path / "here", there.run / "out"
    out.mkdir(parents=True)
    for name in ("best.json", "ckpt-1.index"):
        (out / name).write_bytes(b"content")
    if link.changes:
        there.fetch(here, link)
    else:
        with pytest.raises(RemoteError, match="arrived here damaged"):
            there.fetch(here, link)
    assert [path.name for path in here.iterdir()] == ["ckpt-1.index"]
    there.fetch(here)
    assert (here / "best.json").read_bytes() == b"content"
