"""Numbers as people say them."""

import math

from ddsp_backend.jobs.kinds import Unit

UNITS = {
    Unit.NOTHING: "",
    Unit.AUDIO_SECONDS: "seconds of audio",
    Unit.CHECKPOINTS: "checkpoints",
    Unit.CLIPS: "clips",
    Unit.EXAMPLES: "examples",
    Unit.FILES: "files",
    Unit.FOLDERS: "folders",
    Unit.MEGABYTES: "MB",
    Unit.MODELS: "models",
    Unit.PACKAGES: "packages",
    Unit.STEPS: "steps",
}


def clock(seconds: float) -> str:
    """4:58, 1:02:03."""
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, secs = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{secs:02d}" if hours else f"{minutes}:{secs:02d}"


def span(seconds: float) -> str:
    """How long something takes: "a few seconds", "40 s", "about 5 min", "about 2 h 10 min"."""
    words = bare_span(seconds)
    return f"about {words}" if 55 <= seconds < math.inf else words


def bare_span(seconds: float) -> str:
    """The same where other words say how sure it is: "5 min"."""
    if not math.isfinite(seconds):
        return "unknown time"
    if seconds < 8:
        return "a few seconds"
    if seconds < 55:
        return f"{round(seconds, -1):.0f} s" if seconds >= 20 else f"{seconds:.0f} s"
    if 75 <= seconds < 105:
        return "1 min 30 s"  # a whole minute less or more would be a third off
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, minutes = divmod(round(minutes, -1), 60)
    if hours >= 48:
        return f"{hours / 24:.0f} days"
    return f"{hours} h {minutes} min" if minutes and hours < 10 else f"{hours} h"


def amount(done: float, total: float, unit: Unit) -> str:
    """How much of something is done: "3 of 12 files", "0:25 of 3:10 of audio"."""
    if unit is Unit.AUDIO_SECONDS:
        return f"{clock(done)} of {clock(total)} of audio"
    return f"{done:,.0f} of {total:,.0f} {UNITS[unit]}".rstrip()


def decibels(peak: float) -> str:
    """A peak of full scale 1 as dB below it."""
    if not math.isfinite(peak) or peak <= 0:
        return "silent" if peak == 0 else "-"
    level = 20 * math.log10(peak)
    return f"{0.0 if abs(level) < 0.05 else level:.1f} dB"


def file_size(n_bytes: int) -> str:
    """12 bytes, 340 kB, 4.2 MB, 1.3 GB."""
    if n_bytes < 1000:
        return count(n_bytes, "byte")
    if n_bytes < 1e6:
        return f"{n_bytes / 1e3:.0f} kB"
    return f"{n_bytes / 1e6:.1f} MB" if n_bytes < 1e9 else f"{n_bytes / 1e9:.1f} GB"


def kilohertz(sample_rate: int) -> str:
    """44.1 kHz, 48 kHz."""
    return f"{sample_rate / 1000:g} kHz" if sample_rate else "-"


def channels(n: int) -> str:
    return {0: "-", 1: "mono", 2: "stereo"}.get(n, f"{n} channels")


def count(n: int, noun: str) -> str:
    """1 file, 3 files, 12,000 steps."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def speed(steps_per_second: float) -> str:
    """Steps a second, or seconds a step when that reads better."""
    return " ".join(speed_and_unit(steps_per_second)).rstrip()


def speed_and_unit(steps_per_second: float) -> tuple[str, str]:
    if not math.isfinite(steps_per_second) or steps_per_second <= 0:
        return "-", ""
    if steps_per_second < 1:
        return f"{1 / steps_per_second:.1f}", "s a step"
    return f"{steps_per_second:.1f}", "steps a second"


_NOTES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


def note(midi: float) -> str:
    """A MIDI note number as its name: 60 is C4, 57.2 is A3."""
    octave, step = divmod(round(midi), 12)
    return f"{_NOTES[step]}{octave - 1}"


def loss(value: float) -> str:
    return f"{value:.4g}" if math.isfinite(value) else str(value)


def phrase(name: str, title: str = "") -> str:
    """How a clip is called: by what it is where that is known, otherwise by its number.

    Training plays its "clip 3" again and again, sampling its "sample 3" once, at the end.
    """
    if title:
        return title
    for ours, theirs in (("clip ", "Phrase "), ("sample ", "Excerpt ")):
        if name.startswith(ours):
            return theirs + name.removeprefix(ours)
    return name


def by_number(name: str) -> tuple[int, str]:
    """Sorts clip 2 before clip 10."""
    return len(name), name
