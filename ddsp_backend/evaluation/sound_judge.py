"""What an ear would say of resynthesized phrases, in figures: is the pitch there, is it right, is it as loud?

A loss says little about it: noise of the right colour in place of notes can have the lower one.

N = samples, F = frames.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ddsp_backend.data.features import compute_loudness
from ddsp_backend.pitch.tracker import SURE_CONFIDENCE, Array, PitchTracker, track

FRAME_RATE = 50  # Hz
NEAR_CENTS = 50.0
NOTE_DB = -60.0
"""Loudness from which on a frame is part of a note; what is quieter is silence."""


@dataclass(frozen=True)
class Judgement:
    """Over all frames of all phrases. NaN where no frame says anything."""

    notes_heard: float
    """Share of the voiced frames in which the pitch is found within 50 cents."""
    pitch_lost: float
    """Share of the voiced frames in which no sure pitch is found."""
    pitch_error_cents: float
    """Median distance in the voiced frames whose pitch is found."""
    note_loudness_error_db: float
    """Mean distance in the frames of notes."""
    silence_loudness_error_db: float
    """Mean distance in all other frames, from -80 dB on."""
    harmonic_share: float
    """Energy of the harmonics, as a share of that of harmonics and noise."""


@dataclass(frozen=True)
class JudgedPhrase:
    """Audio_N at 16 kHz, each part of one length."""

    target: Array
    output: Array
    harmonic: Array
    noise: Array


def judge(phrases: Sequence[JudgedPhrase], tracker: PitchTracker) -> Judgement:
    """Hears every phrase with the tracker. A frame is voiced where the target's pitch is sure and loud enough."""
    cents, is_sure, note_db, silence_db = [], [], [], []
    for phrase in phrases:
        target_hz_F, target_confidence_F = track(tracker, phrase.target, FRAME_RATE, "center")
        output_hz_F, output_confidence_F = track(tracker, phrase.output, FRAME_RATE, "center")
        target_db_F, output_db_F = (
            compute_loudness(audio_N, FRAME_RATE, "center") for audio_N in (phrase.target, phrase.output)
        )
        is_note_F = target_db_F >= NOTE_DB
        is_voiced_F = is_note_F & (target_confidence_F >= SURE_CONFIDENCE)
        cents.append(1200 * np.abs(np.log2(output_hz_F[is_voiced_F] / target_hz_F[is_voiced_F])))
        is_sure.append(output_confidence_F[is_voiced_F] >= SURE_CONFIDENCE)
        error_db_F = np.abs(output_db_F - target_db_F)
        note_db.append(error_db_F[is_note_F])
        silence_db.append(error_db_F[~is_note_F])
    all_cents, all_sure = _joined(cents), _joined(is_sure).astype(bool)
    harmonic, noise = (
        sum(float(np.square(part, dtype=np.float64).sum()) for part in parts)
        for parts in ([phrase.harmonic for phrase in phrases], [phrase.noise for phrase in phrases])
    )
    return Judgement(
        notes_heard=_mean(all_sure & (all_cents < NEAR_CENTS)),
        pitch_lost=_mean(~all_sure),
        pitch_error_cents=float(np.median(all_cents[all_sure])) if all_sure.any() else float("nan"),
        note_loudness_error_db=_mean(_joined(note_db)),
        silence_loudness_error_db=_mean(_joined(silence_db)),
        harmonic_share=harmonic / (harmonic + noise) if harmonic + noise > 0.0 else float("nan"),
    )


def _joined(parts: Sequence[np.ndarray]) -> np.ndarray:
    return np.concatenate(parts) if parts else np.zeros(0)


def _mean(values: np.ndarray) -> float:
    return float(np.mean(values)) if len(values) else float("nan")
