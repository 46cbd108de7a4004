"""Python runs this at its start in the children of the window's tests: their jobs follow a script. Not shipped."""

from ddsp_backend.jobs.job_table import JobKind
from ddsp_backend.jobs.run import JOBS

JOBS[JobKind.PLAY_CHECKPOINT] = "scripted_jobs:play_checkpoint"
for _name in ("inspect", "generate", "prepare", "train", "evaluate", "sample", "render"):
    JOBS[JobKind[_name.upper()]] = f"scripted_jobs:{_name}"
