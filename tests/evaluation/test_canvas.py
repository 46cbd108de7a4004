"""Pictures, looked at pixel by pixel."""

import numpy as np

from ddsp_backend.evaluation import pictures
from ddsp_backend.evaluation.canvas import BLUE, HEIGHT, ORANGE, WIDTH, Picture, curve_panel, image_panel, span
from ddsp_backend.evaluation.notes import Note

TOP, LEFT = 8, 52  # of what is drawn in


def rows_of(picture: Picture, color: tuple[int, int, int], column: int) -> np.ndarray:
    """In which rows, from the top of the panel, a color stands in a column."""
    return np.flatnonzero((picture[TOP:, LEFT + column] == color).all(axis=-1))


def test_that_a_rising_curve_goes_from_corner_to_corner() -> None:
    picture = curve_panel([(np.linspace(0, 1, 50), BLUE)], 1.0, (0.0, 1.0))
    assert rows_of(picture, BLUE, 0).max() >= HEIGHT - 2
    assert rows_of(picture, BLUE, WIDTH - 1).min() <= 1
    for column in range(WIDTH):
        rows = rows_of(picture, BLUE, column)
        assert 2 <= len(rows) <= 4
        assert abs(rows.mean() - (1 - column / WIDTH) * HEIGHT) < 4


def test_that_a_column_shows_everything_that_happens_within_it() -> None:
    """One sample of a hundred thousand is a click that must be seen."""
    values = np.zeros(100_000)
    values[50_000] = 1
    rows = rows_of(curve_panel([(values, BLUE)], 1.0, (0.0, 1.0)), BLUE, WIDTH // 2)
    assert len(rows) == HEIGHT


def test_that_gaps_are_not_bridged() -> None:
    values = np.where(np.arange(100) < 50, 0.5, np.nan)
    picture = curve_panel([(values, BLUE)], 1.0, (0.0, 1.0))
    assert len(rows_of(picture, BLUE, 10))
    assert not len(rows_of(picture, BLUE, WIDTH - 10))


def test_that_later_curves_lie_on_top_and_ends_are_numbered() -> None:
    picture = curve_panel([(np.ones(5), BLUE), (np.ones(5), ORANGE)], 4.0)
    assert not (picture == BLUE).all(axis=-1).any()
    assert (picture == ORANGE).all(axis=-1).any()
    beside, below = picture[:, : LEFT - 2], picture[TOP + HEIGHT + 2 :]
    assert (beside != 255).any()
    assert (below != 255).any()


def test_that_the_numbers_can_be_read() -> None:
    """4 seconds: the digit's five rows of three dots, each four pixels, at the right end below the panel."""
    picture = curve_panel([(np.zeros(5), BLUE)], 4.0)
    digit = picture[TOP + HEIGHT + 6 :, LEFT + WIDTH - 8 : LEFT + WIDTH - 2][:10:2, ::2, 0] < 255
    np.testing.assert_array_equal(digit, [[1, 0, 1], [1, 0, 1], [1, 1, 1], [0, 0, 1], [0, 0, 1]])


def test_that_an_image_stands_on_its_first_row() -> None:
    colors = np.zeros([2, 1, 3], np.uint8)
    colors[1] = 200
    picture = image_panel(colors, 1.0, 0.0, 2.0)
    assert picture[TOP + 5, LEFT + 5].tolist() == [200] * 3
    assert picture[TOP + HEIGHT - 5, LEFT + 5].tolist() == [0] * 3


def test_that_the_span_leaves_room_and_bears_silence() -> None:
    low, high = span([np.array([0.0, np.nan, 10.0]), np.array([-10.0])])
    assert (low, high) == (-11.0, 11.0)
    low, high = span([np.zeros(3)])
    assert low < 0 < high
    assert span([np.full(3, np.nan)])[0] < span([np.full(3, np.nan)])[1]


def test_that_silence_and_no_notes_can_be_drawn() -> None:
    nothing = np.zeros(100)
    for picture, words in (
        pictures.waveform(nothing, nothing, 1.0),
        pictures.f0(nothing, nothing, 1.0),
        pictures.midi(nothing, nothing, [], 100),
        pictures.pianoroll(np.zeros([100, 128]), [], 100),
        pictures.controls(np.zeros([100, 5]), None, 1.0),
    ):
        assert picture.dtype == np.uint8
        assert picture.shape[1:] == (LEFT + WIDTH + 10, 3)
        assert words.endswith(".")


def test_that_a_pianoroll_tells_given_from_found() -> None:
    given_FP = np.zeros([100, 128])
    given_FP[:50, 60] = 1
    picture, _ = pictures.pianoroll(given_FP, [Note(60, 0.25, 0.75)], 100)
    middle = picture[TOP + HEIGHT // 2, LEFT + np.array([10, 200, 400, 550])].tolist()
    assert middle == [[0, 170, 0], [0, 200, 200], [0, 0, 255], [255, 255, 255]]
