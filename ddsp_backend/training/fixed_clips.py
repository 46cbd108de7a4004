"""The few examples that a training plays again and again, so that one hears it learn, and how loud it plays them."""

import functools
from collections.abc import Generator

from ddsp_backend.jobs.events import Event, MetricsMeasured, Noted
from ddsp_backend.jobs.interruptible import Interruptible
from ddsp_backend.reporting.clips import ClipRenderer, PlayedClip, harmonics_have_died, write_fixed_clip
from ddsp_backend.reporting.loudness_metrics import LoudnessMetrics
from ddsp_backend.reporting.phrases import Phrase
from ddsp_backend.training.session import TrainingSession
from ddsp_backend.training.way_to_floor import WayToFloor

_FRAME_RATE = 50  # at which loudness is compared, whatever the rate of the data set


class FixedClips:
    """Those of a session."""

    def __init__(self, session: TrainingSession, watch: Interruptible) -> None:
        self._session = session
        self._watch = watch
        self._player = ClipRenderer(session.model)
        self._way = WayToFloor(session.phrases, session.sample_rate, watch)
        self._rendered_at = -1
        self._is_told_of_noise = False

    def play(self, phrase: Phrase) -> list[PlayedClip]:
        """As the model plays it now; nothing is written."""
        return self._player.play(phrase.batch)

    def forget_after(self, step: int) -> None:
        """What was rendered later did not happen, and is rendered again when it is due."""
        if self._rendered_at > step:
            self._rendered_at = -1

    def render(self, step: int) -> Generator[Event, None, None]:
        """As the model plays them now; nothing where this step's are there."""
        if self._rendered_at == step:
            return
        played: list[PlayedClip] = []
        loudness = LoudnessMetrics(self._session.sample_rate, _FRAME_RATE)
        for number, phrase in enumerate(self._session.phrases, start=1):
            played += yield from self._watch.run(functools.partial(self.play, phrase))
            rate = self._session.sample_rate
            yield write_fixed_clip(self._session.folder, step, number, played[-1], rate, phrase.title)
            loudness.update_state(played[-1].target, played[-1].output)
        if played:
            yield MetricsMeasured(step, loudness.metrics())
        if self._session.settings.milestones:  # somebody watches
            yield from self._way.measure(step, played)
        self._rendered_at = step
        # After the first step it is too early to tell.
        if step > 1 and not self._is_told_of_noise and harmonics_have_died(played):
            self._is_told_of_noise = True
            yield Noted(
                f"At step {step} the harmonic part went silent; the model now plays only noise",
                "It rarely recovers. Stop, and train a new instrument with another preset.",
            )
