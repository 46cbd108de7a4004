"""What the window plans for any recordings can be done: arithmetic alone, over all lengths, rates and presets."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.state.instrument import Instrument
from app.state.plan import prepare_spec
from ddsp_backend.audio.survey import SHORTEST_SECONDS, Survey
from ddsp_backend.config.presets import list_presets
from ddsp_backend.data.analysis import Source
from ddsp_backend.data.dividing import Division, divide, grid_of
from ddsp_backend.data.examples import Plan, plan_examples
from ddsp_backend.errors import ConfigError, DataError, PlanError
from ddsp_backend.jobs.events import FileInspected
from ddsp_backend.jobs.spec import PrepareSpec

PRESETS = list_presets()
RATES = (8000, 11025, 16000, 22050, 32000, 44100, 48000, 88200, 96000, 192000)
LONGEST_SECONDS = 3 * 3600


def source(name: str, n_frames: int, rate: int, content: str = "") -> Source:
    survey = Survey(
        sample_rate=rate,
        channels=1,
        n_frames=n_frames,
        peak=0.5,
        mono_peak=0.5,
        channel_energy=1.0,
        mono_energy=1.0,
        n_full_scale=0,
        first_nonsense=None,
    )
    return Source(Path(f"/takes/{name}.wav"), content or name, survey)


def seconds_at(rate: int, seconds: float) -> int:
    return int(Fraction(seconds) * rate)


def lengths(longest: int) -> st.SearchStrategy[tuple[int, int]]:
    """(samples, rate): from one sample on, and the whole and half seconds at which a plan may change its mind."""
    awkward = [seconds for seconds in (0.5, 2.5, 4, 6.5, 8, 12, 13, 20, 184, 199) if seconds <= longest]
    return st.sampled_from(RATES).flatmap(
        lambda rate: st.tuples(
            st.one_of(
                st.integers(1, longest * rate), st.sampled_from(awkward).map(lambda seconds: seconds_at(rate, seconds))
            ),
            st.just(rate),
        )
    )


recordings = st.one_of(
    st.lists(lengths(LONGEST_SECONDS), min_size=1, max_size=3),
    st.lists(lengths(60), min_size=1, max_size=12),
    st.tuples(lengths(30), st.integers(13, 500)).map(lambda one: [one[0]] * one[1]),
)


def planned(sources: list[Source], preset: int) -> tuple[PrepareSpec, Division, Plan]:
    """What a look at these recordings, the window's plan and the preparation come to."""
    rows = [
        FileInspected(
            str(s.path), s.survey.seconds, s.survey.sample_rate, 1, 0.5, str(s.survey.refusal() or ""), (), s.content
        )
        for s in sources
    ]
    usable = [each for each, row in zip(sources, rows, strict=True) if not row.refusal]
    spec = prepare_spec(Instrument(path=Path("/library/x"), name="x", created_at=0.0), PRESETS[preset], rows)
    distinct = list({each.content: each for each in reversed(usable)}.values())[::-1]
    assert len(spec.inputs) == len(distinct)
    grid = grid_of(spec)
    division = divide(distinct, spec, grid)
    return spec, division, plan_examples(division.stretches, division.held_out, grid, spec)


@settings(max_examples=200, deadline=None)
@given(recordings, st.integers(0, len(PRESETS) - 1), st.integers(1, 6))
def test_that_whatever_the_table_calls_usable_can_be_prepared(found, preset, n_contents):
    """Also where some are copies: one of the same bytes is learned from once."""
    sources = [source(f"{number}", *length) for number, length in enumerate(found)]
    copies = [replace(each, content=sources[number % n_contents].content) for number, each in enumerate(sources)]
    for some in (sources, copies):
        if all(each.survey.seconds < SHORTEST_SECONDS for each in some):
            continue
        spec, division, plan = planned(some, preset)
        assert plan.n_train > 0
        assert set(division.stretches) - division.held_out
        assert bool(plan.n_held_out) == bool(division.held_out)
        assert bool(division.note(spec)) == (division.split != spec.split)


@pytest.mark.parametrize(
    ("seconds", "n_contents", "split"),
    [
        ([30] * 6, 1, "chunk"),
        ([6.5] * 2, 1, "none"),
        ([4] * 3, 1, "none"),
        ([20], 1, "chunk"),
        ([30] * 6, 6, "recording"),
    ],
)
@pytest.mark.parametrize("preset", range(len(PRESETS)))
def test_that_copies_and_single_files_leave_something_to_learn_from(seconds, n_contents, split, preset):
    sources = [source(f"{n}", seconds_at(44100, each), 44100, f"{n % n_contents}") for n, each in enumerate(seconds)]
    _, division, plan = planned(sources, preset)
    assert division.split == split
    assert plan.n_train > 0
    assert len(division.held_out) == (split != "none")


def test_that_one_long_recording_among_short_ones_is_not_what_is_held_out():
    sources = [source(f"{n}", round(16000 * seconds), 16000) for n, seconds in enumerate([49, 20, 19, 18, 17])]
    for preset in range(len(PRESETS)):
        _, division, _ = planned(sources, preset)
        (held_out,) = division.held_out
        assert sources[held_out.recording].survey.seconds <= 20


ASKED_FOR = PrepareSpec(inputs=("a.wav",), output_path="data.tfrecord", split="recording", held_out_fraction=0.2)


@settings(max_examples=100, deadline=None)
@given(st.integers(8000, 100 * 16000), st.sampled_from(["recording", "chunk"]), st.sampled_from([0.5, 1.0, 4.0]))
def test_that_what_was_asked_for_is_refused_with_a_cure_that_works(n_frames, split, example_secs):
    spec = replace(ASKED_FOR, split=split, example_secs=example_secs)
    one = [source("a", n_frames, 16000)]
    try:
        divide(one, spec, grid_of(spec))
    except DataError as error:
        cure = error.hint
    else:
        assert split == "chunk"
        return
    if "--held_out=none" in cure:
        assert n_frames < 2 * example_secs * 16000 + 64
    else:
        flags = dict(word.strip(".,()-").split("=") for word in cure.split() if "=" in word)
        assert flags["held_out"] == "chunk"
        cured = replace(spec, split="chunk", chunk_secs=float(flags.get("chunk_secs", spec.chunk_secs)))
        assert len(divide(one, cured, grid_of(cured)).stretches) > 1


def test_that_a_length_off_the_grid_is_told_to_the_last_digit_and_is_a_fault_where_the_program_chose_it():
    spec = replace(ASKED_FOR, chunk_secs=18.366125)
    with pytest.raises(ConfigError, match=r"chunk_secs=18\.366125 is 4591\.53125 frames at 250 frames a second"):
        grid_of(spec)
    with pytest.raises(PlanError, match=r"chunk_secs=18\.366125 is"):
        grid_of(replace(spec, is_planned=True))
