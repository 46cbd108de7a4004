"""What a musician can choose before training, apart from the presets."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PitchChoice:
    """A quality of pitch analysis. A second of audio takes `base` seconds and `a_frame` seconds for each of its frames,
    on two cores: straight lines through what was measured at 50 and 250 frames a second."""

    key: str
    title: str
    summary: str
    tracker: str
    capacity: str
    base: float
    a_frame: float

    def seconds_for(self, audio_seconds: float, frame_rate: int) -> float:
        """About how long the analysis takes on a machine with two cores."""
        return audio_seconds * (self.base + self.a_frame * frame_rate)


PITCH_CHOICES = (
    PitchChoice("thorough", "Thorough", "Most reliable, even with breath and room", "crepe", "full", 0.045, 0.00107),
    PitchChoice("balanced", "Balanced", "About six times faster, for clear notes", "crepe", "tiny", 0.009, 0.00012),
    PitchChoice("fast", "Fast", "For clean recordings in a dry room", "swift-f0", "tiny", 0.009, 0.00003),
)


def pitch_choice(key: str) -> PitchChoice:
    """The first one where the key is unknown: a project of another version must still open."""
    return next((choice for choice in PITCH_CHOICES if choice.key == key), PITCH_CHOICES[0])
