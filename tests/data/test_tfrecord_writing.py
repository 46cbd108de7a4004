"""A data set takes the place of an older one as one act, wherever in it the process dies."""

import subprocess
import sys
from pathlib import Path

import pytest

from ddsp_backend.data.tfrecord_index import index_records
from ddsp_backend.data.tfrecord_writing import ShardWriter, require_whole, shard_names
from ddsp_backend.errors import DataError

ROOT = Path(__file__).parents[2]
NEW = shard_names("data.tfrecord-train", 3)
OLD = [*NEW, "data.tfrecord-eval-00000-of-00001"]
# Writes a new set over the old one, and dies at the given one of the changes that it makes to names on the disk.
DYING = """
import os, sys
from pathlib import Path
from ddsp_backend.data.tfrecord_writing import ShardWriter
output, names, left = Path(sys.argv[1]), sys.argv[3:], int(sys.argv[2])
def die(event, arguments):
    global left
    if event in ("os.rename", "os.remove"):
        left -= 1
        if left < 0:
            os._exit(9)
with ShardWriter(output) as writer:
    for name in names:
        (writer.folder / name).write_text("new")
    sys.addaudithook(die)
    writer.commit(names)
    os._exit(0)
"""


def write_set(output: Path, names: list[str], content: str) -> None:
    with ShardWriter(output) as writer:
        for name in names:
            (writer.folder / name).write_text(content)
        writer.commit(names)


def dies_after(output: Path, n_changes: int) -> bool:
    names = [*NEW, "data.manifest.json"]
    command = [sys.executable, "-c", DYING, str(output), str(n_changes), *names]
    return subprocess.run(command, cwd=ROOT, check=False, timeout=60).returncode == 9


# One old file is removed, three and the manifest take their places, and the mark is taken away.
@pytest.mark.parametrize("n_changes", range(7))
def test_that_a_death_leaves_the_old_set_or_the_new_one_or_a_refusal(tmp_path, n_changes):
    output = tmp_path / "data.tfrecord"
    write_set(output, [*OLD, "data.manifest.json"], "old")
    assert dies_after(output, n_changes) == (n_changes < 6)
    visible = sorted(path for path in tmp_path.iterdir() if not path.name.startswith("."))
    if n_changes == 6:
        assert {path.read_text() for path in visible} == {"new"}
        require_whole(visible[-1])
        return
    for path in visible:
        if path.name != "data.manifest.json":
            with pytest.raises(DataError, match="ended while it was replacing"):
                require_whole(path)
    with pytest.raises(DataError, match="ended while it was replacing") as refused:
        index_records(str(tmp_path / "data.tfrecord-*"))
    assert "Prepare the recordings again" in refused.value.hint
    write_set(output, [*NEW, "data.manifest.json"], "newest")
    assert {path.name for path in tmp_path.iterdir()} == {*NEW, "data.manifest.json"}
    require_whole(output.with_name(NEW[0]))


def test_that_another_set_in_the_folder_is_read_beside_a_half_replaced_one(tmp_path):
    write_set(tmp_path / "data.tfrecord", OLD, "old")
    write_set(tmp_path / "other.tfrecord", ["other.tfrecord-00000-of-00001"], "whole")
    assert dies_after(tmp_path / "data.tfrecord", 1)
    require_whole(tmp_path / "other.tfrecord-00000-of-00001")
