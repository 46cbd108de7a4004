"""Judges a trained run: what its model plays of phrases, beside the oracle, and what it plays where there is silence.

B = batch, N = samples, F = frames.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from ddsp_backend.arrays import Array, Batch
from ddsp_backend.evaluation.sound_judge import JudgedPhrase, Judgement, judge
from ddsp_backend.inference.oracle_clips import oracle_clips
from ddsp_backend.pitch.tracker import PitchTracker
from ddsp_backend.reporting.clips import ClipRenderer, PlayedClip
from ddsp_backend.reporting.loudness_metrics import at_16k

_SILENCE_DB = -80.0  # where loudness and power end
_FLOOR_DB = -200.0  # of digital silence


@dataclass(frozen=True)
class JudgedRun:
    """Of one model."""

    model: Judgement
    oracle: Judgement
    """Of the best that the synthesizers can do with the same pitch: no model comes nearer."""
    silence_level_db: float
    """What the model plays of digital silence, in dB of full scale."""


def judge_run(model: Any, batches: Sequence[Batch], sample_rate: int, tracker: PitchTracker) -> JudgedRun:
    """Plays every batch with the model, and fits the oracle to it.

    Args:
      model: An `Autoencoder`, restored.
      batches: Of {"audio": [B, N], "f0_hz": [B, F], "f0_confidence": [B, F], ...}, at least one.
      sample_rate: Hz of the audio.
    """
    player = ClipRenderer(model)
    played = [clip for batch in batches for clip in player.play(batch)]
    fitted = [clip for batch in batches for clip in oracle_clips(batch, sample_rate)]
    return JudgedRun(
        model=judge([_heard(clip, sample_rate) for clip in played], tracker),
        oracle=judge([_heard(clip, sample_rate) for clip in fitted], tracker),
        silence_level_db=silence_level_db(player, batches[0]),
    )


def silence_level_db(player: ClipRenderer, example: Batch) -> float:
    """Level of what is played where an example is digital silence, whose pitch nobody is sure of, in dB.

    Args:
      example: Gives shapes, and a pitch that the model knows.
    """
    silent = {**example, "audio": np.zeros_like(np.asarray(example["audio"]))}
    for key in ("loudness_db", "power_db", "pw_db"):
        if key in example:
            silent[key] = np.full_like(np.asarray(example[key]), _SILENCE_DB)
    if "audio_16k" in example:
        silent["audio_16k"] = np.zeros_like(np.asarray(example["audio_16k"]))
    silent["f0_confidence"] = np.zeros_like(np.asarray(example["f0_confidence"]))
    played = player.play({key: tf.convert_to_tensor(value) for key, value in silent.items()})
    power = np.mean([np.mean(np.square(clip.output, dtype=np.float64)) for clip in played])
    return float(10 * np.log10(max(float(power), 10 ** (_FLOOR_DB / 10))))


def _heard(clip: PlayedClip, sample_rate: int) -> JudgedPhrase:
    parts: list[Array] = [at_16k(part_N, sample_rate) for part_N in (clip.target, clip.output)]
    parts += [at_16k(part_N, sample_rate) for part_N in (clip.harmonic, clip.noise)]
    return JudgedPhrase(*parts)
