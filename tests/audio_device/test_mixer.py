"""The mixer by itself: every block size, every moment, no device."""

import numpy as np
import numpy.typing as npt
import pytest

from app.audio.mixer import Mixer
from app.audio.tracks import Track

RATE = 8000
FADE = 80


def smooth(seconds: float, frequency: float = 100.0, level: float = 0.3) -> npt.NDArray[np.float32]:
    return (level * np.cos(2 * np.pi * frequency * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def playing(*sounds: npt.NDArray[np.float32], **wishes: object) -> Mixer:
    mixer = Mixer(RATE)
    mixer.change(tracks=tuple(Track(str(place), sound) for place, sound in enumerate(sounds)), **wishes)
    mixer.play()
    return mixer


@pytest.mark.parametrize("n_samples", [1, 2, FADE - 1, FADE, FADE + 1, 2 * FADE, 3 * FADE])
@pytest.mark.parametrize("is_looping", [False, True])
def test_that_the_shortest_sounds_play_without_an_error(n_samples: int, is_looping: bool) -> None:
    mixer = playing(np.full(n_samples, 0.5, np.float32), is_looping=is_looping)
    heard = np.concatenate([mixer.render(100) for _ in range(10)])
    assert np.abs(heard).max() <= 0.5 + 1e-6
    assert mixer.is_playing == is_looping


def test_that_nothing_plays_without_tracks() -> None:
    mixer = playing()
    assert not mixer.render(64).any()
    assert mixer.is_silent


def test_that_the_size_of_the_blocks_does_not_matter() -> None:
    wishes = {"is_looping": True, "region": (1000, 2500)}
    whole = playing(smooth(1), **wishes).render(20000)
    pieces = playing(smooth(1), **wishes)
    sizes = np.random.default_rng(0).integers(1, 700, 200)
    heard = np.concatenate([pieces.render(int(size)) for size in sizes])[: len(whole)]
    np.testing.assert_array_equal(heard, whole[: len(heard)])


def test_that_no_order_of_wishes_makes_a_click() -> None:
    generator = np.random.default_rng(1)
    sounds = [smooth(2, 50), smooth(2, 50, 0.2), smooth(1.5, 60)]
    mixer = playing(*sounds)
    heard = []
    for _ in range(600):
        match generator.integers(8):
            case 0:
                mixer.change(selected=int(generator.integers(3)))
            case 1:
                mixer.seek(int(generator.integers(2 * RATE)))
            case 2:
                mixer.change(is_playing=False)
            case 3:
                mixer.play()
            case 4:
                first = int(generator.integers(RATE))
                mixer.change(region=(first, first + int(generator.integers(RATE))))
            case 5:
                mixer.change(is_looping=bool(generator.integers(2)))
            case 6:
                mixer.change(is_level_matched=bool(generator.integers(2)))
            case 7:
                mixer.change(tracks=tuple(Track("new", sound, 0.7) for sound in sounds))
        heard.append(mixer.render(int(generator.integers(1, 400))))
    steps = np.abs(np.diff(np.concatenate(heard)))
    # A raised cosine of 80 samples over twice 0.3 moves by 0.012 a sample, the music itself by 0.012.
    assert steps.max() < 0.03


def test_that_another_rate_keeps_place_region_and_wishes() -> None:
    mixer = playing(smooth(2), smooth(2), selected=1, is_looping=True, region=(4000, 8000), volume=0.5)
    mixer.seek(6000)
    mixer.render(100)
    position = mixer.position
    moved = mixer.moved_to(2 * RATE, (Track("a", np.zeros(4 * RATE, np.float32)),) * 2)
    assert moved.position == 2 * position
    assert moved.controls.region == (8000, 16000)
    assert moved.controls.selected == 1
    assert moved.is_playing


def test_that_pressing_play_at_the_end_starts_again() -> None:
    mixer = playing(smooth(0.1))
    mixer.render(2000)
    assert not mixer.is_playing
    assert mixer.position == 0
    mixer.play()
    assert mixer.is_playing
    np.testing.assert_allclose(mixer.render(400)[FADE:], smooth(0.1)[FADE:400], atol=1e-6)
