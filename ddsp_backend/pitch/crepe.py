"""CREPE as a tracker: frames, activations, and from them pitch and confidence, as the crepe package reads them."""

# B = frames in a batch, F = frames, N = samples at 16 kHz, S = pitch bins

from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from ddsp_backend.arrays import Array
from ddsp_backend.cores import usable_cores
from ddsp_backend.pitch.crepe_network import BATCH_FRAMES, N_BINS, CrepeNetwork, weights_path
from ddsp_backend.pitch.tracker import FRAME_SIZE, SAMPLE_RATE, SILENCE_RMS, Pitch, Unfinished, cut
from ddsp_backend.pitch.viterbi import ViterbiPath

_Found: TypeAlias = tuple[npt.NDArray[np.int64], Array | None]  # frames and their activations, None if all are silent

_CENTS_S = np.linspace(0, 7180, N_BINS) + 1997.3794084376191  # of the bins, above 10 Hz
_CENTS_REFERENCE_HZ = 10.0
_AVERAGED_BINS = 4  # on each side of the centre
_RESTART_SECONDS = 0.25
_VERSION = 1


class CrepeTracker:
    """CREPE with one of its five capacities, on as many threads as asked for; 0 takes one a core.

    Frames below -80 dB are not analysed. With `viterbi` the pitch follows the most likely path; a silence of more
    than a quarter of a second starts a new one. Raises ConfigError if the weights are not installed.
    """

    context = 0

    def __init__(self, capacity: str = "full", viterbi: bool = True, n_threads: int = 0) -> None:
        self.name = _name(capacity, viterbi)
        self._n_threads = n_threads or usable_cores()
        self._network = CrepeNetwork(weights_path(capacity))
        self._viterbi = viterbi

    def steps(
        self, audio_N: Array, start: int, hop: int, n_frames: int, unfinished: Unfinished | None = None
    ) -> Generator[int, None, Pitch]:
        """See `PitchTracker.steps`. What `unfinished` keeps are activations."""
        decoder = _Decoder(n_frames, self._viterbi, gap=round(_RESTART_SECONDS * SAMPLE_RATE / hop))
        first = 0
        if unfinished is not None:
            first = unfinished.n_done
            for known in zip(unfinished.indices, unfinished.findings, strict=True):
                decoder.add(*known)
        batches = _batches(audio_N, start, hop, n_frames, first)
        activations = self._activations(batches)
        try:
            for frames_B, activations_BS in activations:
                if activations_BS is not None:
                    decoder.add(frames_B, activations_BS)
                _keep(unfinished, frames_B, activations_BS)
                yield int(frames_B[-1]) + 1
        except GeneratorExit:
            batches.close()  # nothing new is begun, but what is under way is kept
            for found in activations:
                _keep(unfinished, *found)
            raise
        return decoder.finish()

    def activations(self, audio_N: Array, start: int, hop: int, n_frames: int) -> Array:
        """activations_FS of every frame that is not silent; silent frames are zero."""
        activations_FS = np.zeros((n_frames, N_BINS), np.float32)
        for frames_B, found_BS in self._activations(_batches(audio_N, start, hop, n_frames, 0)):
            if found_BS is not None:
                activations_FS[frames_B] = found_BS
        return activations_FS

    def _activations(self, batches: Generator["_Batch", None, None]) -> Generator[_Found, None, None]:
        """The activations of each batch's loud frames, in order; None for a stretch of silence."""
        # One core a batch: the products are too small to be worth sharing, and BLAS threads that wait for each other
        # come to a standstill when other programs use the cores.
        with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(self._n_threads, "crepe") as pool:
            waiting: deque[tuple[_Batch, Future[Array] | None]] = deque()

            def oldest() -> _Found:
                batch, future = waiting.popleft()
                if future is None:
                    return batch.frames, None
                return batch.frames[batch.loud], future.result()[batch.loud[batch.analysed]]

            try:
                for batch in batches:
                    waiting.append((batch, pool.submit(self._analyse, batch) if batch.loud.any() else None))
                    while len(waiting) > self._n_threads + 1:
                        yield oldest()
                while waiting:
                    yield oldest()
            finally:
                pool.shutdown(cancel_futures=True)

    def _analyse(self, batch: "_Batch") -> Array:
        first, last = batch.analysed.start, batch.analysed.stop
        return self._network(batch.stretch[first * batch.hop :], batch.hop, last - first)


def make(capacity: str, viterbi: bool, n_threads: int) -> CrepeTracker:
    """See `trackers.TrackerModule`."""
    return CrepeTracker(capacity, viterbi, n_threads)


def name_of(capacity: str, viterbi: bool) -> str:
    """See `trackers.TrackerModule`."""
    weights_path(capacity)
    return _name(capacity, viterbi)


def _name(capacity: str, viterbi: bool) -> str:
    """Names everything that changes the tracker's numbers."""
    return f"crepe-{capacity}{'-viterbi' if viterbi else ''}-{_VERSION}"


def _keep(unfinished: Unfinished | None, frames_B: npt.NDArray[np.int64], activations_BS: Array | None) -> None:
    if unfinished is not None:
        unfinished.n_done = int(frames_B[-1]) + 1
        if activations_BS is not None:
            unfinished.indices.append(frames_B)
            unfinished.findings.append(activations_BS)


@dataclass(frozen=True, slots=True)
class _Batch:
    """Neighbouring frames, from whose common samples the network has an advantage; which of them are loud enough."""

    frames: npt.NDArray[np.int64]  # [B]
    stretch: Array  # [N]
    hop: int
    loud: npt.NDArray[np.bool_]  # [B]

    @property
    def analysed(self) -> slice:
        """From the first loud frame to the last one."""
        found = np.flatnonzero(self.loud)
        return slice(int(found[0]), int(found[-1]) + 1)


def _batches(audio_N: Array, start: int, hop: int, n_frames: int, first: int) -> Generator[_Batch, None, None]:
    while first < n_frames:
        # Batches begin at multiples of their size, wherever the analysis goes on: so the last digits stay the same.
        stop = min((first // BATCH_FRAMES + 1) * BATCH_FRAMES, n_frames)
        begin = start + first * hop
        stretch_N = cut(audio_N, begin, begin + (stop - first - 1) * hop + FRAME_SIZE)
        frames_BN = np.lib.stride_tricks.sliding_window_view(stretch_N, FRAME_SIZE)[::hop]
        loud_B = np.sqrt(np.mean(np.square(frames_BN), axis=1)) >= SILENCE_RMS
        yield _Batch(np.arange(first, stop), stretch_N, hop, loud_B)
        first = stop


class _Decoder:
    """Turns activations, as they come, into pitch and confidence."""

    def __init__(self, n_frames: int, viterbi: bool, gap: int) -> None:
        self._f0_hz_F = np.full(n_frames, np.nan, np.float32)
        self._confidence_F = np.zeros(n_frames, np.float32)
        self._path = ViterbiPath() if viterbi else None
        self._gap = gap
        self._last_index = -1
        self._undecided: deque[tuple[int, Array]] = deque()

    def add(self, indices_B: npt.NDArray[np.int64], activations_BS: Array) -> None:
        self._confidence_F[indices_B] = np.nan_to_num(activations_BS.max(axis=1))
        strongest_B = activations_BS.argmax(axis=1)
        if self._path is None:
            self._f0_hz_F[indices_B] = average_hz(activations_BS, strongest_B)
            return
        gaps_B = np.diff(indices_B, prepend=self._last_index) > self._gap
        self._last_index = int(indices_B[-1])
        edges = [0, *np.flatnonzero(gaps_B), len(indices_B)]
        for begin, end in pairwise(edges):
            if begin < end:
                if gaps_B[begin]:
                    self._decide(self._path.finish())
                self._undecided.extend(zip(indices_B[begin:end].tolist(), activations_BS[begin:end], strict=True))
                self._decide(self._path.push(strongest_B[begin:end]))

    def finish(self) -> Pitch:
        if self._path is not None:
            self._decide(self._path.finish())
        return Pitch(self._f0_hz_F, self._confidence_F)

    def _decide(self, states_F: npt.NDArray[np.int64]) -> None:
        if len(states_F):
            taken = [self._undecided.popleft() for _ in range(len(states_F))]
            activations_FS = np.stack([activations_S for _, activations_S in taken])
            self._f0_hz_F[[index for index, _ in taken]] = average_hz(activations_FS, states_F)


def average_hz(activations_FS: Array, centers_F: npt.NDArray[np.integer]) -> Array:
    """f0_hz_F: the mean pitch, weighted by activation, of the nine bins around each centre."""
    offsets = np.arange(-_AVERAGED_BINS, _AVERAGED_BINS + 1)
    bins = centers_F[:, None] + offsets
    inside = (bins >= 0) & (bins < N_BINS)
    bins = np.clip(bins, 0, N_BINS - 1)
    weights = np.where(inside, np.take_along_axis(activations_FS, bins, axis=1), 0).astype(np.float64)
    cents_F = (weights * _CENTS_S[bins]).sum(axis=1) / weights.sum(axis=1)
    f0_hz_F: Array = (_CENTS_REFERENCE_HZ * np.exp2(cents_F / 1200)).astype(np.float32)
    return f0_hz_F
