"""Reads a recording once, from end to end, and says whether and with which reservations it can be used."""

# C = channels, N = samples

import math
import os
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ddsp_backend.audio.decoding import Samples, open_recording
from ddsp_backend.audio.endings import ends_early
from ddsp_backend.audio.files import LOUDEST_SAMPLE, nonsense, to_mono

SHORTEST_SECONDS = 0.5
SHORT_SECONDS = 4.0  # one example of the presets
SILENT_PEAK = 1e-4  # -80 dB
QUIET_PEAK = 10 ** (-30 / 20)
FULL_SCALE = 0.999
CLIPPED_SHARE = 1e-4
LOW_SAMPLE_RATE = 16000
_DIFFERENT_CHANNELS = 0.5  # share of the energy that the mean of the channels loses


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a recording cannot be used, without its name: what is wrong, to follow a colon, and a sentence that cures."""

    what: str
    cure: str = "Choose another recording."

    def __str__(self) -> str:
        return f"{self.what[:1].upper()}{self.what[1:]}. {self.cure}"


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
    first_nonsense: int | None  # the first frame that is no number, or absurdly loud
    nonsense: float = 0.0  # its value; 0 stands for what is no number
    is_cut: bool = False  # the file holds less than its header promises

    @property
    def seconds(self) -> float:
        return self.n_frames / self.sample_rate

    def refusal(self) -> Refusal | None:
        """Why the recording cannot be used; None if it can."""
        if self.first_nonsense is not None:
            at = self.first_nonsense / self.sample_rate
            return Refusal(
                f"the sample at {at:.3f} s {nonsense(self.nonsense or math.nan)}", "Export the recording again."
            )
        if self.n_frames == 0:
            return Refusal("this file contains no samples", "Record or export it again.")
        if self.seconds < SHORTEST_SECONDS:
            length = "1 sample" if self.n_frames == 1 else f"{self.seconds:.3f} s"
            return Refusal(f"it is {length} long; at least {SHORTEST_SECONDS:g} s are needed")
        if self.peak == 0:
            return Refusal("it is silent from beginning to end", "Record it again, with the right input.")
        if self.peak < SILENT_PEAK:
            return Refusal(f"it is silent: its peak is {_db(self.peak)}, below {_db(SILENT_PEAK)}", "Record it louder.")
        if self.mono_peak < SILENT_PEAK:
            return Refusal(
                "its channels cancel each other out", "Export one of them alone, or invert the phase of one."
            )
        return None

    def warnings(self) -> tuple[str, ...]:
        """Sentences about a usable recording that its owner should know."""
        found = []
        if self.is_cut:
            found.append(f"It ends early: the file is cut off after {self.seconds:.1f} s. Copy or export it again.")
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
            first_nonsense=totals.first_nonsense,
            nonsense=totals.nonsense,
            is_cut=ends_early(Path(path)),
        )


class _Totals:
    def __init__(self) -> None:
        self.n_frames = self.n_full_scale = 0
        self.peak = self.mono_peak = self.channel_energy = self.mono_energy = 0.0
        self.first_nonsense: int | None = None
        self.nonsense = 0.0

    def add(self, block_NC: Samples) -> None:
        sensible_NC = np.abs(block_NC) <= LOUDEST_SAMPLE  # which NaN is not
        if not sensible_NC.all():
            if self.first_nonsense is None:
                frame, channel = np.argwhere(~sensible_NC)[0]
                self.first_nonsense = self.n_frames + int(frame)
                value = float(block_NC[frame, channel])
                self.nonsense = value if math.isfinite(value) else 0.0
            block_NC = np.where(sensible_NC, block_NC, np.float32(0))
        magnitude_NC = np.abs(block_NC)
        mono_N = to_mono(block_NC)
        self.n_frames += len(block_NC)
        self.n_full_scale += int((magnitude_NC >= FULL_SCALE).sum())
        self.peak = max(self.peak, float(magnitude_NC.max()))
        self.mono_peak = max(self.mono_peak, float(np.abs(mono_N).max()))
        self.channel_energy += float(np.square(block_NC, dtype=np.float64).sum()) / block_NC.shape[1]
        self.mono_energy += float(np.square(mono_N, dtype=np.float64).sum())


def _db(amplitude: float) -> str:
    return f"{20 * math.log10(amplitude):.0f} dB"
