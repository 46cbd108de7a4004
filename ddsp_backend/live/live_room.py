"""The learned room without delay: the first part of its response is convolved at once, the rest a block later.

N = audio samples, R = samples of the response, P = samples of a partition, B = bins.
"""

import numpy as np

from ddsp_backend.arrays import DoubleArray

_PARTITION = 1024


class LiveRoom:
    """Convolves sound in stretches of any length with one response; what it adds is the wet sound alone.

    Source: Gardner, "Efficient convolution without input-output delay", JAES 43 (3), 1995.
    """

    def __init__(self, response_R: DoubleArray) -> None:
        self._head_P = response_R[:_PARTITION]
        rest = response_R[_PARTITION:]
        n_parts = -(-len(rest) // _PARTITION)
        padded = np.pad(rest, (0, n_parts * _PARTITION - len(rest))).reshape(n_parts, _PARTITION)
        self._parts_LB = np.fft.rfft(padded, 2 * _PARTITION, axis=1)
        self._blocks_LB = np.zeros_like(self._parts_LB)  # spectra of the newest blocks, the newest first
        self._block_P = np.zeros(_PARTITION)
        self._filled = 0
        self._ringing_N = np.zeros(0)  # of the head
        self._late_P = np.zeros(_PARTITION)  # of the rest, for the block that is being filled
        self._carry_P = np.zeros(_PARTITION)

    def wet(self, dry_N: DoubleArray) -> DoubleArray:
        """The room's answer to these samples and those before, [N]."""
        wet_N = self._of_head(dry_N)
        done = 0
        while done < len(dry_N):
            n = min(len(dry_N) - done, _PARTITION - self._filled)
            here = slice(self._filled, self._filled + n)
            wet_N[done : done + n] += self._late_P[here]
            self._block_P[here] = dry_N[done : done + n]
            self._filled += n
            done += n
            if self._filled == _PARTITION:
                self._turn()
        return wet_N

    def _of_head(self, dry_N: DoubleArray) -> DoubleArray:
        n = len(dry_N) + len(self._head_P) - 1
        size = 1 << (n - 1).bit_length()
        whole = np.fft.irfft(np.fft.rfft(dry_N, size) * np.fft.rfft(self._head_P, size), size)[:n]
        whole[: len(self._ringing_N)] += self._ringing_N[: len(whole)]
        beyond = self._ringing_N[len(whole) :]
        self._ringing_N = np.concatenate([whole[len(dry_N) :], beyond])
        return np.array(whole[: len(dry_N)])

    def _turn(self) -> None:
        """A block is full: what the rest of the response makes of it and of those before is heard from now on."""
        self._filled = 0
        if not len(self._parts_LB):
            return
        self._blocks_LB = np.roll(self._blocks_LB, 1, axis=0)
        self._blocks_LB[0] = np.fft.rfft(self._block_P, 2 * _PARTITION)
        answer = np.fft.irfft((self._blocks_LB * self._parts_LB).sum(axis=0), 2 * _PARTITION)
        self._late_P = answer[:_PARTITION] + self._carry_P
        self._carry_P = answer[_PARTITION:]
