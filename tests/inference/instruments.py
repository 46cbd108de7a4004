"""Untrained models on disk, small, and quick to render. Their harmonics sound; their noise hardly does."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorflow as tf

from ddsp_backend.checkpoints.loading import build_model
from ddsp_backend.config.operative import write_operative_config
from ddsp_backend.config.parse import parse
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import Event, Finished
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import RenderSpec

_SMALL = (
    "RnnFcDecoder.rnn_channels = 8",
    "RnnFcDecoder.ch = 8",
    "RnnFcDecoder.layers_per_stack = 1",
    "RnnFcDecoder.output_splits = (('amps', 1), ('harmonic_distribution', 6), ('noise_magnitudes', 9))",
    "FilteredNoise.initial_bias = -40.0",
)
_ROOM = ("FilteredNoiseReverb.reverb_length = 400", "FilteredNoiseReverb.n_frames = 5")
_PARAMS = {
    "models/ae.gin": (*_SMALL, "MfccTimeDistributedRnnEncoder.rnn_channels = 6"),
    "models/solo_instrument.gin": (*_SMALL, "Reverb.reverb_length = 800"),
    "models/vst/vst.gin": (*_SMALL, *_ROOM),
    "models/vst/vst_32k.gin": (*_SMALL, *_ROOM),
}
ECHO_SAMPLES, ECHO = 300, 0.5


def write_instrument(folder: Path, gin_file: str, amps: float = 0.0) -> Path:
    """A checkpoint with its operative config. The room of the solo instrument is one echo.

    `amps` is added to the network's output of that name: 10 is as loud as can be.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config = parse([gin_file], _PARAMS[gin_file])
    tf.random.set_seed(0)
    model = build_model(config)
    model.decoder.dense_out.bias.assign_add(amps * np.eye(1, model.decoder.dense_out.n_out)[0])
    if "solo" in gin_file:
        model.processor_group.reverb._ir.assign(ECHO * np.eye(1, 800, ECHO_SAMPLES)[0])
    tf.train.Checkpoint(model=model).write(str(folder / "ckpt-1"))
    write_operative_config(folder, 1, config.operative_text())
    return folder


def events_of(spec: RenderSpec, cancel_at: Callable[[Event], bool] = lambda event: False) -> list[Event]:
    """Everything a render says; it is asked to stop after the event that `cancel_at` names."""
    cancel = CancelToken()
    events = []
    for event in run(spec, cancel):
        events.append(event)
        if cancel_at(event):
            cancel.set()
    return events


def rendered(**settings: object) -> dict[str, str]:
    """The result of a render that must succeed."""
    last = events_of(RenderSpec(**settings))[-1]
    assert isinstance(last, Finished), last
    return last.result
