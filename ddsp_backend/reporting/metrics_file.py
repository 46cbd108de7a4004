"""What an evaluation or a resynthesis leaves behind in the run's folder."""

import json
import math
from collections.abc import Mapping

from ddsp_backend.checkpoints.files import StoredCheckpoint
from ddsp_backend.files import written_whole
from ddsp_backend.storage import AnyPath

METRICS_FILE = "metrics.json"


def write_metrics(
    folder: AnyPath, checkpoint: StoredCheckpoint, n_examples: int, metrics: Mapping[str, float]
) -> AnyPath:
    """Writes the figures of the checkpoint that was measured last. What is not a number is null."""
    path = folder / METRICS_FILE
    content = {
        "step": checkpoint.step,
        "checkpoint": str(checkpoint.path),
        "n_examples": n_examples,
        "metrics": {name: value if math.isfinite(value) else None for name, value in metrics.items()},
    }
    with written_whole(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return path
