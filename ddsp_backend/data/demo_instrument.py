"""The demo instrument: a wind player in a light room, whose pitch, harmonics, noise and room are known exactly."""

# F = control frames, K = harmonics, M = noise bands, N = samples

from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ddsp_backend.arrays import DoubleArray
from ddsp_backend.audio.files import write_wav
from ddsp_backend.data.demo_performance import (
    CONTROL_RATE,
    Performance,
    harmonic_amplitudes,
    noise_magnitudes,
    perform,
    room_response,
)
from ddsp_backend.files import written_whole
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import ArtifactWritten, Event
from ddsp_backend.jobs.kinds import Unit
from ddsp_backend.jobs.progress import Pace
from ddsp_backend.jobs.spec import GenerateSpec

TAKE_SECONDS = 16.0
_BLOCK = 1 << 14


@dataclass(frozen=True, slots=True)
class DemoRecording:
    """A recording and the truth about it: `audio` [N] is `dry` [N] played in the room `ir`."""

    audio: DoubleArray
    dry: DoubleArray
    ir: DoubleArray
    performance: Performance
    harmonic_amplitudes: DoubleArray  # [F, K]
    noise_magnitudes: DoubleArray  # [F, M]


def generate(spec: GenerateSpec, cancel: CancelToken) -> Generator[Event, None, dict[str, str]]:
    """Writes `take_00.wav`, `take_00.npz`, ... to `output_dir`. Equal specs give equal samples.

    An npz holds, at 250 frames a second, `f0_hz` [F], `voiced` [F], `harmonic_amplitudes` [F, K] and
    `noise_magnitudes` [F, M], the signal without room `dry` [N], the room `ir`, `sample_rate` and `frame_rate`.
    Returns: {"output_dir", "n_takes", "seconds"}.
    """
    folder = Path(spec.output_dir)
    folder.mkdir(parents=True, exist_ok=True)
    n_takes = max(1, round(spec.seconds / TAKE_SECONDS))
    pace = Pace("Playing the demo instrument", spec.seconds, Unit.AUDIO_SECONDS)
    for index in range(n_takes):
        cancel.raise_if_set()
        take = play_take(spec.seconds / n_takes, spec.sample_rate, spec.seed, index, cancel.raise_if_set)
        wav_path, truth_path = folder / f"take_{index:02d}.wav", folder / f"take_{index:02d}.npz"
        write_wav(wav_path, take.audio, spec.sample_rate)
        _write_truth(truth_path, take, spec.sample_rate)
        yield ArtifactWritten("audio", str(wav_path))
        yield ArtifactWritten("truth", str(truth_path))
        yield from pace.advance(spec.seconds / n_takes, wav_path.name)
    return {"output_dir": str(folder), "n_takes": str(n_takes), "seconds": f"{spec.seconds:g}"}


def play_take(
    seconds: float, sample_rate: int, seed: int, index: int = 0, between: Callable[[], None] = lambda: None
) -> DemoRecording:
    """One take; the room depends on `seed` alone, the performance also on `index`.

    `between` is called every few milliseconds and may raise, to stop.
    """
    ir_N = room_response(sample_rate, np.random.default_rng([seed]))
    rng = np.random.default_rng([seed, index])
    performance = perform(seconds, rng)
    amplitudes_FK = harmonic_amplitudes(performance, sample_rate)
    magnitudes_FM = noise_magnitudes(performance, sample_rate)
    n_samples = round(seconds * sample_rate)
    dry_N = _sing(performance.f0_hz, amplitudes_FK, n_samples, sample_rate, between)
    dry_N += _blow(magnitudes_FM, n_samples, sample_rate, rng, between)
    return DemoRecording(_in_room(dry_N, ir_N), dry_N, ir_N, performance, amplitudes_FK, magnitudes_FM)


def _sing(
    f0_hz_F: DoubleArray, amplitudes_FK: DoubleArray, n_samples: int, sample_rate: int, between: Callable[[], None]
) -> DoubleArray:
    """The sum of the harmonics, all controls linear between frames; in blocks, so that memory stays small."""
    frame_times = np.arange(len(f0_hz_F)) / CONTROL_RATE
    sounding_K = np.flatnonzero(amplitudes_FK.any(axis=0))
    audio_N = np.zeros(n_samples)
    cycles = 0.0
    for start in range(0, n_samples, _BLOCK):
        between()
        times = np.arange(start, min(start + _BLOCK, n_samples)) / sample_rate
        f0_hz_N = np.interp(times, frame_times, f0_hz_F)
        cycles_N = cycles + np.cumsum(f0_hz_N) / sample_rate
        cycles = cycles_N[-1] % 1.0
        for k in sounding_K:
            amplitude_N = np.interp(times, frame_times, amplitudes_FK[:, k])
            audio_N[start : start + len(times)] += amplitude_N * np.sin(2 * np.pi * (k + 1) * cycles_N)
    return audio_N


def _blow(
    magnitudes_FM: DoubleArray, n_samples: int, sample_rate: int, rng: np.random.Generator, between: Callable[[], None]
) -> DoubleArray:
    """White noise through a filter that changes from frame to frame (zero phase, windowed, overlap-add)."""
    hop = round(sample_rate / CONTROL_RATE)
    n_taps = 2 * (magnitudes_FM.shape[1] - 1)
    n_points = 1 << (hop + n_taps).bit_length()
    window = np.fft.fftshift(np.hanning(n_taps))
    audio_N = np.zeros(n_samples + n_points + n_taps)
    times = np.arange(0, n_samples, hop) / sample_rate
    frames = np.minimum(np.round(times * CONTROL_RATE).astype(int), len(magnitudes_FM) - 1)
    for index, frame in enumerate(frames):
        between()
        noise = rng.uniform(-1, 1, hop)
        response = np.fft.fftshift(np.fft.irfft(magnitudes_FM[frame]) * window)
        filtered = np.fft.irfft(np.fft.rfft(noise, n_points) * np.fft.rfft(response, n_points))
        audio_N[index * hop : index * hop + n_points] += filtered
    return audio_N[n_taps // 2 : n_taps // 2 + n_samples]


def _in_room(dry_N: DoubleArray, ir_N: DoubleArray) -> DoubleArray:
    n_points = 1 << (len(dry_N) + len(ir_N)).bit_length()
    return np.fft.irfft(np.fft.rfft(dry_N, n_points) * np.fft.rfft(ir_N, n_points))[: len(dry_N)]


def _write_truth(path: Path, take: DemoRecording, sample_rate: int) -> None:
    with written_whole(path) as temporary:
        np.savez_compressed(
            temporary,
            f0_hz=take.performance.f0_hz.astype(np.float32),
            voiced=take.performance.voiced,
            harmonic_amplitudes=take.harmonic_amplitudes.astype(np.float32),
            noise_magnitudes=take.noise_magnitudes.astype(np.float32),
            dry=take.dry.astype(np.float32),
            ir=take.ir.astype(np.float32),
            sample_rate=sample_rate,
            frame_rate=CONTROL_RATE,
        )
