"""One model for several instruments that play the same notes: it is asked once, for all of them."""

from collections import deque

from ddsp_backend.live.frame_predictor import Frame, FramePredictor, Predictor


class LeadingPredictor(Predictor):
    """Asks the model, and tells those who follow what it answered."""

    def __init__(self, predictor: FramePredictor) -> None:
        self._predictor = predictor
        self.level_key = predictor.level_key
        self.n_harmonics, self.n_noise = predictor.n_harmonics, predictor.n_noise
        self._followers: list[FollowingPredictor] = []

    def follower(self) -> "FollowingPredictor":
        """One that answers as this one does from now on."""
        self._followers.append(FollowingPredictor(self))
        return self._followers[-1]

    def restart(self) -> None:
        self._predictor.restart()

    def predict(self, f0_hz: float, level_db: float) -> Frame:
        frame = self._predictor.predict(f0_hz, level_db)
        for follower in self._followers:
            follower.frames.append(frame)
        return frame


class FollowingPredictor(Predictor):
    """Asked for the same notes as the one that leads, and always after it."""

    def __init__(self, leader: LeadingPredictor) -> None:
        self.level_key = leader.level_key
        self.n_harmonics, self.n_noise = leader.n_harmonics, leader.n_noise
        self.frames: deque[Frame] = deque()

    def restart(self) -> None:
        """What leads has done it already."""

    def predict(self, f0_hz: float, level_db: float) -> Frame:
        return self.frames.popleft()
