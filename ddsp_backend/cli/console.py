"""Shows a job's events in a terminal: a progress bar where there is one, sparse lines where there is not."""

import shutil
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TextIO

from ddsp_backend.cli.loading import load_quietly
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import (
    ArtifactWritten,
    BucketEntryFound,
    CheckpointSaved,
    ClipRendered,
    DatasetWritten,
    Event,
    Failed,
    FileInspected,
    Finished,
    HeldOutMeasured,
    HostKeyShown,
    HostProbed,
    MachineDeleted,
    MachineFound,
    MetricsMeasured,
    Noted,
    Progressed,
    SettingDescribed,
    Started,
    StepDone,
    StopAcknowledged,
    Stopped,
)
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import JobSpec

EXIT_FINISHED, EXIT_FAILED, EXIT_STOPPED = 0, 1, 130

_BAR_WIDTH = 24
_SECONDS_BETWEEN_LINES = 15.0


def run_in_terminal(spec: JobSpec) -> int:
    """Runs a job in this process and shows it. Ctrl-C asks it to stop. Returns the exit code."""
    cancel = CancelToken()
    with stopped_by_signals(cancel):
        load_quietly(spec)
        return show(run(spec, cancel))


def show(events: Iterable[Event], out: TextIO | None = None) -> int:
    """Shows events up to the last word. Returns 0 for Finished, 1 for Failed, 130 for Stopped."""
    screen = _Screen(out or sys.stdout)
    for event in events:
        match event:
            case Finished():
                screen.clear_bar()
                return EXIT_FINISHED
            case Failed():
                screen.line(f"Failed: {event.title}.")
                for text in filter(None, (event.hint, event.traceback)):
                    screen.line(text, keep_newlines=True)
                return EXIT_FAILED
            case Stopped():
                screen.line("Stopped. The same command goes on from here.")
                return EXIT_STOPPED
            case Progressed():
                screen.progress(event.stage, event.done, event.total, _details(event))
            case StepDone():
                screen.progress("Training", event.step, event.total_steps, _step_details(event))
            case _:
                text = _sentence(event)
                if text:
                    screen.line(text)
    screen.line("Failed: the job ended without a last word.")
    return EXIT_FAILED


@contextmanager
def stopped_by_signals(cancel: CancelToken) -> Iterator[None]:
    """Ctrl-C and SIGTERM ask the job to stop and save; a second Ctrl-C interrupts it at once."""

    def ask(number: int, _: FrameType | None) -> None:
        if cancel.is_set():
            raise KeyboardInterrupt
        cancel.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def readable(text: str, keep_newlines: bool = False) -> str:
    """`text` with everything escaped that would move the cursor or cannot be encoded: file names hold anything."""
    kept = "\n" if keep_newlines else ""
    return "".join(c if c.isprintable() or c in kept else c.encode("unicode_escape").decode() for c in text)


def duration(seconds: float) -> str:
    """1:02:03, or 2:03, or 3 s."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"


class _Screen:
    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._is_terminal = out.isatty()
        self._bar_length = 0
        self._stage = ""
        self._last_line = 0.0

    def line(self, text: str, keep_newlines: bool = False) -> None:
        self.clear_bar()
        self._write(readable(text, keep_newlines) + "\n")

    def progress(self, stage: str, done: float, total: float, details: str) -> None:
        share = min(1.0, done / total) if total else 0.0
        if self._is_terminal:
            self._draw_bar(stage, share, details)
            return
        # Without a terminal this is a log: a line when a stage begins and ends, and every so often in between.
        now = time.monotonic()
        if stage != self._stage or share >= 1 or now - self._last_line > _SECONDS_BETWEEN_LINES:
            self._stage, self._last_line = stage, now
            self._write(readable(f"{stage}: {100 * share:.0f} %, {details}") + "\n")

    def clear_bar(self) -> None:
        if self._bar_length:
            self._write("\r" + " " * self._bar_length + "\r")
            self._bar_length = 0

    def _draw_bar(self, stage: str, share: float, details: str) -> None:
        full = round(share * _BAR_WIDTH)
        text = readable(f"{stage} [{'#' * full}{'.' * (_BAR_WIDTH - full)}] {100 * share:3.0f} % {details}")
        text = text[: shutil.get_terminal_size().columns - 1]
        self._write("\r" + text + " " * max(0, self._bar_length - len(text)))
        self._bar_length = len(text)

    def _write(self, text: str) -> None:
        encoding = self._out.encoding or "utf-8"
        self._out.write(text.encode(encoding, "backslashreplace").decode(encoding))
        self._out.flush()


def _details(event: Progressed) -> str:
    parts = [f"{event.done:.0f} of {event.total:.0f} {event.unit}"] if event.total else []
    if event.rate is not None:
        is_audio = event.unit == "s of audio"
        parts.append(f"{event.rate:.2g} x real time" if is_audio else f"{event.rate:.3g} {event.unit} a second")
    if event.seconds_left:
        parts.append(f"{duration(event.seconds_left)} left")
    return ", ".join([*parts, *([event.detail] if event.detail else [])])


def _step_details(event: StepDone) -> str:
    loss = event.losses.get("total_loss")
    parts = [f"step {event.step} of {event.total_steps}"]
    if loss is not None:
        parts.append(f"loss {loss:.3f}")
    return ", ".join([*parts, f"{event.steps_per_second:.2f} steps a second, {duration(event.seconds_left)} left"])


def _sentence(event: Event) -> str:
    """One line about an event, or nothing."""
    match event:
        case Started() | Progressed() | StepDone() | Finished() | Failed() | Stopped():
            return ""
        case SettingDescribed():
            return f"{event.name} = {event.value}  # {event.documentation}"
        case Noted(title, hint):
            return f"Note: {title}" + (f" ({hint})" if hint else "")
        case FileInspected():
            state = event.refusal or "; ".join(event.warnings) or "usable"
            return f"{event.path}: {event.duration:.1f} s, {event.sample_rate} Hz, {event.channels} ch: {state}"
        case DatasetWritten():
            held_out = f" and {event.n_held_out} held-out" if event.n_held_out else ""
            voiced = f"{duration(event.voiced_seconds)} of {duration(event.audio_seconds)} with a sure pitch"
            return f"Data set written: {event.n_train} training{held_out} examples, {voiced}. {event.manifest_path}"
        case HeldOutMeasured():
            loss = event.losses.get("total_loss", float("nan"))
            return f"Step {event.step}: held-out loss {loss:.3f}, smoothed {event.smoothed:.3f}"
        case MetricsMeasured():
            return f"Step {event.step}: " + ", ".join(f"{name} {value:.4g}" for name, value in event.metrics.items())
        case ClipRendered():
            return f"Step {event.step}: rendered {event.output_audio}"
        case CheckpointSaved():
            return f"Checkpoint saved{', the best so far' if event.is_best else ''}: {event.path}"
        case ArtifactWritten():
            return f"Written: {event.path}"
        case BucketEntryFound():
            return f"{event.path}/" if event.is_folder else f"{event.path} {event.size / 1e6:.1f} MB"
        case HostKeyShown(address, fingerprint, jump):
            return f"{jump or address} shows a key with the fingerprint {fingerprint}"
        case HostProbed():
            size = f"{event.cores} cores, {event.memory / 1e9:.0f} GB of memory, {event.free / 1e9:.1f} GB of disk free"
            chips = f"{event.tpu_chips} TPU chip{'s' if event.tpu_chips > 1 else ''}" if event.tpu_chips else ""
            parts = ", ".join(filter(None, (size, *event.gpus, chips)))
            return f"{event.address}: {event.system}, {parts}; uses {event.accelerator}, {event.python}"
        case MachineFound():
            made = "" if event.is_ours else ", made on another computer"
            left = f", deletes itself in {duration(event.ends_at - time.time())}" if event.ends_at else ""
            return f"{event.name}: {event.machine_type} in {event.zone} of {event.project}, {event.status}{left}{made}"
        case MachineDeleted(name):
            return f"{name} is deleted, with its disk"
        case StopAcknowledged():
            return "Stopping: saving what is done ..."
