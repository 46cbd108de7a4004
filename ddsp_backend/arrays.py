"""Types of the arrays and batches that packages pass on. Their shapes stand in names: audio_BN, f0_hz_BF1."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float32]
DoubleArray: TypeAlias = npt.NDArray[np.float64]
FloatArray: TypeAlias = npt.NDArray[np.floating]  # of either precision
Audio: TypeAlias = Array  # samples of one channel, full scale is 1

FeatureArrays: TypeAlias = dict[str, Array]  # features of a recording, by name
Features: TypeAlias = dict[str, Any]  # features of a batch as tensors, by name
Batch: TypeAlias = dict[str, Any]  # what a data set gives for one step; a tuple of them where data sets were zipped
