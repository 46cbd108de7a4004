"""What a musician can choose before training, apart from the presets."""

from dataclasses import dataclass

_MEASURED_AT = 250  # frames a second


@dataclass(frozen=True, slots=True)
class PitchChoice:
    """A quality of pitch analysis. `speed` is in seconds of audio a second, at 250 frames a second on two cores."""

    key: str
    title: str
    summary: str
    tracker: str
    capacity: str
    speed: float

    def seconds_for(self, audio_seconds: float, frame_rate: int) -> float:
        """About how long the analysis takes on a machine with two cores. SwiftF0 works at a rate of its own."""
        share = 1.0 if self.tracker == "swift-f0" else frame_rate / _MEASURED_AT
        return audio_seconds * share / self.speed


PITCH_CHOICES = (
    PitchChoice("thorough", "Thorough", "CREPE full, the most reliable", "crepe", "full", 1.1),
    PitchChoice("balanced", "Balanced", "CREPE tiny, about ten times faster", "crepe", "tiny", 10.0),
    PitchChoice("fast", "Fast", "SwiftF0, for clean recordings of one instrument", "swift-f0", "tiny", 200.0),
)


def pitch_choice(key: str) -> PitchChoice:
    """The first one where the key is unknown: a project of another version must still open."""
    return next((choice for choice in PITCH_CHOICES if choice.key == key), PITCH_CHOICES[0])
