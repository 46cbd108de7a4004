"""How the channels of a recording go together, whose mean is what a model hears."""

# C = channels, N = samples

import numpy as np

from ddsp_backend.audio.decoding import Samples
from ddsp_backend.audio.files import to_mono


class ChannelMeter:
    """Adds up energies. `peak` is that of any channel, full scale 1."""

    def __init__(self) -> None:
        self.peak = 0.0
        self._n_channels = 1
        self._channel_energy = self._mono_energy = 0.0

    def add(self, block_NC: Samples) -> None:
        self.peak = max(self.peak, float(np.abs(block_NC).max()))
        self._n_channels = block_NC.shape[1]
        self._channel_energy += float(np.square(block_NC, dtype=np.float64).sum()) / block_NC.shape[1]
        self._mono_energy += float(np.square(to_mono(block_NC), dtype=np.float64).sum())

    @property
    def lost(self) -> float:
        """Share of the energy that the mean of the channels loses, 0 to 1: a half where they have nothing in common,
        nearly all where they cancel."""
        if self._n_channels == 1 or not self._channel_energy:
            return 0.0
        return max(0.0, 1 - self._mono_energy / self._channel_energy)
