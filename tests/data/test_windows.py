import pytest

from ddsp_backend.data.windows import Grid, Stretch, choose_held_out, chunks_of, window_starts

GRID = Grid(example=1000, hop=250, chunk=5000)  # 4 s, 1 s, 20 s at 250 frames a second


@pytest.mark.parametrize(
    ("n_frames", "starts"),
    [
        (1000, [0]),
        (1124, [0]),  # what is left over is less than half a hop
        (1125, [0, 125]),  # the last example ends with the recording
        (1250, [0, 250]),
        (1700, [0, 250, 500, 700]),
        (300, [0]),  # filled up with silence
    ],
)
def test_that_examples_start_every_hop_and_the_last_ends_with_the_recording(n_frames, starts):
    assert window_starts(Stretch(0, 0, n_frames), GRID) == starts


def test_that_a_stretch_in_the_middle_has_its_own_examples():
    assert window_starts(Stretch(0, 5000, 6300), GRID) == [5000, 5250]


def test_that_no_example_crosses_the_border_of_its_stretch():
    for stretch in chunks_of(0, 23456, GRID):
        for start in window_starts(stretch, GRID):
            assert stretch.start <= start
            assert start + GRID.example <= stretch.stop


@pytest.mark.parametrize(
    ("n_frames", "lengths"),
    [(4000, [4000]), (5000, [5000]), (5999, [5999]), (6000, [5000, 1000]), (16100, [5000, 5000, 5000, 1100])],
)
def test_that_a_rest_too_short_for_an_example_joins_the_chunk_before(n_frames, lengths):
    chunks = chunks_of(3, n_frames, GRID)
    assert [chunk.n_frames for chunk in chunks] == lengths
    assert {chunk.recording for chunk in chunks} == {3}


def stretches(n: int) -> tuple[list[Stretch], list[str]]:
    return [Stretch(index, 0, 5000 + 100 * index) for index in range(n)], [f"content {index}" for index in range(n)]


@pytest.mark.parametrize("fraction", [0.01, 0.2, 0.5, 0.99])
def test_that_about_the_share_is_held_out_at_least_one_and_never_all(fraction):
    pieces, names = stretches(20)
    chosen = choose_held_out(pieces, names, fraction, seed=1)
    share = sum(piece.n_frames for piece in chosen) / sum(piece.n_frames for piece in pieces)
    assert 1 <= len(chosen) < 20
    assert abs(share - fraction) < 0.06


def test_that_the_choice_depends_on_the_seed_and_on_nothing_else():
    pieces, names = stretches(20)
    chosen = [choose_held_out(pieces, names, 0.2, seed) for seed in (1, 1, 2)]
    assert chosen[0] == chosen[1] != chosen[2]


def test_that_another_recording_leaves_most_of_the_choice_as_it_was():
    pieces, names = stretches(30)
    before = choose_held_out(pieces[:-1], names[:-1], 0.2, 0)
    after = choose_held_out(pieces, names, 0.2, 0)
    assert len(before ^ after) <= 2


def test_that_nothing_is_held_out_without_a_share_or_a_choice():
    pieces, names = stretches(3)
    assert choose_held_out(pieces, names, 0.0, 0) == set()
    assert choose_held_out(pieces[:1], names, 0.5, 0) == set()
