"""python -m tests.remote.follow_run FOLDER BOOK SAVE_DIR GIN_PARAMS: does with a run on `box` what a window does.

It starts the run where there is none in FOLDER, listens where somebody relays it, and goes on where nobody does.
"""

import json
import sys
from pathlib import Path

from app.jobs.child import AttachedJob, ChildJob
from ddsp_backend.jobs.folder import Follower, JobFolder
from ddsp_backend.jobs.place import joined_where_left, new_place
from ddsp_backend.jobs.spec import TrainSpec
from tests.tiny import GIN_FILES


def job_folders(folder: Path) -> list[JobFolder]:
    """Oldest first."""
    return [JobFolder(path) for path in sorted(folder.iterdir(), key=lambda path: int(path.name))]


def has_ended(folder: JobFolder) -> bool:
    follower = Follower(folder)
    while follower.poll():
        pass
    return follower.ended


def main(folder: str, book: str, save_dir: str, gin_params: str) -> None:
    spec = TrainSpec(save_dir=save_dir, gin_files=GIN_FILES, gin_params=tuple(json.loads(gin_params)))
    folders = job_folders(Path(folder))
    place = joined_where_left(folders[-1]) if folders else new_place(book, "box")
    if place is None:
        transport: AttachedJob | ChildJob = AttachedJob(folders[-1])
    else:
        transport = ChildJob(spec, Path(folder, str(len(folders))), place=place)
    for _ in transport.events():
        pass


if __name__ == "__main__":
    main(*sys.argv[1:])
