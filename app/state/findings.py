"""What an inspection found in a recording, as a musician says it: why it matters, and what to do."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.state import formatting
from ddsp_backend.jobs.events import Finding

# The worst first: where there is room for one sentence, it is about that.
_BY_WEIGHT = (
    Finding.UNREADABLE,
    Finding.CHANNELS_CANCEL,
    Finding.NO_PITCH,
    Finding.SEVERAL_VOICES,
    Finding.CLIPPED,
    Finding.HUM,
    Finding.CUT_SHORT,
    Finding.UNSURE_PITCH,
    Finding.CHANNELS_DIFFER,
    Finding.NOISE,
    Finding.REVERBERATION,
    Finding.QUIET,
    Finding.LOW_RATE,
    Finding.SHORT,
    Finding.SILENCE,
)


@dataclass(frozen=True, slots=True)
class Words:
    """What was found, without a full stop, and what to do about it, with one."""

    why: str
    cure: str

    @property
    def sentence(self) -> str:
        return f"{self.why}. {self.cure}"


def words_of(findings: Mapping[str, float]) -> tuple[Words, ...]:
    """The worst first. Args: findings: Sizes by the values of `Finding`."""
    return tuple(_words(finding, findings[finding]) for finding in _BY_WEIGHT if finding in findings)


def _words(finding: Finding, size: float) -> Words:
    match finding:
        case Finding.NO_PITCH | Finding.UNSURE_PITCH | Finding.SEVERAL_VOICES:
            return _of_pitch(finding, size)
        case Finding.SILENCE | Finding.SHORT | Finding.CUT_SHORT | Finding.LOW_RATE | Finding.UNREADABLE:
            return _of_the_file(finding, size)
        case _:
            return _of_sound(finding, size)


def _of_pitch(finding: Finding, size: float) -> Words:
    if finding is Finding.NO_PITCH:
        return Words(
            f"{f'Only {_share(size)}' if size >= 0.01 else 'Hardly any'} of the sound has a clear pitch",
            "Leave it out: a model learns from single notes, one after another.",
        )
    if finding is Finding.UNSURE_PITCH:
        return Words(
            f"Only {_share(size)} of the sound has a clear pitch",
            "Listen to it: breath, noise and drums are learned poorly. A microphone closer to the instrument helps.",
        )
    return Words(
        f"Several notes sound at once in {_share(size)} of it",
        "Leave it out, or use a recording of one instrument alone, one note at a time.",
    )


def _of_sound(finding: Finding, size: float) -> Words:
    match finding:
        case Finding.CLIPPED:
            return Words(
                f"Its loudest notes are distorted: {_share(size)} of the samples are clipped",
                "Record again with less gain; otherwise the model learns the distortion.",
            )
        case Finding.HUM:
            return Words(
                f"It hums, only {abs(size):.0f} dB below the loudest notes",
                "Look for the cable or the lamp that hums, or take it out with a hum filter.",
            )
        case Finding.NOISE:
            return Words(
                f"There is noise, only {abs(size):.0f} dB below the loudest notes",
                "Record closer to the instrument or in a quieter room; soft notes drown in it.",
            )
        case Finding.REVERBERATION:
            return Words(
                f"The room rings for {size:.1f} s, so that notes run into each other",
                "Record closer to the instrument, or in a room with less echo.",
            )
        case Finding.CHANNELS_DIFFER:
            return Words(
                f"Left and right differ: mixed to mono, {_share(size)} of the sound is lost",
                "Export one channel alone.",
            )
        case Finding.CHANNELS_CANCEL:
            return Words(
                "Left and right cancel each other out",
                "Export one channel alone, or invert the phase of one.",
            )
        case _:
            return Words(
                f"It is very quiet, {size:.0f} dB at its loudest", "Record it louder, or its noise is learned too."
            )


def _of_the_file(finding: Finding, size: float) -> Words:
    match finding:
        case Finding.SILENCE:
            return Words(f"{_share(size)} of it is silence", "That does no harm, but only the rest is learned from.")
        case Finding.SHORT:
            return Words(f"Only {size:.1f} s of it contain sound", "Add more recordings: a model needs minutes.")
        case Finding.CUT_SHORT:
            return Words(f"The file ends {formatting.span(size)} too early", "Copy or export it again.")
        case Finding.LOW_RATE:
            return Words(
                f"It was recorded at {formatting.kilohertz(round(size))}",
                f"Nothing above {formatting.kilohertz(round(size / 2))} can be learned from it: record at 44.1 kHz.",
            )
        case _:
            return Words("It was changed or removed while it was being analysed", "Press Look again.")


def _share(size: float) -> str:
    """12 %, 0.3 %, and never 0 % of something that was found."""
    percent = max(100 * size, 0.001)
    return f"{percent:.0f} %" if percent >= 1 else f"{percent:.1g} %"
