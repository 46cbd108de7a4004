"""One example in TensorBoard, as a model plays it. N = samples."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ddsp_backend.evaluation.pictures import Legend
from ddsp_backend.reporting.spectrograms import mel_spectrogram
from ddsp_backend.reporting.tensorboard import Summaries


@dataclass(frozen=True)
class SampleSummaries:
    """Where evaluators write what an example of a checkpoint looks and sounds like, each thing under KIND/NAME."""

    summaries: Summaries
    step: int
    name: str
    """Such as "sample 1"."""
    sample_rate: int

    def audio(self, kind: str, audio_N: npt.NDArray[np.float32]) -> None:
        self.summaries.audio(self.step, f"{kind}/{self.name}", audio_N, self.sample_rate)

    def spectrogram(self, kind: str, audio_N: npt.NDArray[np.float32]) -> None:
        self.summaries.spectrogram(self.step, f"{kind}/{self.name}", mel_spectrogram(audio_N, self.sample_rate))

    def picture(self, kind: str, drawn: Legend) -> None:
        self.summaries.picture(self.step, f"{kind}/{self.name}", *drawn)
