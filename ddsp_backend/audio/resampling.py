"""Changes the sample rate block by block."""

# N = samples

from collections.abc import Iterable, Iterator

import numpy as np
import soxr

from ddsp_backend.arrays import Audio

# soxr's own default: exact to 20 bits. What it leaves just below half the rate is in docs/performance-diary.md.
RESAMPLING = "HQ"


def resampled_length(n_samples: int, from_rate: int, to_rate: int) -> int:
    """Samples that `n_samples` become when the rate changes: rounded to the nearest, halves up."""
    return (2 * n_samples * to_rate + from_rate) // (2 * from_rate)


def resampled_blocks(blocks: Iterable[Audio], from_rate: int, to_rate: int) -> Iterator[Audio]:
    """Mono blocks at another rate; together `resampled_length` samples. Blocks that are empty are left out."""
    resampler = None if from_rate == to_rate else soxr.ResampleStream(from_rate, to_rate, 1, "float32", RESAMPLING)
    n_read = n_given = 0
    for mono_N in blocks:
        n_read += len(mono_N)
        if resampler is not None:
            mono_N = resampler.resample_chunk(mono_N)
        if len(mono_N):
            n_given += len(mono_N)
            yield mono_N
    if resampler is not None:
        # The resampler's own length may differ by a sample: what others count on is `resampled_length`.
        tail_N = resampler.resample_chunk(np.zeros(0, np.float32), last=True)
        n_missing = resampled_length(n_read, from_rate, to_rate) - n_given
        if n_missing > 0:
            yield np.pad(tail_N[:n_missing], (0, max(0, n_missing - len(tail_N))))
