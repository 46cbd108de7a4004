"""Jobs that say what real ones say, in milliseconds and without TensorFlow: for tests of the window.

A name in the inputs or in the folder's name changes their behaviour: see the constants.
"""

import os
import time
from collections.abc import Generator
from pathlib import Path

import numpy as np
import soundfile

from ddsp_backend.audio.formats import is_midi
from ddsp_backend.audio.intake import nothing_usable
from ddsp_backend.audio.search import search
from ddsp_backend.errors import AudioError, Cancelled, DataError
from ddsp_backend.files import written_whole
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import (
    ArtifactWritten,
    CheckpointSaved,
    ClipRendered,
    DatasetWritten,
    Event,
    FileInspected,
    FirstLookDone,
    HeldOutMeasured,
    MetricsMeasured,
    Noted,
    Progressed,
    RecordingInspected,
    StepDone,
    StopAcknowledged,
    Trend,
    TrendJudged,
    Verdict,
)
from ddsp_backend.jobs.kinds import Unit
from ddsp_backend.jobs.spec import (
    EvaluateSpec,
    GenerateSpec,
    InspectSpec,
    PlayCheckpointSpec,
    PrepareSpec,
    RenderSpec,
    SampleSpec,
    TrainSpec,
)

ENDLESS = "endless"  # in the name of the library: training goes on until it is stopped
CALM = "calm"  # and does so at the pace of a small real one
BROKEN = "broken"  # training ends with a fault after five steps
NOISE = "noise"  # in the name of a recording: nothing can be learned from it
SLOW = "slow"  # in the name of a recording: its first seconds are played, and no more until it is stopped
SOUR = "sour"  # it cannot be played
FULL_RATE = "full rate"  # training says five thousand steps, and a clip every twenty-fifth, as fast as it can
LOUDNESS_DB = {
    "loudness_distance_db_notes": 2.31,
    "loudness_distance_db_silence": 14.2,
    "loudness_distance_db": 3.12,
}
Events = Generator[Event, None, dict[str, str]]


def inspect(spec: InspectSpec, cancel: CancelToken) -> Events:
    files = [
        file for path in spec.inputs for file in ([Path(path)] if Path(path).is_file() else Path(path).rglob("*.*"))
    ]
    found = search(spec.inputs)
    if not files:
        raise nothing_usable(spec.inputs, found, ())
    for problem in found.problems.values():
        yield Noted(problem.title, problem.cure)
    for file in sorted(files):
        refusal = "This is no sound file" if file.suffix != ".wav" else ""
        yield FileInspected(str(file), 0.0 if refusal else 60.0, 0 if refusal else 44100, 2, 0.5, refusal)
    usable = [file for file in sorted(files) if file.suffix == ".wav"]
    yield FirstLookDone(len(usable), len(files) - len(usable))
    for n, file in enumerate(usable):
        yield Progressed("Listening to the recordings", n, len(usable), Unit.FILES, file.name)
        yield _heard(file)
    return {}


def _heard(file: Path) -> RecordingInspected:
    """All fine, but for names that say otherwise."""
    findings = {"hum": 12.0} if "hum" in file.name else {"no_pitch": 0.04} if NOISE in file.name else {}
    verdict = Verdict.LEAVE_OUT if "no_pitch" in findings else Verdict.WARN if findings else Verdict.FINE
    coverage = {f"{note}:{level}": 0.5 for note in range(40, 65) for level in (-24, -21, -18)}
    return RecordingInspected(str(file), verdict, 55.0, 50.0, 40.2, 63.9, -30.0, -12.0, -60.0, coverage, findings)


def generate(spec: GenerateSpec, cancel: CancelToken) -> Events:
    folder = Path(spec.output_dir)
    folder.mkdir(parents=True, exist_ok=True)
    _write_sound(folder / "phrase.wav")
    yield Progressed("Playing", 64.0, 64.0, Unit.AUDIO_SECONDS)
    return {"output_dir": spec.output_dir}


def prepare(spec: PrepareSpec, cancel: CancelToken) -> Events:
    for done in (10.0, 30.0, 60.0):
        yield Progressed("Finding the pitch", done, 60.0, Unit.AUDIO_SECONDS, "phrase.wav", 20.0, (60 - done) / 20)
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
            yield MetricsMeasured(step, LOUDNESS_DB)
            yield _save(folder, step)
        if ENDLESS in spec.save_dir:
            time.sleep(0.02 if CALM in spec.save_dir else 0.002)
    yield TrendJudged(total, Trend.IMPROVING, 0.08, 5.0, total, 0.0)
    yield _save(folder, total)
    return {}


def evaluate(spec: EvaluateSpec, cancel: CancelToken) -> Events:
    yield MetricsMeasured(40, {"f0_distance_cents": 14.2, **LOUDNESS_DB})
    return {}


def sample(spec: SampleSpec, cancel: CancelToken) -> Events:
    yield Progressed("Resynthesizing", 1, 1, Unit.CLIPS)
    return {}


def play_checkpoint(spec: PlayCheckpointSpec, cancel: CancelToken) -> Events:
    if not Path(spec.save_dir, f"ckpt-{spec.step}.index").exists():
        raise DataError(f"The model of step {spec.step} is no longer kept", "The models of these steps are kept: 40.")
    yield Progressed("Playing the phrases", 1, 2, Unit.CLIPS)
    while SLOW in spec.save_dir and not cancel.is_set():
        time.sleep(0.01)
    if cancel.is_set():
        _clip(Path(spec.save_dir), spec.step, "take_08 at 0:12")  # it looks up after a phrase, as the real one does
        raise Cancelled
    yield from (_clip(Path(spec.save_dir), spec.step, name) for name in ("take_08 at 0:12", "take_09 at 1:04"))
    return {}


def render(spec: RenderSpec, cancel: CancelToken) -> Events:
    if SOUR in spec.input_path:
        raise AudioError("this is no audio file", "Convert it to wav.", file=Path(spec.input_path).name)
    heard = Path(spec.listening_dir)
    parts = {f"{part}_audio": heard / f"{Path(spec.output_path).stem} {part}.wav" for part in ("harmonic", "noise")}
    for path in (Path(spec.output_path), *parts.values()):
        _write_sound(path)
    if SLOW in spec.input_path:
        for part in ("input", "output"):
            _write_sound(heard / f"{part}.wav")
            yield ArtifactWritten(f"beginning_{part}_audio", str(heard / f"{part}.wav"))
        yield Progressed("Finding the pitch", 10, 40, Unit.AUDIO_SECONDS, "", 2.0, 15.0)
        while not cancel.is_set():
            time.sleep(0.01)
        raise Cancelled
    yield Progressed("Playing", 1, 1, Unit.AUDIO_SECONDS)
    result = {"output_audio": spec.output_path, **{kind: str(path) for kind, path in parts.items()}, "step": "40"}
    if is_midi(spec.input_path):
        result["input_audio"] = ""
    return result | ({"octaves": "1"} if spec.fit else {})


def _save(folder: Path, step: int) -> CheckpointSaved:
    (folder / f"ckpt-{step}.index").touch()
    return CheckpointSaved(step, str(folder / f"ckpt-{step}"), True)


def _clip(folder: Path, step: int, name: str) -> ClipRendered:
    clips = folder / "clips" / f"step-{step}"
    clips.mkdir(parents=True, exist_ok=True)
    file_name = name.replace(":", "-")
    sounds, pictures = (
        [str(place / f"{file_name} {part}.{kind}") for place, part in ((clips.parent, "target"), (clips, "output"))]
        for kind in ("wav", "npy")
    )
    for sound in sounds:
        _write_sound(Path(sound))
    for picture in pictures:
        ramp = np.linspace(0, 255, 128)[:, None] * np.abs(np.sin(np.arange(200) / (8 + step % 7)))[None, :]
        with written_whole(Path(picture)) as temporary:
            np.save(temporary, ramp[::-1].astype(np.uint8))
    return ClipRendered(step, name, *sounds, sounds[1], sounds[1], *pictures)


def _write_sound(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{os.getpid()} {path.name}")
    soundfile.write(temporary, 0.3 * np.sin(np.arange(64000) * 0.1), 16000)
    temporary.replace(path)
