"""Python runs this at its start in the children of these tests: their jobs follow a script, and wait where told."""

from ddsp_backend.jobs.job_table import JobKind
from ddsp_backend.jobs.run import JOBS

for _name in ("inspect", "generate", "prepare", "train", "evaluate", "sample", "render"):
    JOBS[JobKind[_name.upper()]] = f"held_jobs:{_name}"
