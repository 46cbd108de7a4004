"""Pitch tracking. The smoke run compares CREPE's kernels with plain convolutions."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks.measurement import Measurement, seconds_of
from ddsp_backend.pitch.crepe import CrepeTracker
from ddsp_backend.pitch.crepe_network import BATCH_FRAMES, CrepeNetwork, weights_path
from ddsp_backend.pitch.tracker import SAMPLE_RATE, track
from ddsp_backend.pitch.trackers import make_tracker

FRAME_RATE = 250
REFERENCE_FRAMES_PER_SECOND = 13.0  # the crepe package, full model


def melody(seconds: float) -> np.ndarray:
    """A glissando with three harmonics."""
    time_N = np.arange(round(SAMPLE_RATE * seconds)) / SAMPLE_RATE
    phase_N = 2 * np.pi * np.cumsum(220 * 2 ** np.sin(0.7 * time_N)) / SAMPLE_RATE
    return sum(0.2 / k * np.sin(k * phase_N) for k in (1, 2, 3)).astype(np.float32)


def measure(smoke: bool) -> Iterator[Measurement]:
    for name, capacity, seconds in (("crepe", "full", 8.0), ("crepe", "tiny", 30.0), ("swift-f0", "", 60.0)):
        tracker = make_tracker(name, capacity or "full")
        audio_N = melody(0.3 if smoke else seconds)
        values = seconds_of(lambda tracker=tracker, audio_N=audio_N: track(tracker, audio_N, FRAME_RATE, "center"), 3)
        n_frames = len(audio_N) * FRAME_RATE / SAMPLE_RATE
        reference = REFERENCE_FRAMES_PER_SECOND if capacity == "full" else None
        speeds = [n_frames / value for value in values]
        gflop = gflop_a_frame(capacity, SAMPLE_RATE // FRAME_RATE) if capacity else None
        yield Measurement(f"{name} {capacity}".rstrip(), speeds, "frames/s", reference, gflop)
        if smoke and name == "crepe":
            compare_with_plain(capacity, audio_N)
        if smoke:
            f0_hz_F, _ = track(tracker, audio_N, FRAME_RATE, "center")
            assert abs(np.log2(np.median(f0_hz_F) / np.median(220 * 2 ** np.sin(0.7 * np.linspace(0, 0.3, 75))))) < 0.02


def gflop_a_frame(capacity: str, hop: int) -> float:
    """Of the matrix products that the network makes for frames that lie `hop` samples apart."""
    gflop, product = 0.0, np.matmul

    def counted(a: Any, b: Any, **options: Any) -> Any:
        nonlocal gflop
        found = product(a, b, **options)
        gflop += 2e-9 * found.size * np.shape(a)[-1]
        return found

    with patch.object(np, "matmul", counted):
        CrepeNetwork(weights_path(capacity))(melody(1 + BATCH_FRAMES * hop / SAMPLE_RATE), hop, BATCH_FRAMES)
    return gflop / BATCH_FRAMES


def compare_with_plain(capacity: str, audio_N: np.ndarray) -> None:
    """Raises AssertionError unless every activation is that of plain convolutions, to 1e-5."""
    from ddsp_backend.dsp.crepe import PretrainedCREPE

    plain = PretrainedCREPE(capacity, hop_size=SAMPLE_RATE // FRAME_RATE)
    expected_FS = plain.core_model(plain.normalize_frames(plain.batch_frames(audio_N[None]))).numpy()
    found_FS = CrepeTracker(capacity).activations(audio_N, 0, plain.hop_size, len(expected_FS))
    assert expected_FS.max() > 0.5
    np.testing.assert_allclose(found_FS, expected_FS, rtol=0, atol=1e-5)
