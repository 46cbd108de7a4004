"""Shows a job's events in a terminal: a progress bar where there is one, sparse lines where there is not."""

import math
import os
import shutil
import sys
import time
from collections.abc import Iterable, Iterator
from typing import TextIO

from ddsp_backend.cli.loading import load_quietly
from ddsp_backend.cli.signals import EXIT_STOPPED, stopped_by_signals
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import (
    ArtifactWritten,
    BucketEntryFound,
    CheckpointSaved,
    ClipRendered,
    DatasetWritten,
    DistanceMeasured,
    Event,
    Failed,
    FileInspected,
    Finished,
    FirstLookDone,
    HeldOutMeasured,
    HostKeyShown,
    HostProbed,
    MachineDeleted,
    MachineFound,
    MetricsMeasured,
    Noted,
    Progressed,
    RecordingInspected,
    SettingDescribed,
    Started,
    StepDone,
    StopAcknowledged,
    Stopped,
    TrendJudged,
    WentBack,
)
from ddsp_backend.jobs.kinds import Unit
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import JobSpec

EXIT_FINISHED, EXIT_FAILED = 0, 1

_BAR_WIDTH = 24
_UNITS = {Unit.AUDIO_SECONDS: "s of audio", Unit.MEGABYTES: "MB"}  # others are called by their values
_SECONDS_BETWEEN_LINES = 15.0


def run_in_terminal(spec: JobSpec) -> int:
    """Runs a job in this process and shows it. Ctrl-C asks it to stop. Returns the exit code."""
    cancel = CancelToken()

    def events() -> Iterator[Event]:
        load_quietly(spec)
        yield from run(spec, cancel)

    return show_until_stopped(
        events(), cancel, "Stopped immediately. Everything saved before that is kept; start it again to continue."
    )


def show_until_stopped(events: Iterable[Event], cancel: CancelToken, parting: str) -> int:
    """As `show`; the first Ctrl-C is handed on through `cancel`, the second ends with the words of `parting`."""
    try:
        with stopped_by_signals(cancel):
            return show(events)
    except KeyboardInterrupt:
        Teller().say(parting)
        return EXIT_STOPPED


def show(events: Iterable[Event], out: TextIO | None = None) -> int:
    """Shows events up to the last word. Returns 0 for Finished, 1 for Failed, 130 for Stopped."""
    teller = Teller(out)
    for event in events:
        code = teller.tell(event)
        if code is not None:
            return code
    teller.say("Failed: the job ended without reporting a result.")
    return EXIT_FAILED


class Teller:
    """Shows events one at a time, for those who do not wait for them in a loop."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._screen = _Screen(out or sys.stdout)

    def say(self, *lines: str) -> None:
        for text in lines:
            self._screen.line(text)

    def progress(self, stage: str, share: float | None, details: str) -> None:
        """Args: share: 0 to 1; None while nobody can tell."""
        self._screen.progress(stage, share, details)

    def tell(self, event: Event) -> int | None:
        """The exit code that a last word stands for; None before it."""
        match event:
            case Finished():
                self._screen.clear_bar()
                return EXIT_FINISHED
            case Failed():
                self._screen.line(f"Failed: {event.title}.")
                for text in filter(None, (event.hint, event.traceback)):
                    self._screen.line(text, keep_newlines=True)
                return EXIT_FAILED
            case Stopped():
                self._screen.line("Stopped. Run the same command again to continue from here.")
                return EXIT_STOPPED
            case Progressed():
                self.progress(event.stage, event.done / event.total if event.total else None, _details(event))
            case StepDone():
                share = event.step / event.total_steps if event.total_steps else None
                self.progress("Training", share, _step_details(event))
            case _:
                self.say(*filter(None, (_sentence(event),)))
        return None


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
    """Where lines go. When that is gone (a closed pipe, a full disk), nobody listens any more, and the work goes on."""

    def __init__(self, out: TextIO | None) -> None:
        self._out = None if out is None or out.closed else out
        self._is_terminal = self._out is not None and self._out.isatty()
        self._bar_length = 0
        self._stage = ""
        self._last_line = 0.0

    def line(self, text: str, keep_newlines: bool = False) -> None:
        self.clear_bar()
        self._write(readable(text, keep_newlines) + "\n")

    def progress(self, stage: str, share: float | None, details: str) -> None:
        if self._is_terminal:
            self._draw_bar(stage, share, details)
            return
        # Without a terminal this is a log: a line when a stage begins and ends, and every so often in between.
        now = time.monotonic()
        is_over = share is not None and share >= 1
        if stage != self._stage or is_over or now - self._last_line > _SECONDS_BETWEEN_LINES:
            self._stage, self._last_line = stage, now
            self._write(readable(f"{stage}: {', '.join(filter(None, (_percent(share), details)))}") + "\n")

    def clear_bar(self) -> None:
        if self._bar_length:
            self._write("\r" + " " * self._bar_length + "\r")
            self._bar_length = 0

    def _draw_bar(self, stage: str, share: float | None, details: str) -> None:
        full = round(min(1.0, share or 0.0) * _BAR_WIDTH)
        text = readable(f"{stage} [{'#' * full}{'.' * (_BAR_WIDTH - full)}] {_percent(share):>5} {details}")
        text = text[: shutil.get_terminal_size().columns - 1]
        self._write("\r" + text + " " * max(0, self._bar_length - len(text)))
        self._bar_length = len(text)

    def _write(self, text: str) -> None:
        if self._out is None:
            return
        encoding = self._out.encoding or "utf-8"
        try:
            self._out.write(text.encode(encoding, "backslashreplace").decode(encoding))
            self._out.flush()
        except (OSError, ValueError):
            _silence(self._out)
            self._out = None


def _percent(share: float | None) -> str:
    return f"{100 * min(1.0, share):.0f} %" if share is not None else ""


def _silence(out: TextIO) -> None:
    """What is left in its buffer would fail once more when Python ends, and change the exit code."""
    try:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, out.fileno())
        os.close(nothing)
    except (OSError, ValueError):
        pass  # it has no descriptor, or none any more


def _details(event: Progressed) -> str:
    unit = _UNITS.get(event.unit, event.unit.value)
    parts = [f"{event.done:.0f} of {event.total:.0f} {unit}".rstrip()] if event.total else []
    if event.rate is not None:
        is_audio = event.unit is Unit.AUDIO_SECONDS
        parts.append(f"{event.rate:.2g} x real time" if is_audio else f"{event.rate:.3g} {unit} a second")
    if event.seconds_left:
        parts.append(f"{duration(event.seconds_left)} left")
    return ", ".join([*parts, *([event.detail] if event.detail else [])])


def _step_details(event: StepDone) -> str:
    loss = event.losses.get("total_loss")
    parts = [f"step {event.step} of {event.total_steps}" if event.total_steps else f"step {event.step}"]
    if loss is not None:
        parts.append(f"loss {loss:.3f}")
    parts.append(f"{event.steps_per_second:.2f} steps a second")
    if math.isfinite(event.seconds_left):
        parts.append(f"{duration(event.seconds_left)} left")
    return ", ".join(parts)


def _sentence(event: Event) -> str:
    """One line about an event, or nothing."""
    match event:
        case (
            Started() | Progressed() | FirstLookDone() | StepDone() | TrendJudged() | Finished() | Failed() | Stopped()
        ):
            return ""
        case SettingDescribed():
            return f"{event.name} = {event.value}  # {event.documentation}"
        case Noted(title, hint):
            return f"Note: {title}" + (f" ({hint})" if hint else "")
        case FileInspected():
            state = event.refusal or "; ".join(event.warnings) or "usable"
            return f"{event.path}: {event.duration:.1f} s, {event.sample_rate} Hz, {event.channels} ch: {state}"
        case RecordingInspected():
            return f"{event.path}: {event.voiced_seconds:.1f} s with a sure pitch: {event.verdict.value}"
        case DatasetWritten():
            held_out = f" and {event.n_held_out} held-out" if event.n_held_out else ""
            voiced = f"{duration(event.voiced_seconds)} of {duration(event.audio_seconds)} with a sure pitch"
            return f"Data set written: {event.n_train} training{held_out} examples, {voiced}. {event.manifest_path}"
        case HeldOutMeasured():
            loss = event.losses.get("total_loss", float("nan"))
            return f"Step {event.step}: held-out loss {loss:.3f}, smoothed {event.smoothed:.3f}"
        case WentBack():
            return (
                f"Step {event.step}: {event.trouble.value}; training goes on from step {event.to_step} "
                f"with a learning rate of {event.learning_rate:.2g}"
            )
        case MetricsMeasured():
            return f"Step {event.step}: " + ", ".join(f"{name} {value:.4g}" for name, value in event.metrics.items())
        case DistanceMeasured():
            floor = f", and {event.floor_db:.2f} dB at best" if math.isfinite(event.floor_db) else ""
            return f"Step {event.step}: the clips are {event.distance_db:.2f} dB from their targets{floor}"
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
