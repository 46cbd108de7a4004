"""The colours of a picture of sound, from silence to full scale: the same in both schemes, like a photograph."""

from functools import cache

import numpy as np
import numpy.typing as npt

# Anchors of the spectrogram's colours, silence to full scale.
_SPECTROGRAM_HEX = "0d1016 1c2347 4a2f78 8f3d80 cf5668 f08a4b f7c862 fdf7dc"
# Lightness at both ends (CIELAB L*); in between it rises evenly, so that equal steps in dB look equal.
_SPECTROGRAM_LIGHTNESS = (4.0, 97.0)


@cache
def spectrogram_colors() -> npt.NDArray[np.uint8]:
    """The colour of each spectrogram value: uint8 [256, 3] RGB, lightness rising evenly with loudness."""
    anchors = np.array([list(bytes.fromhex(color)) for color in _SPECTROGRAM_HEX.split()])
    anchors_lab = _lab_from_rgb(anchors / 255.0)
    # An anchor stands where its own lightness belongs; hue and chroma are interpolated between anchors.
    low, high = _SPECTROGRAM_LIGHTNESS
    lightness = np.linspace(low, high, 256)
    positions = np.clip(anchors_lab[:, 0], low, high)
    a = np.interp(lightness, positions, anchors_lab[:, 1])
    b = np.interp(lightness, positions, anchors_lab[:, 2])
    lab = np.stack([lightness, a, b], axis=1)
    colors = (np.clip(_rgb_from_lab(lab), 0, 1) * 255).round().astype(np.uint8)
    colors.setflags(write=False)
    return colors


# sRGB <-> CIELAB (D65), IEC 61966-2-1 and CIE 15.
_RGB_TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
_WHITE = _RGB_TO_XYZ.sum(axis=1)
_DELTA = 6 / 29


def _lab_from_rgb(rgb: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = linear @ _RGB_TO_XYZ.T / _WHITE
    f = np.where(xyz > _DELTA**3, np.cbrt(xyz), xyz / (3 * _DELTA**2) + 4 / 29)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)


def _rgb_from_lab(lab: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    f_y = (lab[:, 0] + 16) / 116
    f = np.stack([f_y + lab[:, 1] / 500, f_y, f_y - lab[:, 2] / 200], axis=1)
    xyz = np.where(f > _DELTA, f**3, 3 * _DELTA**2 * (f - 4 / 29)) * _WHITE
    linear = np.clip(xyz @ np.linalg.inv(_RGB_TO_XYZ).T, 0, 1)
    rgb: npt.NDArray[np.float64] = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return rgb
