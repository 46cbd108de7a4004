import numpy as np
import pytest

from ddsp_backend.pitch.viterbi import ViterbiPath


def plain_viterbi(observations: np.ndarray) -> tuple[np.ndarray, float]:
    """The textbook's algorithm over the full matrices, and the path's log probability."""
    states = np.arange(360)
    with np.errstate(divide="ignore"):
        transition = np.maximum(12 - np.abs(states[:, None] - states), 0)
        transition = np.log(transition / transition.sum(axis=1, keepdims=True))
    emission = np.log(np.eye(360) * 0.1 + 0.9 / 360)
    score = np.log(1 / 360) + emission[:, observations[0]]
    origins = []
    for observation in observations[1:]:
        candidates = score[:, None] + transition
        origins.append(candidates.argmax(axis=0))
        score = candidates.max(axis=0) + emission[:, observation]
    path = [int(score.argmax())]
    for origin in reversed(origins):
        path.append(int(origin[path[-1]]))
    return np.array(path[::-1]), float(score.max())


def log_probability(path: np.ndarray, observations: np.ndarray) -> float:
    steps = np.maximum(12 - np.abs(np.diff(path)), 0)
    sums = np.array([np.maximum(12 - np.abs(state - np.arange(360)), 0).sum() for state in path[:-1]])
    emission = np.where(path == observations, 0.1 + 0.9 / 360, 0.9 / 360)
    return float(np.log(1 / 360) + np.log(emission).sum() + np.log(steps / sums).sum())


def walk(n_frames: int, seed: int, share_of_errors: float = 0.2) -> np.ndarray:
    """A wandering pitch with outliers, which also touches the ends of the range."""
    rng = np.random.default_rng(seed)
    path = np.cumsum(rng.integers(-9, 10, n_frames)) + rng.integers(0, 360)
    path = np.abs((path + 359) % 718 - 359)  # reflected at 0 and 359
    wrong = rng.random(n_frames) < share_of_errors
    return np.where(wrong, rng.integers(0, 360, n_frames), path)


@pytest.mark.parametrize("seed", range(4))
def test_that_the_path_is_the_most_likely_one(seed):
    observations = walk(300, seed)
    decoder = ViterbiPath()
    path = np.concatenate([decoder.push(observations), decoder.finish()])
    _, best = plain_viterbi(observations)
    assert log_probability(path, observations) == pytest.approx(best, abs=1e-8)


def test_that_a_lone_octave_error_is_passed_over():
    observations = np.full(50, 200)
    observations[25] = 260
    decoder = ViterbiPath()
    path = np.concatenate([decoder.push(observations), decoder.finish()])
    np.testing.assert_array_equal(path, 200)


def test_that_a_long_path_is_handed_out_early_and_is_the_same_however_it_is_fed():
    observations = walk(20000, seed=5)
    once = ViterbiPath()
    early = once.push(observations)
    whole = np.concatenate([early, once.finish()])
    assert len(early) > 18000
    piecewise = ViterbiPath()
    pieces = [piecewise.push(part) for part in np.array_split(observations, 300)]
    np.testing.assert_array_equal(np.concatenate([*pieces, piecewise.finish()]), whole)
    assert len(whole) == 20000
    assert log_probability(whole, observations) > -np.inf


def test_that_an_empty_path_is_empty_and_a_finished_one_starts_anew():
    decoder = ViterbiPath()
    assert len(decoder.finish()) == 0
    decoder.push(np.full(10, 5))
    assert len(decoder.finish()) == 10
    decoder.push(np.full(10, 300))
    np.testing.assert_array_equal(decoder.finish(), 300)
