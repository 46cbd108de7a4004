"""How far a model is from its recordings in what one hears, in a musician's words: pitch and loudness."""

import math
from collections.abc import Mapping

from ddsp_backend.jobs.events import MetricsMeasured

# A sound in a pause that nobody hears is many decibels: one figure for all would say little about the notes.
_LOUDNESS = (
    ("loudness_distance_db_notes", "in notes"),
    ("loudness_distance_db_silence", "in silence"),
    ("loudness_distance_db", "in all"),  # the only one in older journals
)


def loudness_off(metrics: Mapping[str, float]) -> str:
    """Such as "loudness off by 2.1 dB in notes, 18 dB in silence, 4.0 dB in all"; empty where it was not measured."""
    parts = [f"{decibels} dB {where}" for decibels, where in loudness_parts(metrics)]
    return f"loudness off by {', '.join(parts)}" if parts else ""


def loudness_parts(metrics: Mapping[str, float]) -> list[tuple[str, str]]:
    """As far as it was measured, what matters most first: decibels, and where."""
    found = [(metrics.get(name, math.nan), where) for name, where in _LOUDNESS]
    return [(f"{db:.1f}" if round(db, 1) < 10 else f"{db:.0f}", where) for db, where in found if math.isfinite(db)]


def loudness_line(measured: MetricsMeasured | None) -> str:
    """The same as a sentence that names the step."""
    words = loudness_off(measured.metrics) if measured is not None else ""
    return f"{words[:1].upper()}{words[1:]}, at step {measured.step:,}." if measured is not None and words else ""


def pitch_off(metrics: Mapping[str, float]) -> str:
    """Such as "pitch off by 14 cents (a semitone is 100)"; empty where it was not measured."""
    cents = metrics.get("f0_distance_cents", math.nan)
    return f"pitch off by {cents:.0f} cents (a semitone is 100)" if math.isfinite(cents) else ""
