"""The reference's models with a batch of made-up sound, ready to train."""

from typing import Any

import numpy as np

from benchmarks.batch import make_batch
from ddsp_backend.config.parse import parse

GIN_FILES = {
    "solo_instrument": "models/solo_instrument.gin",
    "vst": "models/vst/vst.gin",
    "tiny_instrument": "papers/iclr2020/tiny_instrument.gin",
    "ae": "models/ae.gin",
}
# A tenth of the length and few units, for --smoke.
_SHORT = (
    "F0LoudnessPreprocessor.time_steps = 100",
    "Harmonic.n_samples = 6400",
    "FilteredNoise.n_samples = 6400",
    "RnnFcDecoder.ch = 16",
    "RnnFcDecoder.rnn_channels = 16",
)
SMALL = {
    "solo_instrument": (*_SHORT, "Reverb.reverb_length = 4800"),
    "tiny_instrument": (*_SHORT, "Reverb.reverb_length = 4800"),
    "ae": (*_SHORT, "MfccTimeDistributedRnnEncoder.rnn_channels = 16"),
    "vst": (
        "n_samples = 6720",
        "FilteredNoiseReverb.reverb_length = 2400",
        "FilteredNoiseReverb.n_frames = 50",
        "RnnFcDecoder.ch = 16",
        "RnnFcDecoder.rnn_channels = 16",
    ),
}


def trainer_and_batch(
    name: str, n_batch: int = 16, is_small: bool = False, strategy: Any = None
) -> tuple[Any, dict[str, Any]]:
    """A built `Trainer` and one batch of `n_batch` examples of four seconds (0.4 if small)."""
    import tensorflow as tf

    from ddsp_backend.training.trainer import Trainer

    config = parse([GIN_FILES[name]], SMALL[name] if is_small else ())
    strategy = strategy or tf.distribute.get_strategy()
    with strategy.scope():
        model = config.model()
    trainer = Trainer(model, strategy, config.trainer())
    batch = make_batch(n_batch, 0.4 if is_small else 4.0, 50 if name == "vst" else 250, is_centred=name == "vst")
    trainer.build(batch)
    return trainer, batch


def gflop_a_frame(model: Any) -> float:
    """Of the decoder's matrix products, forward: two a weight."""
    return 2e-9 * sum(int(np.prod(v.shape)) for v in model.decoder.trainable_variables if len(v.shape) == 2)
