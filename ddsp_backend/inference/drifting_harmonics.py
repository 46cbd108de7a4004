"""Harmonics as magenta/ddsp sounds them, whose phase drifts: to compare what its models play here and there."""

from typing import Any

import tensorflow as tf

from ddsp_backend.dsp.harmonic import harmonic_synthesis_plain
from ddsp_backend.dsp.synths import Harmonic


def harmonic_audio_as_there(synthesizer: Harmonic, controls: dict[str, Any]) -> tf.Tensor:
    """The harmonic part of an example as magenta/ddsp sounds it, to compare with: audio_BN.

    It sums the phase of each harmonic in single precision, so that after four seconds high harmonics are off by a
    quarter turn. `Harmonic` itself does not drift; its audio differs by that alone.

    Args:
      controls: Of the same synthesizer: f0_hz, amplitudes and harmonic_distribution.
    """
    return harmonic_synthesis_plain(
        controls["f0_hz"],
        controls["amplitudes"],
        controls["harmonic_distribution"],
        synthesizer.n_samples,
        synthesizer.sample_rate,
        synthesizer.amp_resample_method,
        synthesizer.use_angular_cumsum,
    )
