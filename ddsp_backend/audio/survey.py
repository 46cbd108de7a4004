"""Reads a recording once, from end to end, and says whether and with which reservations it can be used."""

# C = channels, N = samples

import math
import os
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ddsp_backend.audio.decoding import Samples, open_recording
from ddsp_backend.audio.files import to_mono

SHORTEST_SECONDS = 0.5
SHORT_SECONDS = 4.0  # one example of the presets
SILENT_PEAK = 1e-4  # -80 dB
QUIET_PEAK = 10 ** (-30 / 20)
FULL_SCALE = 0.999
CLIPPED_SHARE = 1e-4
LOW_SAMPLE_RATE = 16000
_DIFFERENT_CHANNELS = 0.5  # share of the energy that the mean of the channels loses


@dataclass(frozen=True, slots=True)
class Survey:
    """What is in a recording. Peaks are of full scale 1; energies are sums of squares."""

    sample_rate: int
    channels: int
    n_frames: int  # as decoded, whatever the header said
    peak: float  # of any channel
    mono_peak: float
    channel_energy: float  # mean over the channels
    mono_energy: float
    n_full_scale: int  # samples, over all channels
    first_nonfinite: int | None  # the first frame that is no number

    @property
    def seconds(self) -> float:
        return self.n_frames / self.sample_rate

    def refusal(self) -> str:
        """Why the recording cannot be used, as a sentence without the file's name; empty if it can."""
        if self.first_nonfinite is not None:
            at = self.first_nonfinite / self.sample_rate
            return f"The sample at {at:.3f} s is no number (NaN or infinity). Export the recording again."
        if self.n_frames == 0:
            return "There is not a single sample in this file. Record or export it again."
        if self.seconds < SHORTEST_SECONDS:
            length = "1 sample" if self.n_frames == 1 else f"{self.seconds:.3f} s"
            return f"It is {length} long; at least {SHORTEST_SECONDS:g} s are needed."
        if self.peak < SILENT_PEAK:
            return f"It is silent: its peak is {_db(self.peak)}, below {_db(SILENT_PEAK)}. Record it louder."
        if self.mono_peak < SILENT_PEAK:
            return "Its channels cancel each other out. Export one of them alone, or turn the phase of one around."
        return ""

    def warnings(self) -> tuple[str, ...]:
        """Sentences about a usable recording that its owner should know."""
        found = []
        share = self.n_full_scale / (self.n_frames * self.channels)
        if share > CLIPPED_SHARE:
            found.append(f"Clipped: {100 * share:.2g} % of the samples are at full scale. The model will learn it.")
        if self.peak < QUIET_PEAK:
            found.append(f"Very quiet: its peak is {_db(self.peak)}. Below {_db(QUIET_PEAK)} noise is learned too.")
        if self.seconds < SHORT_SECONDS:
            found.append(
                f"Very short: {self.seconds:.1f} s. Examples of {SHORT_SECONDS:g} s are filled up with silence."
            )
        if self.channels > 1 and self.mono_energy < _DIFFERENT_CHANNELS * self.channel_energy:
            lost = 100 * (1 - self.mono_energy / self.channel_energy)
            found.append(f"The channels differ strongly: their mean, which is used, loses {lost:.0f} % of the energy.")
        if self.sample_rate < LOW_SAMPLE_RATE:
            found.append(
                f"Sampled at {self.sample_rate} Hz: nothing above {self.sample_rate // 2} Hz can be learned from it."
                f" Record at {LOW_SAMPLE_RATE} Hz or more."
            )
        return tuple(found)


def survey(path: str | os.PathLike[str]) -> Generator[float, None, Survey]:
    """Decodes the whole file in blocks; yields the seconds read so far and returns the survey. Raises AudioError."""
    with open_recording(Path(path)) as recording:
        rate = recording.info.sample_rate
        totals = _Totals()
        for block_NC in recording.blocks():
            totals.add(block_NC)
            yield totals.n_frames / rate
        return Survey(
            sample_rate=rate,
            channels=recording.info.channels,
            n_frames=totals.n_frames,
            peak=totals.peak,
            mono_peak=totals.mono_peak,
            channel_energy=totals.channel_energy,
            mono_energy=totals.mono_energy,
            n_full_scale=totals.n_full_scale,
            first_nonfinite=totals.first_nonfinite,
        )


class _Totals:
    def __init__(self) -> None:
        self.n_frames = self.n_full_scale = 0
        self.peak = self.mono_peak = self.channel_energy = self.mono_energy = 0.0
        self.first_nonfinite: int | None = None

    def add(self, block_NC: Samples) -> None:
        finite_N = np.isfinite(block_NC).all(axis=1)
        if not finite_N.all():
            if self.first_nonfinite is None:
                self.first_nonfinite = self.n_frames + int(np.argmin(finite_N))
            block_NC = np.nan_to_num(block_NC, posinf=0.0, neginf=0.0)
        magnitude_NC = np.abs(block_NC)
        mono_N = to_mono(block_NC)
        self.n_frames += len(block_NC)
        self.n_full_scale += int((magnitude_NC >= FULL_SCALE).sum())
        self.peak = max(self.peak, float(magnitude_NC.max()))
        self.mono_peak = max(self.mono_peak, float(np.abs(mono_N).max()))
        self.channel_energy += float(np.square(block_NC, dtype=np.float64).sum()) / block_NC.shape[1]
        self.mono_energy += float(np.square(mono_N, dtype=np.float64).sum())


def _db(amplitude: float) -> str:
    return f"{20 * math.log10(amplitude):.0f} dB" if amplitude > 0 else "minus infinity"
