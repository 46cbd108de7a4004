"""Four clicks before a take, for headphones."""

import numpy as np
import numpy.typing as npt

BEAT_SECONDS = 0.6
_CLICK_SECONDS = 0.03
_FIRST_HZ, _OTHER_HZ = 1568.0, 1046.5
_LEVEL = 0.3


def clicks(n_beats: int, sample_rate: int) -> npt.NDArray[np.float32]:
    """Samples [N] of the clicks, the first one higher; it ends where the beat after the last one falls."""
    sound_N = np.zeros(round(n_beats * BEAT_SECONDS * sample_rate), np.float32)
    time_N = np.arange(round(_CLICK_SECONDS * sample_rate)) / sample_rate
    for beat in range(n_beats):
        hz = _OTHER_HZ if beat else _FIRST_HZ
        begin = round(beat * BEAT_SECONDS * sample_rate)
        sound_N[begin : begin + len(time_N)] = _LEVEL * np.sin(2 * np.pi * hz * time_N) * np.exp(-time_N / 0.008)
    return sound_N
