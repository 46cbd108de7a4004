"""The first steps of vst on real recordings, beside the reference's losses on the same windows with the same features.

Needs what no program brings along: the recordings, and two files of the reference.
  --recordings FOLDER  takes, as named in the features' windows
  --features FILE      npz; for train and eval: *_window ("take@second"), *_f0_hz and *_f0_confidence, [n, 201]
  --curve FILE         json; train_total_loss_per_step (a list) and held_out_total_loss (by step)
  --seed N             1 if not given; several are needed, since in some the harmonics die (see performance-diary.md)
Weights, order and noise are drawn from another generator than the reference's, so the curves agree as two seeds would.
"""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr

from benchmarks.measurement import Measurement
from benchmarks.models import GIN_FILES
from ddsp_backend.config.parse import parse
from ddsp_backend.reporting.held_out_loss import LossMeasure

SAMPLE_RATE, SECONDS, N_BATCH = 16000, 4, 16
N_HELD_OUT = 32
N_MEAN = 20  # steps of which a training loss is the mean
MEASURED_AT = (25, 50, 100, 150, 200, 250, 300)


def measure(recordings: Path, features: Path, curve: Path, seed: int) -> Iterator[Measurement]:
    import tensorflow as tf

    from ddsp_backend.training.trainer import Trainer

    given, reference = np.load(features), json.loads(curve.read_text())
    train, held_out = (_examples(recordings, given, part) for part in ("train", "eval"))
    config = parse([GIN_FILES["vst"]], ())
    tf.random.set_seed(seed)
    trainer = Trainer(config.model(), tf.distribute.get_strategy(), config.trainer(), seed)
    trainer.build(_rows(train, [0]))
    measured = LossMeasure(trainer.model)
    losses: list[float] = []
    for rows in _order(len(train["audio"]), max(MEASURED_AT), seed):
        losses.append(trainer.train_step(_rows(train, rows)).losses["total_loss"])
        step = len(losses)
        if step in MEASURED_AT:
            expected = np.mean(reference["train_total_loss_per_step"][max(0, step - N_MEAN) : step])
            yield Measurement(
                f"training loss at step {step}", [float(np.mean(losses[-N_MEAN:]))], "loss", float(expected)
            )
            parts = [range(first, first + N_BATCH) for first in range(0, N_HELD_OUT, N_BATCH)]
            found = [measured.losses(_rows(held_out, part), n)["total_loss"] for n, part in enumerate(parts)]
            expected = reference["held_out_total_loss"][str(step)]
            yield Measurement(f"held-out loss at step {step}", [float(np.mean(found))], "loss", expected)


def _examples(recordings: Path, given: Any, part: str) -> dict[str, Any]:
    @cache
    def take(name: str) -> Any:
        samples_NC, rate = soundfile.read(recordings / name, dtype="float32", always_2d=True)
        return soxr.resample(samples_NC.mean(1), rate, SAMPLE_RATE)

    windows = [str(window).rsplit("@", 1) for window in given[f"{part}_window"]]
    starts = [(name, int(second) * SAMPLE_RATE) for name, second in windows]
    audio = np.stack([take(name)[start : start + SECONDS * SAMPLE_RATE] for name, start in starts])
    return {"audio": audio, **{key: given[f"{part}_{key}"] for key in ("f0_hz", "f0_confidence")}}


def _rows(examples: dict[str, Any], rows: Any) -> dict[str, Any]:
    import tensorflow as tf

    return {key: tf.constant(values[list(rows)]) for key, values in examples.items()}


def _order(n_examples: int, n_steps: int, seed: int) -> Iterator[Any]:
    """Rows of each batch: all examples once, then all in another order."""
    random = np.random.default_rng(seed)
    rest = np.zeros(0, int)
    for _ in range(n_steps):
        if len(rest) < N_BATCH:
            rest = np.concatenate([rest, random.permutation(n_examples)])
        rows, rest = rest[:N_BATCH], rest[N_BATCH:]
        yield rows
