"""What an evaluation or a resynthesis leaves behind in the run's folder and for TensorBoard."""

import json
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ddsp_backend.files import written_whole
from ddsp_backend.inference.clips import PlayedClip, write_clip
from ddsp_backend.inference.stored_values import StoredCheckpoint
from ddsp_backend.inference.tensorboard import Summaries
from ddsp_backend.jobs.events import ClipRendered

METRICS_FILE = "metrics.json"


def write_metrics(folder: Path, checkpoint: StoredCheckpoint, n_examples: int, metrics: Mapping[str, float]) -> Path:
    """Writes the figures of the checkpoint that was measured last. What is not a number is null."""
    path = folder / METRICS_FILE
    content = {
        "step": checkpoint.step,
        "checkpoint": checkpoint.prefix,
        "n_examples": n_examples,
        "metrics": {name: value if math.isfinite(value) else None for name, value in metrics.items()},
    }
    with written_whole(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return path


def write_sample(
    folder: Path, step: int, name: str, clip: PlayedClip, sample_rate: int, summaries: Summaries
) -> ClipRendered:
    """Writes an example as the model plays it: files, and for TensorBoard audio and spectrograms."""
    rendered = write_clip(folder, step, name, clip, sample_rate)
    for part, audio_N, spectrogram in (
        ("original", clip.target, rendered.target_spectrogram),
        ("generated", clip.output, rendered.output_spectrogram),
    ):
        summaries.audio(step, f"audio_{part}/{name}", audio_N, sample_rate)
        summaries.spectrogram(step, f"spectrogram_{part}/{name}", np.load(spectrogram))
    return rendered


def forget_targets(folder: Path) -> None:
    """Makes the next clips write their targets anew: they are written once for all steps."""
    for path in folder.glob("* target.npy"):
        path.unlink()
