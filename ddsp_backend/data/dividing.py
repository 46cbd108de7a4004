"""How recordings are divided into what is learned from and what is held out. Pure arithmetic, no audio."""

from collections.abc import Sequence
from dataclasses import dataclass

from ddsp_backend.data.analysis import Source
from ddsp_backend.data.windows import Grid, Stretch, choose_held_out, chunks_of
from ddsp_backend.errors import ConfigError, DataError, PlanError
from ddsp_backend.jobs.data_specs import SPLITS, PrepareSpec
from ddsp_backend.jobs.events import Noted
from ddsp_backend.pitch.tracker import SAMPLE_RATE

_ANALYSED_SECS = 20.0  # as chunk_secs, if left out


@dataclass(frozen=True, slots=True)
class Division:
    """Stretches that are held out or learned from as a whole, and those that are held out. `split` is one of SPLITS."""

    split: str
    stretches: list[Stretch]
    held_out: set[Stretch]

    def note(self, spec: PrepareSpec) -> Noted | None:
        """What its user should know where it is not what was planned."""
        if self.split == spec.split:
            return None
        if self.split == "none":
            return Noted(
                "There is too little audio to keep some of it back for checking the model",
                "Training still works. Add recordings to see how well the model plays phrases that it has not heard.",
            )
        return Noted(
            "Only one recording could be used, so parts of it are kept back for checking the model",
            "With more recordings, whole recordings are kept back, which is a better check.",
        )


def grid_of(spec: PrepareSpec) -> Grid:
    """The lengths that a spec asks for, in frames. Whole recordings are analysed in pieces all the same.

    Raises ConfigError where one is no whole number of frames; PlanError where the program itself chose it.
    """
    lengths = []
    chunk_secs = spec.chunk_secs or _ANALYSED_SECS
    asked = {"example_secs": spec.example_secs or chunk_secs, "hop_secs": spec.hop_secs, "chunk_secs": chunk_secs}
    for name, seconds in asked.items():
        n_frames = seconds * spec.grid_rate
        if round(n_frames) < 1 or abs(n_frames - round(n_frames)) > 1e-6:
            error = ConfigError(
                f"{name}={seconds!r} is {n_frames:.10g} frames at {spec.grid_rate} frames a second",
                "It must be a whole number of frames.",
            )
            raise PlanError(str(error)) if spec.is_planned else error
        lengths.append(round(n_frames))
    return Grid(*lengths)


def divide(sources: Sequence[Source], spec: PrepareSpec, grid: Grid) -> Division:
    """Holds out about the share of the audio that a spec asks for: recordings, or chunks of them.

    Where the program itself planned it and there is only one of these, smaller ones are held out, or nothing.
    Raises DataError where somebody asked for it and it cannot be done.
    """
    ways = SPLITS[SPLITS.index(spec.split) :] if spec.is_planned else (spec.split,)
    for split in ways:
        stretches = _stretches(sources, split, spec, grid)
        if split == "none":
            return Division(split, stretches, set())
        if len(stretches) > 1:
            names = [source.content for source in sources]
            return Division(split, stretches, choose_held_out(stretches, names, spec.held_out_fraction, spec.seed))
    raise _indivisible(sources, spec, grid)


def _stretches(sources: Sequence[Source], split: str, spec: PrepareSpec, grid: Grid) -> list[Stretch]:
    hop = SAMPLE_RATE // spec.grid_rate
    wholes = [Stretch(index, 0, source.n_samples_16k // hop) for index, source in enumerate(sources)]
    if split != "chunk":
        return wholes
    return [chunk for whole in wholes for chunk in chunks_of(whole.recording, whole.n_frames, grid)]


def _indivisible(sources: Sequence[Source], spec: PrepareSpec, grid: Grid) -> DataError:
    """The refusal, with a cure that works."""
    (source,) = sources
    n_frames = source.n_samples_16k * spec.grid_rate // SAMPLE_RATE
    rate = spec.grid_rate
    if spec.split == "recording":
        title = f"There is only one recording, {source.path.name}: held out, it would leave nothing to train on"
        parts = "Hold out chunks of it (--held_out=chunk), or add a recording."
        return DataError(title, parts if n_frames >= grid.chunk + grid.example else _cure(n_frames, rate, grid))
    return DataError(
        f"There are only {n_frames / rate:.1f} s of audio, one chunk of {spec.chunk_secs:g} s: nothing can be held out",
        _cure(n_frames, rate, grid),
    )


def _cure(n_frames: int, frame_rate: int, grid: Grid) -> str:
    if n_frames < 2 * grid.example:
        return (
            f"Add recordings, so that there are at least {2 * grid.example / frame_rate:g} s, or hold nothing out "
            "(--held_out=none --eval_split_fraction=0)."
        )
    half = n_frames // 2 / frame_rate
    return f"Add recordings, or hold out shorter chunks (--held_out=chunk --chunk_secs={half:.10g})."
