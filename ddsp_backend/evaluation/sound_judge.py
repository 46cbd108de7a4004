"""What an ear would say of resynthesized phrases, in figures: is it in tune, as loud, as steady?

A loss says little about it: noise of the right colour in place of notes can have the lower one.

N = samples, F = frames, K = harmonics.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from ddsp_backend.arrays import Array
from ddsp_backend.data.features import compute_loudness
from ddsp_backend.dsp.analysis_targets import Targets, analysis_targets
from ddsp_backend.dsp.spectral_distance import spectral_distance_db
from ddsp_backend.evaluation.note_edges import Edge, attacks_and_releases
from ddsp_backend.evaluation.steadiness import harmonic_levels_db, steady_stretches, wobble_db
from ddsp_backend.pitch.tracker import SAMPLE_RATE, SURE_CONFIDENCE, PitchTracker, track

FRAME_RATE = 50  # Hz
NEAR_CENTS = 50.0
NOTE_DB = -60.0
"""Loudness from which on a frame is part of a note; what is quieter is silence."""
_N_HARMONICS, _N_BANDS = 60, 65  # of the analysis


@dataclass(frozen=True)
class Judgement:
    """Over all frames of all phrases. NaN where no frame says anything."""

    notes_heard: float
    """Share of the voiced frames in which the pitch is found within 50 cents."""
    pitch_lost: float
    """Share of the voiced frames in which no sure pitch is found."""
    pitch_wrong: float
    """Share of the voiced frames in which a sure pitch is found, 50 cents away or more."""
    pitch_error_cents: float
    """Median distance in the voiced frames whose pitch is found."""
    spectral_distance_db: float
    """Mean over the phrases: see `spectral_distance_db`."""
    loudness_error_db: float
    """Mean distance in all frames, from -80 dB on."""
    note_loudness_error_db: float
    """Mean distance in the frames of notes."""
    silence_loudness_error_db: float
    """Mean distance in all other frames, from -80 dB on."""
    harmonic_share: float
    """Energy of the harmonics, as a share of that of harmonics and noise."""
    recorded_harmonic_share: float
    """The same of the recording, as an analysis has it."""
    loudness_wobble_db: float
    """Root mean square of the loudness around a straight line in notes that the recording holds; mean of the notes."""
    recorded_loudness_wobble_db: float
    """The same of the recording."""
    harmonic_wobble_db: float
    """The same of the level of each harmonic that can be heard; mean of them all."""
    recorded_harmonic_wobble_db: float
    """The same of the recording."""
    attack_ms: float
    """Median time in which a note rises from 20 to 3 dB below its level."""
    recorded_attack_ms: float
    """The same of the recording."""
    attack_error_ms: float
    """Mean distance of the attack, note by note."""
    release_ms: float
    """Median time in which a note falls from 3 to 20 dB below its level."""
    recorded_release_ms: float
    """The same of the recording."""
    release_error_ms: float
    """Mean distance of the release, note by note."""


@dataclass(frozen=True)
class JudgedPhrase:
    """Audio_N at 16 kHz, each part of one length."""

    target: Array
    output: Array
    harmonic: Array
    noise: Array


@dataclass
class _Heard:
    """What was measured so far, of each frame, stretch or note."""

    cents: list[float] = field(default_factory=list)
    is_sure: list[bool] = field(default_factory=list)
    note_db: list[float] = field(default_factory=list)
    silence_db: list[float] = field(default_factory=list)
    distances_db: list[float] = field(default_factory=list)
    recorded_parts: list[tuple[float, float]] = field(default_factory=list)
    """Power of a recording, and the share of its harmonics."""
    wobbles: tuple[list[float], list[float]] = field(default_factory=lambda: ([], []))
    """Of loudness: recording, result."""
    harmonic_wobbles: tuple[list[float], list[float]] = field(default_factory=lambda: ([], []))
    attacks: list[Edge] = field(default_factory=list)
    releases: list[Edge] = field(default_factory=list)


def judge(phrases: Sequence[JudgedPhrase], tracker: PitchTracker) -> Judgement:
    """Hears every phrase with the tracker. A frame is voiced where the target's pitch is sure and loud enough."""
    heard = _Heard()
    for phrase in phrases:
        _hear(phrase, tracker, heard)
    cents, is_sure = np.array(heard.cents), np.array(heard.is_sure, bool)
    harmonic, noise = (
        sum(_energy(part) for part in parts)
        for parts in ([phrase.harmonic for phrase in phrases], [phrase.noise for phrase in phrases])
    )
    whole = sum(power for power, _ in heard.recorded_parts)
    recorded = sum(power * share for power, share in heard.recorded_parts if power > 0.0)
    return Judgement(
        notes_heard=_mean(is_sure & (cents < NEAR_CENTS)),
        pitch_lost=_mean(~is_sure),
        pitch_wrong=_mean(is_sure & (cents >= NEAR_CENTS)),
        pitch_error_cents=_median(cents[is_sure]),
        spectral_distance_db=_mean(heard.distances_db),
        loudness_error_db=_mean([*heard.note_db, *heard.silence_db]),
        note_loudness_error_db=_mean(heard.note_db),
        silence_loudness_error_db=_mean(heard.silence_db),
        harmonic_share=harmonic / (harmonic + noise) if harmonic + noise > 0.0 else float("nan"),
        recorded_harmonic_share=recorded / whole if whole > 0.0 else float("nan"),
        loudness_wobble_db=_mean(heard.wobbles[1]),
        recorded_loudness_wobble_db=_mean(heard.wobbles[0]),
        harmonic_wobble_db=_mean(heard.harmonic_wobbles[1]),
        recorded_harmonic_wobble_db=_mean(heard.harmonic_wobbles[0]),
        attack_ms=_median_ms(heard.attacks, lambda edge: edge.output),
        recorded_attack_ms=_median_ms(heard.attacks, lambda edge: edge.recorded),
        attack_error_ms=_error_ms(heard.attacks),
        release_ms=_median_ms(heard.releases, lambda edge: edge.output),
        recorded_release_ms=_median_ms(heard.releases, lambda edge: edge.recorded),
        release_error_ms=_error_ms(heard.releases),
    )


def _hear(phrase: JudgedPhrase, tracker: PitchTracker, heard: _Heard) -> None:
    target_hz_F, target_confidence_F = track(tracker, phrase.target, FRAME_RATE, "center")
    output_hz_F, output_confidence_F = track(tracker, phrase.output, FRAME_RATE, "center")
    levels_db_F = [compute_loudness(audio_N, FRAME_RATE, "center") for audio_N in (phrase.target, phrase.output)]
    is_note_F = levels_db_F[0] >= NOTE_DB
    is_voiced_F = is_note_F & (target_confidence_F >= SURE_CONFIDENCE)
    heard.cents += (1200 * np.abs(np.log2(output_hz_F[is_voiced_F] / target_hz_F[is_voiced_F]))).tolist()
    heard.is_sure += (output_confidence_F[is_voiced_F] >= SURE_CONFIDENCE).tolist()
    error_db_F = np.abs(levels_db_F[1] - levels_db_F[0])
    heard.note_db += error_db_F[is_note_F].tolist()
    heard.silence_db += error_db_F[~is_note_F].tolist()
    heard.distances_db.append(spectral_distance_db(phrase.target, phrase.output))

    stretches = steady_stretches(target_hz_F, levels_db_F[0], is_voiced_F, FRAME_RATE)
    target, output = (_analysed(audio_N, target_hz_F, is_voiced_F) for audio_N in (phrase.target, phrase.output))
    heard.recorded_parts.append((_energy(phrase.target), target.harmonic_share()))
    # The same harmonics in both: those that can be heard in the recording.
    target_db_FK = harmonic_levels_db(target.harmonics[0].numpy())
    output_db_FK = 20 * np.log10(np.maximum(output.harmonics[0].numpy().astype(np.float64), 1e-8))
    output_db_FK = np.where(np.isfinite(target_db_FK), output_db_FK, np.nan)
    for n, (level_db_F, harmonics_db_FK) in enumerate(zip(levels_db_F, (target_db_FK, output_db_FK), strict=True)):
        heard.wobbles[n].extend(wobble_db(level_db_F[:, None].astype(np.float64), stretches))
        heard.harmonic_wobbles[n].extend(wobble_db(harmonics_db_FK, stretches))
    attacks, releases = attacks_and_releases(phrase.target, phrase.output, SAMPLE_RATE)
    heard.attacks += attacks
    heard.releases += releases


def _analysed(audio_N: Array, f0_hz_F: Array, is_voiced_F: npt.NDArray[np.bool_]) -> Targets:
    """At the pitch of the recording, of recording and result alike."""
    hop = SAMPLE_RATE // FRAME_RATE
    audio_BN, f0_hz_BF, is_voiced_BF = (tf.constant(value)[tf.newaxis] for value in (audio_N, f0_hz_F, is_voiced_F))
    return analysis_targets(audio_BN, f0_hz_BF, is_voiced_BF, hop, SAMPLE_RATE, _N_HARMONICS, _N_BANDS)


def _energy(audio_N: Array) -> float:
    return float(np.square(audio_N, dtype=np.float64).sum())


def _mean(values: npt.NDArray[np.bool_] | Sequence[float]) -> float:
    return float(np.mean(values)) if len(values) else float("nan")


def _median(values: npt.NDArray[np.floating] | Sequence[float]) -> float:
    return float(np.median(values)) if len(values) else float("nan")


def _median_ms(edges: Sequence[Edge], part: Callable[[Edge], float]) -> float:
    return 1000 * _median([part(edge) for edge in edges if np.isfinite(part(edge))])


def _error_ms(edges: Sequence[Edge]) -> float:
    errors = [abs(edge.output - edge.recorded) for edge in edges]
    return 1000 * _mean([error for error in errors if np.isfinite(error)])
