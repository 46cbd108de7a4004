"""What a job tells while it goes on, as a musician reads it line by line: the window's words, without a window."""

import math
from pathlib import PurePath

from app.state import formatting
from app.state.distances import loudness_off, pitch_off
from app.state.notices import Left
from app.state.recording_rows import one_line
from app.state.recordings import Recording
from app.state.recordings_panel import details_of
from ddsp_backend.jobs.events import DatasetWritten, MetricsMeasured, Progressed, StepDone


def recording_line(recording: Recording, folder: str) -> str:
    """Such as "low notes/take 2.wav, 0:37: Warning. It hums, only 20 dB below ...". Args: folder: All lie in it."""
    path, details = PurePath(recording.file.path), details_of(recording)
    name = one_line(str(path.relative_to(folder))) if path != PurePath(folder) and path.is_relative_to(folder) else ""
    length = f", {formatting.clock(details.seconds)}" if recording.file.sample_rate > 0 else ""
    return " ".join((f"{name or details.name}{length}: {details.word}.", *map(_ended, details.sentences)))


def dataset_line(written: DatasetWritten) -> str:
    heard = f"{formatting.clock(written.voiced_seconds)} of {formatting.clock(written.audio_seconds)}"
    n_pieces = written.n_train + written.n_held_out
    kept = f" {written.n_held_out:,} of {formatting.count(n_pieces, 'piece')} are kept back, to check the model with."
    return f"The recordings are prepared: {heard} have a clear pitch.{kept if written.n_held_out else ''}"


def metrics_line(measured: MetricsMeasured) -> str:
    """Empty where neither pitch nor loudness could be measured."""
    parts = [words for words in (pitch_off(measured.metrics), loudness_off(measured.metrics)) if words]
    return f"On phrases it has not heard: {'; '.join(parts)}." if parts else ""


def progress_words(progress: Progressed) -> str:
    """What matters most comes first: a terminal cuts the end of a bar's line."""
    left = progress.seconds_left
    parts = [
        f"{formatting.span(left)} left" if left and math.isfinite(left) else "",
        formatting.amount(progress.done, progress.total, progress.unit) if progress.total > 0 else "",
        progress.detail,
    ]
    return ", ".join(part for part in parts if part)


def training_share(step: StepDone, expected: Left | None = None) -> float | None:
    """How much is done, 0 to 1; None where nobody can tell.

    Args: expected: Of all that was asked for, where the training's own limit says little of its end.
    """
    if expected is not None:
        return expected.fraction
    if step.total_steps:
        return step.step / step.total_steps
    whole = step.seconds_trained + step.seconds_left
    return step.seconds_trained / whole if 0 < whole < math.inf else None


def training_detail(step: StepDone, expected: Left | None = None) -> str:
    """Args: expected: As for `training_share`."""
    parts = [f"step {step.step:,}"]
    if expected is not None:
        parts.append(f"{expected.words} left in total")
    elif 0 < step.seconds_left < math.inf:
        parts.append(f"{formatting.span(step.seconds_left)} left")
    return ", ".join(parts)


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."
