"""Python runs this at its start in the children of the window's tests: their jobs follow a script. Not shipped."""

from ddsp_backend.jobs import spec
from ddsp_backend.jobs.run import JOBS

JOBS[spec.PlayCheckpointSpec] = "scripted_jobs:play_checkpoint"
for _name in ("inspect", "generate", "prepare", "train", "evaluate", "sample", "render"):
    JOBS[getattr(spec, f"{_name.capitalize()}Spec")] = f"scripted_jobs:{_name}"
