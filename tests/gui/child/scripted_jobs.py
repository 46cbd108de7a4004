"""Jobs that say what real ones say, in milliseconds and without TensorFlow: for tests of the window.

A name in the inputs or in the folder's name changes their behaviour: see the constants.
"""

import os
import time
from collections.abc import Generator
from pathlib import Path

import numpy as np
import soundfile

from ddsp_backend.errors import Cancelled, DataError
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import (
    CheckpointSaved,
    ClipRendered,
    DatasetWritten,
    Event,
    FileInspected,
    HeldOutMeasured,
    MetricsMeasured,
    Noted,
    Progressed,
    StepDone,
    StopAcknowledged,
)
from ddsp_backend.jobs.spec import (
    EvaluateSpec,
    GenerateSpec,
    InspectSpec,
    PrepareSpec,
    RenderSpec,
    SampleSpec,
    TrainSpec,
)

ENDLESS = "endless"  # in the name of the library: training goes on until it is stopped
CALM = "calm"  # and does so at the pace of a small real one
BROKEN = "broken"  # training ends with a fault after five steps
FULL_RATE = "full rate"  # training says five thousand steps, and a clip every twenty-fifth, as fast as it can
Events = Generator[Event, None, dict[str, str]]


def inspect(spec: InspectSpec, cancel: CancelToken) -> Events:
    files = [
        file for path in spec.inputs for file in ([Path(path)] if Path(path).is_file() else Path(path).rglob("*.*"))
    ]
    if not files:
        raise DataError("There is no recording in what was chosen", "Choose another folder.")
    for file in sorted(files):
        refusal = "This is no sound file" if file.suffix != ".wav" else ""
        yield FileInspected(str(file), 0.0 if refusal else 60.0, 0 if refusal else 44100, 2, 0.5, refusal)
    return {}


def generate(spec: GenerateSpec, cancel: CancelToken) -> Events:
    folder = Path(spec.output_dir)
    folder.mkdir(parents=True, exist_ok=True)
    _write_sound(folder / "phrase.wav")
    yield Progressed("Playing", 64.0, 64.0, "s of audio")
    return {"output_dir": spec.output_dir}


def prepare(spec: PrepareSpec, cancel: CancelToken) -> Events:
    for done in (10.0, 30.0, 60.0):
        yield Progressed("Finding the pitch", done, 60.0, "s of audio", "phrase.wav", 20.0, (60 - done) / 20)
    manifest = Path(spec.output_path).with_name("manifest.json")
    manifest.parent.mkdir(parents=True, exist_ok=True)
    manifest.touch()
    for part in ("train", "held"):
        Path(f"{spec.output_path}-{part}-00000-of-00001").write_bytes(b"examples")
    yield DatasetWritten(str(manifest), spec.output_path + "-train*", spec.output_path + "-held*", 50, 6, 60.0, 50.0)
    return {}


def train(spec: TrainSpec, cancel: CancelToken) -> Events:
    folder = Path(spec.save_dir)
    folder.mkdir(parents=True, exist_ok=True)
    saved = sorted(int(path.stem.partition("-")[2]) for path in folder.glob("ckpt-*.index"))
    first = saved[-1] + 1 if saved else 1
    total = 5000 if FULL_RATE in spec.save_dir else (10**9 if ENDLESS in spec.save_dir else spec.steps or 40)
    clip_every = 25 if FULL_RATE in spec.save_dir or CALM in spec.save_dir else 10
    yield Noted("Training goes slowly on this machine")
    for step in range(first, total + 1):
        if cancel.is_set():
            yield StopAcknowledged()
            yield _save(folder, step - 1)
            raise Cancelled
        if BROKEN in spec.save_dir and step == 5:
            _save(folder, 4)
            raise RuntimeError("a matrix is too large")
        loss = 5 + 10 / step**0.5
        losses = {"total_loss": loss, "spectral_loss": loss * 0.9, "regularizer": loss * 0.1}
        yield StepDone(step, total, losses, 3.2, (total - step) / 3.2)
        if step % 10 == 0:
            yield HeldOutMeasured(step, {"total_loss": loss * 1.1}, loss * 1.1)
        if step % clip_every == 0:
            yield from (_clip(folder, step, name) for name in ("take_08 at 0:12", "take_09 at 1:04"))
            yield _save(folder, step)
        if ENDLESS in spec.save_dir:
            time.sleep(0.02 if CALM in spec.save_dir else 0.002)
    yield _save(folder, total)
    return {}


def evaluate(spec: EvaluateSpec, cancel: CancelToken) -> Events:
    yield MetricsMeasured(40, {"f0_distance_cents": 14.2, "loudness_distance_db": 2.31})
    return {}


def sample(spec: SampleSpec, cancel: CancelToken) -> Events:
    yield Progressed("Resynthesizing", 1, 1, "clips")
    return {}


def render(spec: RenderSpec, cancel: CancelToken) -> Events:
    _write_sound(Path(spec.output_path))
    yield Progressed("Rendering", 1, 1, "s of audio")
    return {"output_path": spec.output_path}


def _save(folder: Path, step: int) -> CheckpointSaved:
    (folder / f"ckpt-{step}.index").touch()
    return CheckpointSaved(step, str(folder / f"ckpt-{step}"), True)


def _clip(folder: Path, step: int, name: str) -> ClipRendered:
    clips = folder / "clips" / f"step-{step}"
    clips.mkdir(parents=True, exist_ok=True)
    paths = [
        clips / f"{name.replace(':', '-')} {part}" for part in ("target.wav", "output.wav", "target.npy", "output.npy")
    ]
    for path in paths[:2]:
        _write_sound(path)
    for path in paths[2:]:
        ramp = np.linspace(0, 255, 128)[:, None] * np.abs(np.sin(np.arange(200) / (8 + step % 7)))[None, :]
        np.save(path, ramp[::-1].astype(np.uint8))
    sounds, pictures = [str(path) for path in paths[:2]], [str(path) for path in paths[2:]]
    return ClipRendered(step, name, *sounds, sounds[1], sounds[1], *pictures)


def _write_sound(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{os.getpid()} {path.name}")
    soundfile.write(temporary, 0.3 * np.sin(np.arange(64000) * 0.1), 16000)
    temporary.replace(path)
