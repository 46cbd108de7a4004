"""The gaps in a recording's pitch, filled part by part: equal to `Pitch.filled` of the whole, which is never held."""

# F = frames of a part

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ddsp_backend.arrays import FeatureArrays
from ddsp_backend.pitch.tracker import HELD_WITHOUT_ANY_PITCH, SURE_CONFIDENCE

_Point = tuple[int, float]  # frame, and octaves of its pitch


def with_gaps_filled(n_parts: int, read: Callable[[int], FeatureArrays]) -> Iterator[FeatureArrays]:
    """The parts, each read twice, with a plausible pitch in every frame.

    Gaps are interpolated on the logarithmic scale between sure frames (between any, if none is sure); ends are held.
    """
    ends = [_Ends.of(read(index)) for index in range(n_parts)]
    only_sure = any(end.sure for end in ends)
    points = [end.sure if only_sure else end.known for end in ends]
    offset, before = 0, None
    for index, leaned_on in enumerate(points):
        features = read(index)
        after, ahead = None, offset
        for end, of_part in zip(ends[index:], points[index:], strict=True):
            if of_part and ahead > offset:
                after = of_part[0][0] + ahead, of_part[0][1]
                break
            ahead += end.n_frames
        yield features | {"f0_hz": _fill(features, only_sure, offset, before, after)}
        if leaned_on:
            before = leaned_on[1][0] + offset, leaned_on[1][1]
        offset += ends[index].n_frames


@dataclass(frozen=True, slots=True)
class _Ends:
    """The first and the last frame of a part that others lean on: of its sure ones, and of all that have a pitch."""

    n_frames: int
    sure: tuple[_Point, _Point] | None
    known: tuple[_Point, _Point] | None

    @classmethod
    def of(cls, features: FeatureArrays) -> "_Ends":
        known_F = np.isfinite(features["f0_hz"])
        sure_F = known_F & (features["f0_confidence"] >= SURE_CONFIDENCE)
        found = []
        for mask_F in (sure_F, known_F):
            frames = np.flatnonzero(mask_F)
            first, last = (_point(features, frames[[index]]) for index in (0, -1)) if len(frames) else (None, None)
            found.append((first, last) if first and last else None)
        return cls(len(known_F), *found)


def _fill(
    features: FeatureArrays, only_sure: bool, offset: int, before: _Point | None, after: _Point | None
) -> npt.NDArray[np.float32]:
    f0_hz_F = features["f0_hz"]
    known_F = np.isfinite(f0_hz_F)
    if known_F.all():
        return f0_hz_F
    leaned_on = np.flatnonzero(known_F & (features["f0_confidence"] >= SURE_CONFIDENCE) if only_sure else known_F)
    outside = [[point] if point else [] for point in (before, after)]
    inside = list(zip((leaned_on + offset).tolist(), _octaves(features, leaned_on).tolist(), strict=True))
    points = [*outside[0], *inside, *outside[1]]
    if not points:
        return np.full_like(f0_hz_F, HELD_WITHOUT_ANY_PITCH)
    known_frames, octaves = zip(*points, strict=True)
    octaves_F = np.interp(np.arange(len(f0_hz_F)) + offset, known_frames, octaves)
    return np.where(known_F, f0_hz_F, np.exp2(octaves_F)).astype(np.float32)


def _point(features: FeatureArrays, frames: npt.NDArray[np.integer]) -> _Point:
    return int(frames[0]), float(_octaves(features, frames)[0])


def _octaves(features: FeatureArrays, frames: npt.NDArray[np.integer]) -> npt.NDArray[np.float64]:
    octaves: npt.NDArray[np.float64] = np.log2(features["f0_hz"][frames].astype(np.float64))
    return octaves
