"""How high and how loudly the notes were played that a model has learned from: the box that the plug-in draws.

B = examples, F = control frames.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
import numpy.typing as npt

from ddsp_backend.data.postprocessing import detect_notes
from ddsp_backend.data.providers import RecordProvider
from ddsp_backend.dsp.core import DB_RANGE, hz_to_midi
from ddsp_backend.dsp.spectral import compute_power
from ddsp_backend.errors import DataError
from ddsp_backend.inference.learned_range import Learned
from ddsp_backend.inference.plugin_contract import FRAME_RATE, FRAME_SIZE, SAMPLE_RATE

Array = npt.NDArray[np.floating]

_MOST_EXAMPLES = 1000  # more would be read for minutes and change nothing that can be seen
_TRIMMED_SECONDS = 0.4  # of the end of each example, which may be padded
_SOFT_PERCENTILE, _LOUD_PERCENTILE = 5, 95
_WHOLE_RANGE = (0.0, 127.0, -DB_RANGE, 0.0)


class Source(Enum):
    """What a range was taken from."""

    EXAMPLES = "examples"
    SUMMARY = "summary"  # what the preparation has written down of them
    NOTHING = "nothing"  # nobody knows; it is all that there could be


@dataclass(frozen=True)
class NoteRange:
    """Means over the examples of the lowest and the highest pitch, and of the softest and the loudest power."""

    lowest_midi: float
    highest_midi: float
    softest_db: float
    loudest_db: float
    source: Source = Source.EXAMPLES


def range_of_examples(provider: RecordProvider) -> NoteRange:
    """As the reference computes it, from at most a thousand examples, spread evenly over the data set.

    Raises DataError where the examples cannot be read.
    """
    n_examples = provider.n_examples
    places = np.unique(np.linspace(0, n_examples - 1, min(n_examples, _MOST_EXAMPLES)).astype(int))
    rows: dict[str, list[Array]] = {"f0_hz": [], "f0_confidence": [], "loudness_db": [], "power_db": []}
    for example in provider.get_places([int(place) for place in places]):
        rows["power_db"].append(_power(example, provider.frame_rate))
        for key in ("f0_hz", "f0_confidence", "loudness_db"):
            rows[key].append(np.asarray(example[key]))
    n_frames = min(len(row) for track in rows.values() for row in track)
    n_kept = n_frames - round(_TRIMMED_SECONDS * provider.frame_rate)
    if n_kept < 1:
        raise DataError(f"The examples of {provider.file_pattern} are too short to find notes in them")
    tracks = {key: np.stack([row[:n_kept] for row in track]) for key, track in rows.items()}
    mask_BF, _ = detect_notes(tracks["loudness_db"], tracks["f0_confidence"])
    mask_BF |= ~mask_BF.any(axis=1, keepdims=True)  # an example without notes counts as a whole
    lowest, highest = _mean_extremes(np.asarray(hz_to_midi(tracks["f0_hz"].astype(np.float32))), mask_BF)
    softest, loudest = _mean_extremes(tracks["power_db"], mask_BF)
    return NoteRange(lowest, highest, softest, loudest)


def range_of_summary(learned: Learned) -> NoteRange | None:
    """From what the preparation says of the whole data set; None where it says nothing."""
    statistics = learned.statistics
    try:
        percentiles = [float(level) for level in statistics["voiced_power_db"]]
        return NoteRange(
            float(statistics["lowest_midi"]),
            float(statistics["highest_midi"]),
            percentiles[_SOFT_PERCENTILE],
            percentiles[_LOUD_PERCENTILE],
            Source.SUMMARY,
        )
    except (KeyError, TypeError, ValueError, IndexError):
        return None


def whole_range() -> NoteRange:
    """All that the plug-in can ask for."""
    return NoteRange(*_WHOLE_RANGE, Source.NOTHING)


def _power(example: dict[str, Any], frame_rate: int) -> Array:
    """As the model hears it: the data set's own where it was measured so, else measured here."""
    if "power_db" in example and frame_rate == FRAME_RATE:
        return np.asarray(example["power_db"])
    audio_N = example.get("audio_16k", example["audio"])
    return np.asarray(
        compute_power(audio_N[None], sample_rate=SAMPLE_RATE, frame_rate=frame_rate, frame_size=FRAME_SIZE)[0]
    )


def _mean_extremes(values_BF: Array, mask_BF: npt.NDArray[np.bool_]) -> tuple[float, float]:
    lowest_B = np.min(np.where(mask_BF, values_BF, np.inf), axis=1)
    highest_B = np.max(np.where(mask_BF, values_BF, -np.inf), axis=1)
    return float(lowest_B.mean()), float(highest_B.mean())
