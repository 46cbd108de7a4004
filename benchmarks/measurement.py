"""What a benchmark says, and how it is timed."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

REFERENCE_GFLOPS = 212.0  # float32 matrix product, large, on the machine that the reference was timed on


@dataclass(frozen=True)
class Measurement:
    """One line of the table."""

    work: str
    values: list[float]
    unit: str
    """"s", "ms", "MB", "loss": less is better; "x real time", "frames/s", "MB/s": more is."""
    reference: float | None = None
    """magenta/ddsp's figure, or the limit that must be kept, in the same unit."""
    gflop: float | None = None
    """Arithmetic of the matrix products that the work cannot do without: of one piece of it, where the unit is a time;
    else of a frame, or of a second of audio."""
    limit: float | None = None
    """What is asked for where there is no figure of the reference."""

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def spread(self) -> float:
        """Half the distance between the quickest and the slowest, as a share of the median."""
        return (max(self.values) - min(self.values)) / 2 / self.median

    @property
    def ratio(self) -> float | None:
        """How many times better than the reference."""
        if self.reference is None:
            return None
        is_less_better = self.unit in ("s", "ms", "MB", "loss")
        return self.reference / self.median if is_less_better else self.median / self.reference

    def ratio_at_equal_speed(self, gflops: float) -> float | None:
        """`ratio` if this machine multiplied matrices as fast as the reference's: of times, not of memory or losses."""
        if self.ratio is None or self.unit in ("MB", "loss"):
            return self.ratio
        return self.ratio * REFERENCE_GFLOPS / gflops

    def share_of_limit(self, gflops: float) -> float | None:
        """Share of the machine's own matrix product speed."""
        if self.gflop is None:
            return None
        pieces_a_second = {"s": 1 / self.median, "ms": 1000 / self.median}.get(self.unit, self.median)
        return self.gflop * pieces_a_second / gflops


def seconds_of(work: Callable[[], Any], n: int = 5) -> list[float]:
    """Each of `n` calls, after one that is not counted."""
    work()
    return [_seconds(work) for _ in range(n)]


def matrix_product_gflops(n: int = 4096) -> float:
    """The machine's limit: the quickest of some large float32 products, through TensorFlow."""
    import tensorflow as tf

    a = tf.random.stateless_normal([n, n], (0, 1))
    product = tf.function(lambda: tf.reduce_sum(tf.matmul(a, a)), autograph=False)
    return 2e-9 * n**3 / min(seconds_of(lambda: product().numpy()))


def _seconds(work: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
