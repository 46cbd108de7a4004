"""Watches a training, and takes it back to its last good state where the model has gone astray.

Every 25 steps the guard plays the training's phrases and hears whether they sound, and whether there are notes in them.
If so, it keeps a copy of weights and moments in memory; if not, it puts the last copy back. The data set goes on with
other examples; the learning rate is halved, and the noise is another (`recoveries.py`). Adam's first moment, which
points where the trouble was, begins at zero; its second one stays, so that the first steps are small.
"""

import functools
import math
from collections.abc import Generator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from ddsp_backend.checkpoints.values import AVERAGE, Values, assign, named_variables
from ddsp_backend.dsp.analysis_targets import analysis_targets
from ddsp_backend.jobs.events import Event, Trouble, WentBack
from ddsp_backend.jobs.interruptible import Interruptible
from ddsp_backend.reporting.clips import PlayedClip
from ddsp_backend.reporting.phrases import Phrase
from ddsp_backend.training.fixed_clips import FixedClips
from ddsp_backend.training.session import TrainingSession
from ddsp_backend.training.trainer import StepResult
from ddsp_backend.training.training_errors import gone_astray, require_finite

STEPS_PER_CHECK = 25
MOST_TROUBLES = 3
"""With so many in one training it ends: going back does not help."""
_LOSS_FACTOR = 10.0  # times the loss of the last good state: a batch that is hard for the model makes some 2
_LOUDEST_RMS = 10.0  # 20 dB over full scale: before it has learned anything a model is no louder than full scale
_SILENCE_DB = -50.0  # beside the recording; the softest take of a loud instrument is some 40 dB softer than its loudest
_LEAST_ODDS = 0.1  # harmonics to noise, as a part of the recording's
_LEAST_PART = 0.5  # share of the harmonics, as a part of the recording's
_LEAST_HARMONIC_SHARE = 0.1  # of a recording with notes
_HARMONICS_BY_STEP = 100  # those that never were there before may still come
_SURE_CONFIDENCE = 0.5
_N_HARMONICS, _N_BANDS = 60, 65


class Guard:
    """Of a session. Create it before the first step; ask it after each one, before anything is saved."""

    def __init__(self, session: TrainingSession, watch: Interruptible, clips: FixedClips) -> None:
        self._session = session
        self._watch = watch
        self._clips = clips
        # Several processes would have to agree on what only one of them hears.
        self._is_on = session.settings.recover and not session.workers.are_several
        self._troubles = 0
        self._had_harmonics = False
        self._good_loss = math.inf
        self._losses: list[float] = []  # since the last copy
        self._recorded_share: float | None = None
        self._step = session.trainer.step
        self._variables = _variables_of(session)
        self._copy: Values = self._values() if self._is_on else {}

    def look(self, result: StepResult, step: int, saved_at: int) -> Generator[Event, None, bool]:
        """Whether the training is at an earlier step now, `trainer.step`: what came after it is to be forgotten.

        Args:
          result: Of the step that was just done.
          saved_at: The step of the newest checkpoint; -1: there is none.

        Raises:
          DdspError: The loss is no number, and the settings do not ask for going back; or this was the third time.
        """
        trainer = self._session.trainer
        if not self._is_on:
            require_finite(result, step, saved_at, self._session.checkpoints.folder, trainer.learning_rate)
            return False
        self._losses.append(result.losses["total_loss"])
        is_due = step % STEPS_PER_CHECK == 0
        trouble = trouble_of_step(result, self._good_loss)
        if trouble is None and is_due:
            played = yield from self._watch.run(self._play)
            trouble = self._trouble_of_sound(played, step)
        if trouble is None:
            if is_due:
                self._step, self._copy = step, self._values()
                self._good_loss, self._losses = float(np.mean(self._losses)), []
            return False
        self._troubles += 1
        if self._troubles >= MOST_TROUBLES:
            raise gone_astray(trouble, step, self._troubles, saved_at, trainer.learning_rate)
        yield from self._watch.run(functools.partial(self._go_back, step))
        yield WentBack(step, self._step, trouble, trainer.learning_rate, self._troubles)
        return True

    def _play(self) -> list[PlayedClip]:
        return [clip for phrase in self._session.phrases for clip in self._clips.play(phrase)]

    def _trouble_of_sound(self, played: Sequence[PlayedClip], step: int) -> Trouble | None:
        trouble = trouble_of_sound(played)
        if trouble is not None or not played:
            return trouble
        if self._recorded_share is None:
            self._recorded_share = recorded_harmonic_share(self._session.phrases, self._session.sample_rate)
        if not has_lost_harmonics(played, self._recorded_share):
            self._had_harmonics = True
            return None
        return Trouble.HARMONICS_DIED if self._had_harmonics or step >= _HARMONICS_BY_STEP else None

    def _go_back(self, step: int) -> None:
        assign(self._variables, self._copy)
        self._losses = []
        for moment in self._session.trainer.optimizer.m.values():
            moment.assign(tf.zeros_like(moment))
        self._session.trainer.recoveries.add(step - self._step)
        self._session.course.forget_after(self._step)
        self._session.checkpoints.discard_after(self._step)
        self._clips.forget_after(self._step)

    def _values(self) -> Values:
        return {name: variable.numpy() for name, variable in self._variables.items()}


def _variables_of(session: TrainingSession) -> dict[str, Any]:
    trainer = session.trainer
    average = {} if trainer.average is None else {AVERAGE: trainer.average}
    root = tf.train.Checkpoint(model=session.model, optimizer=trainer.optimizer, progress=session.progress, **average)
    return named_variables(root)


def trouble_of_step(result: StepResult, good_loss: float) -> Trouble | None:
    """Args: good_loss: Of the last good state."""
    if not result.is_finite:
        return Trouble.NOT_A_NUMBER
    loss = result.losses["total_loss"]
    return Trouble.EXPLODED if 0.0 < _LOSS_FACTOR * good_loss < loss else None


def trouble_of_sound(played: Sequence[PlayedClip]) -> Trouble | None:
    """Whether what a model plays can be heard at all, and is not a great deal too loud."""
    target, output = (_power([getattr(clip, part) for clip in played]) for part in ("target", "output"))
    if not math.isfinite(output):
        return Trouble.NOT_A_NUMBER
    if output > _LOUDEST_RMS**2:
        return Trouble.EXPLODED
    return Trouble.SILENT if output < target * 10 ** (_SILENCE_DB / 10) else None


def has_lost_harmonics(played: Sequence[PlayedClip], recorded_share: float) -> bool:
    """Whether noise drowns the notes: harmonics have less than half of the share that the recording gives them, and
    are 10 dB weaker beside the noise than there.

    False where the recordings have hardly any, and for a model that has none: exact silence is in their place.
    """
    harmonic, noise = (_power([getattr(clip, part) for clip in played]) for part in ("harmonic", "noise"))
    if harmonic == 0.0 or not recorded_share >= _LEAST_HARMONIC_SHARE:
        return False
    share = harmonic / (harmonic + noise)
    is_weak = harmonic * (1.0 - recorded_share) < _LEAST_ODDS * recorded_share * noise
    return is_weak and share < _LEAST_PART * recorded_share


def recorded_harmonic_share(phrases: Sequence[Phrase], sample_rate: int) -> float:
    """Of the energy of harmonics and noise in the recordings of the phrases, 0 to 1; NaN where there is no pitch."""
    shares = []
    for phrase in phrases:
        if not {"audio", "f0_hz", "f0_confidence"} <= phrase.batch.keys():
            continue
        audio_BN = tf.convert_to_tensor(phrase.batch["audio"])
        f0_hz_BF, confidence_BF = (
            tf.reshape(phrase.batch[key], [tf.shape(audio_BN)[0], -1]) for key in ("f0_hz", "f0_confidence")
        )
        hop = round(audio_BN.shape[1] / f0_hz_BF.shape[1])
        is_voiced_BF = (confidence_BF >= _SURE_CONFIDENCE) & (f0_hz_BF > 0.0)
        targets = analysis_targets(audio_BN, f0_hz_BF, is_voiced_BF, hop, sample_rate, _N_HARMONICS, _N_BANDS)
        power = float(tf.reduce_sum(tf.square(audio_BN)))
        shares.append((power, targets.harmonic_share()))
    whole = sum(power for power, _ in shares)
    return sum(power * share for power, share in shares if power > 0.0) / whole if whole > 0.0 else math.nan


def _power(parts: Sequence[Any]) -> float:
    """Mean square of all samples together."""
    n_samples = sum(len(part) for part in parts)
    return sum(float(np.square(part, dtype=np.float64).sum()) for part in parts) / n_samples if n_samples else 0.0
