"""Where examples lie in a recording, and which of them are held out. Pure arithmetic in frames, no audio."""

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Grid:
    """Lengths in control frames. One frame is `1 / frame_rate` seconds at every sample rate."""

    example: int
    hop: int
    chunk: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """Frames `start` to `stop` of a recording: a piece that is held out, or trained on, as a whole."""

    recording: int
    start: int
    stop: int

    @property
    def n_frames(self) -> int:
        return self.stop - self.start


def chunks_of(recording: int, n_frames: int, grid: Grid) -> list[Stretch]:
    """The recording in chunks; a rest shorter than an example belongs to the chunk before it."""
    n_chunks = max(1, n_frames // grid.chunk + (n_frames % grid.chunk >= grid.example))
    starts = [index * grid.chunk for index in range(n_chunks)]
    return [Stretch(recording, a, b) for a, b in zip(starts, [*starts[1:], n_frames], strict=True)]


def window_starts(stretch: Stretch, grid: Grid) -> list[int]:
    """First frames of the examples in a stretch.

    Examples start every hop. What is left over at the end becomes one more example that ends with the stretch, if it is
    at least half a hop long: nothing is filled up with silence, which the reference does, and learns from. Only a
    stretch shorter than one example gives an example that is filled up.
    """
    room = stretch.n_frames - grid.example
    if room <= 0:
        return [stretch.start]
    starts = list(range(stretch.start, stretch.start + room + 1, grid.hop))
    last = stretch.start + room
    if last - starts[-1] >= max(1, min(grid.hop, grid.example) // 2):
        starts.append(last)
    return starts


def choose_held_out(stretches: list[Stretch], names: list[str], fraction: float, seed: int) -> set[Stretch]:
    """Stretches that make up about `fraction` of all frames: at least one, and never all.

    Where every one is more than twice as long as is wanted, it is the shortest.
    `names` are the recordings' content hashes. The order of choice depends on each stretch and the seed alone, so that
    adding a recording moves few stretches from one side to the other.
    """
    if fraction <= 0 or len(stretches) < 2:
        return set()

    def rank(stretch: Stretch) -> str:
        text = f"{seed}:{names[stretch.recording]}:{stretch.start}"
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

    wanted = fraction * sum(stretch.n_frames for stretch in stretches)
    chosen: set[Stretch] = set()
    n_frames = 0
    for stretch in sorted(stretches, key=rank):
        if len(chosen) == len(stretches) - 1:
            break
        if abs(n_frames + stretch.n_frames - wanted) < abs(n_frames - wanted):
            chosen.add(stretch)
            n_frames += stretch.n_frames
    return chosen or {min(stretches, key=lambda stretch: (stretch.n_frames, rank(stretch)))}
