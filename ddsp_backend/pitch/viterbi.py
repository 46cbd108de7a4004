"""The most likely path through CREPE's 360 pitch bins, found as the frames come in.

The model is the crepe package's: every bin is as likely to start with; a step of d bins has a weight of
max(12 - |d|, 0); a frame's observation is its strongest bin, right with probability 0.1 + 0.9 / 360 and else evenly
spread.
"""

# F = frames, S = states (pitch bins), O = offsets of a step

import numpy as np
import numpy.typing as npt

_N_STATES = 360
_REACH = 11
_SELF_EMISSION = 0.1
_LOG_MISS = np.log((1 - _SELF_EMISSION) / _N_STATES)
_LOG_HIT = np.log(_SELF_EMISSION + (1 - _SELF_EMISSION) / _N_STATES)
_FRAMES_BETWEEN_MERGES = 1024

States = npt.NDArray[np.int64]


def _log_steps() -> npt.NDArray[np.float64]:
    """log_probability[O, S] of arriving at state S from state S - reach + O; impossible steps are -inf."""
    states = np.arange(_N_STATES)
    weights_SS = np.maximum(12 - np.abs(states[:, None] - states), 0)
    with np.errstate(divide="ignore"):
        log_SS = np.log(weights_SS / weights_SS.sum(axis=1)[:, None])
    log_OS = np.full((2 * _REACH + 1, _N_STATES), -np.inf)
    for row, offset in enumerate(range(-_REACH, _REACH + 1)):
        origins = states + offset
        inside = (origins >= 0) & (origins < _N_STATES)
        log_OS[row, inside] = log_SS[origins[inside], states[inside]]
    return log_OS


_LOG_STEPS_OS = _log_steps()
_LAST_ROW = 2 * _REACH


class ViterbiPath:
    """Feed it observations; it hands out states as soon as no later observation can change them.

    What `push` and `finish` return, joined, is the exact path over all observations; memory grows only with the part
    that is still undecided.
    """

    def __init__(self) -> None:
        self._scores_S: npt.NDArray[np.float64] | None = None
        self._origins: list[npt.NDArray[np.int8]] = []  # per undecided frame but the first: offset row that led to S
        self._padded = np.full(_N_STATES + 2 * _REACH, -np.inf)
        self._windows_OS = np.lib.stride_tricks.sliding_window_view(self._padded, _N_STATES)
        self._candidates_OS = np.empty_like(_LOG_STEPS_OS)
        self._states = np.arange(_N_STATES)

    def push(self, observations_F: npt.NDArray[np.integer]) -> States:
        """Takes further observations (strongest bins) and returns the states decided by now, oldest first."""
        decided = []
        for observation in observations_F:
            self._step(int(observation))
            if len(self._origins) >= _FRAMES_BETWEEN_MERGES and len(self._origins) % _FRAMES_BETWEEN_MERGES == 0:
                decided.append(self._take_merged())
        return np.concatenate(decided) if decided else np.zeros(0, np.int64)

    def finish(self) -> States:
        """The states of all frames that were not handed out; the path is then empty and may start again."""
        if self._scores_S is None:
            return np.zeros(0, np.int64)
        path = self._trace(int(np.argmax(self._scores_S)), len(self._origins))
        self._scores_S, self._origins = None, []
        return path

    def _step(self, observation: int) -> None:
        if self._scores_S is None:
            scores_S = np.full(_N_STATES, -np.log(_N_STATES))
        else:
            self._padded[_REACH:-_REACH] = self._scores_S
            np.add(self._windows_OS, _LOG_STEPS_OS, out=self._candidates_OS)
            # Of equally likely origins the highest wins, as in hmmlearn, which the crepe package uses.
            rows_S = _LAST_ROW - np.argmax(self._candidates_OS[::-1], axis=0)
            self._origins.append(rows_S.astype(np.int8))
            scores_S = self._candidates_OS[rows_S, self._states]
        scores_S = scores_S + _LOG_MISS
        scores_S[observation] += _LOG_HIT - _LOG_MISS
        self._scores_S = scores_S

    def _trace(self, state: int, n_steps: int) -> States:
        """The path of `n_steps` steps back from `state` at undecided frame `n_steps`."""
        path = np.empty(n_steps + 1, np.int64)
        path[n_steps] = state
        for step in range(n_steps - 1, -1, -1):
            state += int(self._origins[step][state]) - _REACH
            path[step] = state
        return path

    def _take_merged(self) -> States:
        """Where the best paths to all of today's states have run together, the past is decided: hands it out."""
        survivors = np.arange(_N_STATES)
        for step in range(len(self._origins) - 1, -1, -1):
            survivors = np.unique(survivors + self._origins[step][survivors] - _REACH)
            if len(survivors) == 1:
                path = self._trace(int(survivors[0]), step)
                # Frame `step` stays as the first undecided one: the next trace ends there and is cut off again.
                self._origins = self._origins[step:]
                return path[:-1]
        return np.zeros(0, np.int64)
