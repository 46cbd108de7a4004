"""The phrases that a training plays again and again: few, and as different as its recordings allow. F = frames."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ddsp_backend.arrays import Array, Batch
from ddsp_backend.config.settings import TrainConfig
from ddsp_backend.data.providers import Origin
from ddsp_backend.data.statistics import note_name
from ddsp_backend.reporting.clips import spread_examples, spread_places

_MOST_CANDIDATES = 256  # of larger sets, evenly spread ones: reading takes some 2 ms each
_SURE_CONFIDENCE = 0.5
_SILENCE_DB = -70.0  # a soft low note has some -55
_SHORTEST_NOTE = 0.06  # seconds: what is shorter is a glide, or an error of the pitch tracker
_LEAST_SPREADS = (2.0, 6.0, 1.0)  # semitones, dB, octaves of a note's length: smaller differences are not heard as such
_LEAST_SHARE_OF_NOTES = 0.5  # of what the fullest candidate has


@dataclass(frozen=True)
class Phrase:
    """An example as a batch of one, and what it is: "take_02, 0:12, D3, soft"; empty where nobody knows."""

    batch: Batch
    title: str = ""


@dataclass(frozen=True, slots=True)
class Traits:
    """What is played in an example."""

    lowest_midi: float
    """A tenth of the time is lower."""
    middle_midi: float
    highest_midi: float
    """A tenth of the time is higher."""
    level_db: float
    """Mean of the notes."""
    note_seconds: float
    """Length of a note, in the mean."""
    share: float
    """Of the time that has a note, 0 to 1."""


def phrases_of_training(settings: TrainConfig) -> list[Phrase]:
    """Of what is held out, where something is."""
    return fixed_phrases(settings.held_out_provider or settings.data_provider, settings.n_clips)


def fixed_phrases(provider: Any, n: int) -> list[Phrase]:
    """Always the same ones of a data set: they differ in pitch, level, length of notes and recording, low ones first.

    Where nobody knows what recordings the examples are of, they are spread evenly, and have no titles.
    """
    origins = provider.origins
    if not origins or n == 0:
        return [Phrase(batch) for batch in spread_examples(provider, n)]
    places = spread_places(len(origins), _MOST_CANDIDATES)
    traits = [traits_of(example, provider.frame_rate) for example in provider.get_places(places)]
    found = titles([origins[place] for place in places], traits)
    chosen = choose([origins[place].recording for place in places], traits, n)
    return [Phrase(provider.get_example(places[index]), found[index]) for index in chosen]


def titles_of_spread(provider: Any, n: int) -> list[str]:
    """What the examples are that `spread_examples` gives; empty ones where nobody knows."""
    places, origins = spread_places(provider.n_examples, n), provider.origins
    if not origins:
        return [""] * len(places)
    traits = [traits_of(example, provider.frame_rate) for example in provider.get_places(places)]
    return titles([origins[place] for place in places], traits)


def traits_of(example: Mapping[str, Any], frame_rate: int) -> Traits | None:
    """Of features [F] or [F, 1]; None where there is no note."""
    f0_hz_F, confidence_F, level_F = (
        np.asarray(example[key], np.float64).ravel() for key in ("f0_hz", "f0_confidence", "loudness_db")
    )
    is_note_F = (confidence_F >= _SURE_CONFIDENCE) & (level_F > _SILENCE_DB) & (f0_hz_F > 0)
    if not is_note_F.any():
        return None
    midi_F = 69 + 12 * np.log2(np.where(is_note_F, f0_hz_F, 440.0) / 440)
    lowest, middle, highest = np.percentile(midi_F[is_note_F], [10, 50, 90])
    n_notes = _count_notes(np.where(is_note_F, np.round(midi_F), -1), _SHORTEST_NOTE * frame_rate)
    seconds = np.count_nonzero(is_note_F) / frame_rate
    level_db = float(level_F[is_note_F].mean())
    return Traits(float(lowest), float(middle), float(highest), level_db, seconds / n_notes, float(is_note_F.mean()))


def _count_notes(note_F: Array, least_frames: float) -> int:
    """Stretches of one semitone, -1 between them. One that follows itself after an ornament counts once."""
    edges = np.flatnonzero(np.diff(note_F)) + 1
    stretches = [(float(part[0]), len(part)) for part in np.split(note_F, edges)]
    notes = [note for note, length in stretches if length >= least_frames]
    return max(1, sum(note >= 0 and (i == 0 or notes[i - 1] != note) for i, note in enumerate(notes)))


def choose(recordings: Sequence[str], traits: Sequence[Traits | None], n: int) -> list[int]:
    """Indices of examples that lie far apart, from the recordings in turn, low ones first.

    The first one is the most unusual; each further one is as far as can be from the nearest that is chosen. What is
    mostly silent is taken last.
    """
    most = max((each.share for each in traits if each), default=0.0)
    full = [i for i, each in enumerate(traits) if each and each.share >= _LEAST_SHARE_OF_NOTES * most]
    chosen = _far_apart(_coordinates([traits[i] for i in full]), [recordings[i] for i in full], n)
    taken = [full[i] for i in chosen]
    others = [i for i in range(len(traits)) if i not in set(full)]
    taken += others[: max(0, n - len(taken))]
    return sorted(taken, key=lambda i: (_middle_midi(traits[i]), i))


def _far_apart(points_CK: npt.NDArray[np.float64], recordings: Sequence[str], n: int) -> list[int]:
    chosen: list[int] = []
    times_heard = Counter(dict.fromkeys(recordings, 0))
    for _ in range(min(n, len(recordings))):
        if chosen:
            distance_C = np.min([np.linalg.norm(points_CK - points_CK[i], axis=1) for i in chosen], axis=0)
        else:
            distance_C = np.linalg.norm(points_CK - points_CK.mean(0), axis=1)
        free = [i for i in range(len(recordings)) if i not in chosen]
        least = min(times_heard[recordings[i]] for i in free)
        best = max((i for i in free if times_heard[recordings[i]] == least), key=lambda i: (distance_C[i], -i))
        chosen.append(best)
        times_heard[recordings[best]] += 1
    return chosen


def _coordinates(traits: Sequence[Traits | None]) -> npt.NDArray[np.float64]:
    """[C, 3]: where each lies between the lowest and the highest, the softest and the loudest, the shortest and the
    longest notes, 0 to 1. Single ones that are far off do not set the scale."""
    rows = [(each.middle_midi, each.level_db, np.log2(each.note_seconds)) for each in traits if each]
    values_C3 = np.array(rows, np.float64).reshape(-1, 3)
    if not len(values_C3):
        return values_C3
    low_3, high_3 = np.percentile(values_C3, [2, 98], axis=0)
    scaled_C3: npt.NDArray[np.float64] = np.clip(
        (values_C3 - low_3) / np.maximum(high_3 - low_3, _LEAST_SPREADS), 0.0, 1.0
    )
    return scaled_C3


def _middle_midi(traits: Traits | None) -> float:
    return traits.middle_midi if traits else np.inf


def titles(origins: Sequence[Origin], traits: Sequence[Traits | None]) -> list[str]:
    """Of examples: soft and loud are the outer thirds of what they reach together."""
    levels = [each.level_db for each in traits if each]
    low, high = np.percentile(levels, [2, 98]) if levels else (0.0, 0.0)
    soft_db, loud_db = low + (high - low) / 3, high - (high - low) / 3
    if high - low < _LEAST_SPREADS[1]:
        soft_db, loud_db = -np.inf, np.inf
    return [title_of(*each, soft_db, loud_db) for each in zip(origins, traits, strict=True)]


def title_of(origin: Origin, traits: Traits | None, soft_db: float, loud_db: float) -> str:
    """Recording, place, note or range, level: what is below `soft_db` is soft, what is above `loud_db` loud."""
    minutes, seconds = divmod(int(origin.second), 60)
    words = [origin.recording, f"{minutes}:{seconds:02d}"]
    if traits is not None:
        notes = [note_name(round(midi)) for midi in (traits.lowest_midi, traits.highest_midi)]
        words.append(" to ".join(dict.fromkeys(notes)))
        if traits.level_db < soft_db:
            words.append("soft")
        elif traits.level_db > loud_db:
            words.append("loud")
    return ", ".join(words)
