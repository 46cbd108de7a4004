"""One process at a time writes to a place, and whoever died there is in nobody's way."""

import os
import subprocess
import sys
from pathlib import Path

from ddsp_backend.jobs.claim import Claim

ROOT = Path(__file__).parents[2]
# Waits for a line, takes the place, says whether it has it, and keeps it until it is told to end.
TAKING = """
import sys
from pathlib import Path
from ddsp_backend.jobs.claim import Claim
claim = Claim(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
other = claim.take()
print("mine" if other is None else other.pid, flush=True)
sys.stdin.readline()
"""
DEAD = '{"pid": 4194303, "started": 1.0, "boot": "another"}'


def child(file: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", TAKING, str(file)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def answer_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def end(process: subprocess.Popen[str]) -> None:
    process.communicate(timeout=60)


def test_that_of_several_at_once_one_has_it_even_where_a_dead_one_has_left_it(tmp_path: Path) -> None:
    file = tmp_path / ".in-use"
    children = [child(file) for _ in range(4)]
    for _ in range(3):
        file.write_text(DEAD)
        for process in children:
            go(process)
        answers = [answer_of(process) for process in children]
        assert answers.count("mine") == 1
        holder = children[answers.index("mine")].pid
        assert {answer for answer in answers if answer != "mine"} == {str(holder)}
        for process in children:
            end(process)
        assert list(tmp_path.iterdir()) == [file]  # nothing was left aside
        children = [child(file) for _ in range(4)]
    for process in children:
        process.kill()
        end(process)


def test_that_a_process_that_was_killed_gives_it_up(tmp_path: Path) -> None:
    file = tmp_path / ".in-use"
    process = child(file)
    go(process)
    assert answer_of(process) == "mine"
    claim = Claim(file)
    other = claim.take()
    assert other is not None
    assert other.pid == process.pid
    process.kill()
    end(process)
    assert claim.take() is None
    with claim:
        assert claim.is_held()
    assert not list(tmp_path.iterdir())


def test_that_within_a_process_it_is_had_once(tmp_path: Path) -> None:
    first, second = Claim(tmp_path / ".in-use"), Claim(tmp_path / ".in-use")
    assert first.take() is None
    other = second.take()
    assert other is not None
    assert other.pid == os.getpid()
    second.give_up()  # which is not his to give
    assert first.is_held()
    first.give_up()
    assert second.take() is None


def test_that_a_place_that_was_moved_or_made_again_is_not_held_any_more(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    claim = Claim(folder / ".in-use")
    assert claim.take() is None
    folder.rename(tmp_path / "elsewhere")
    assert not claim.is_held()
    folder.mkdir()
    assert not claim.is_held()
    folder.rmdir()
    (tmp_path / "elsewhere").rename(folder)
    assert claim.is_held()
    claim.give_up()
    assert not folder.exists()  # it was made for the claim, and nothing came into it


def test_that_nonsense_in_its_place_stops_nobody(tmp_path: Path) -> None:
    file = tmp_path / ".in-use"
    file.write_bytes(b"\xff{")
    claim = Claim(file)
    assert claim.take() is None
    assert claim.is_held()
