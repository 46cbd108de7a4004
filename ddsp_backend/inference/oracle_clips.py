"""Examples as no model can play them better: the floor of every distance. B = batch, F = frames."""

import numpy as np

from ddsp_backend.arrays import Batch
from ddsp_backend.dsp.oracle import fit
from ddsp_backend.pitch.tracker import SURE_CONFIDENCE
from ddsp_backend.reporting.clips import PlayedClip


def oracle_clips(batch: Batch, sample_rate: int) -> list[PlayedClip]:
    """What the synthesizers play of a batch with controls that are fitted to each example."""
    audio_BN = np.asarray(batch["audio"], np.float32)
    f0_hz_BF, confidence_BF = (
        np.asarray(batch[key], np.float32).reshape(len(audio_BN), -1) for key in ("f0_hz", "f0_confidence")
    )
    fitted = fit(audio_BN, f0_hz_BF, (confidence_BF >= SURE_CONFIDENCE) & (f0_hz_BF > 0.0), sample_rate)
    parts = (audio_BN, fitted.audio, fitted.harmonic, fitted.noise)
    return [PlayedClip(*parts_N) for parts_N in zip(*parts, strict=True)]
