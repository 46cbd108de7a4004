"""Python runs this at its start in the children of these tests: their jobs follow a script, and wait where told."""

from ddsp_backend.jobs import spec
from ddsp_backend.jobs.run import JOBS

for _name in ("inspect", "generate", "prepare", "train", "evaluate", "sample", "render"):
    JOBS[getattr(spec, f"{_name.capitalize()}Spec")] = f"held_jobs:{_name}"
