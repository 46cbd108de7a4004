"""Reads checkpoints that magenta/ddsp wrote. Its layers are Keras 2's, so this is a table of names.

A variable is found there under `model/<name>/.ATTRIBUTES/VARIABLE_VALUE`. Layers in a Keras Sequential are
`layer_with_weights-<i>`, counted among those with weights. Shapes are the same, down to the GRU's bias [2, 3 H].
"""

from collections.abc import Iterator
from typing import Any

import tensorflow as tf

from ddsp_backend.dsp.harmonic import harmonic_synthesis_plain
from ddsp_backend.dsp.synths import Harmonic
from ddsp_backend.errors import CheckpointError
from ddsp_backend.models.autoencoder import Autoencoder
from ddsp_backend.models.decoders import RnnFcDecoder
from ddsp_backend.models.layers import Dense, FcStack
from ddsp_backend.models.recurrent import Rnn

_ROOT = "model/"
_SUFFIX = "/.ATTRIBUTES/VARIABLE_VALUE"


def is_magenta_checkpoint(prefix: str) -> bool:
    """Whether magenta/ddsp wrote the checkpoint.

    Raises:
      CheckpointError: if there is no checkpoint at `prefix`, or it is damaged.
    """
    return any(name.startswith(_ROOT) and "/cell/" in name for name in _read(prefix).get_variable_to_shape_map())


def restore(model: Autoencoder, prefix: str) -> None:
    """Gives a built model the weights of a checkpoint that magenta/ddsp wrote. Its optimizer's state is left out.

    Args:
      model: Built, from the operative config that lies beside the checkpoint.
      prefix: The checkpoint's path without .index.

    Raises:
      CheckpointError: where a variable is missing there, left over, or of another shape: it names the variable.
        The model is then as it was before.
    """
    reader = _read(prefix)
    shapes = {
        name.removesuffix(_SUFFIX): shape
        for name, shape in reader.get_variable_to_shape_map().items()
        if name.startswith(_ROOT)
    }
    wanted = {_ROOT + name: variable for name, variable in variable_names(model)}
    hint = "Use the operative config that was saved beside the checkpoint."
    for name in wanted:
        if name not in shapes:
            raise CheckpointError(f"{prefix} has no variable {name}, which the model needs", hint)
    for name in shapes:
        if name not in wanted:
            raise CheckpointError(f"{prefix} has a variable {name}, for which the model has no place", hint)
    for name, variable in wanted.items():
        if list(variable.shape) != list(shapes[name]):
            raise CheckpointError(
                f"{name} is {list(shapes[name])} in {prefix}, but {list(variable.shape)} in the model", hint
            )
    for name, variable in wanted.items():
        variable.assign(reader.get_tensor(name + _SUFFIX))


def variable_names(model: Autoencoder) -> Iterator[tuple[str, Any]]:
    """The reference's name of each variable of a built model, and the variable."""
    if isinstance(model.decoder, RnnFcDecoder):
        yield from _prefixed("decoder", _rnn_fc_decoder(model.decoder))
    for processor in model.processor_group.processors:
        for variable in processor.trainable_variables:  # named as there: reverb/ir, reverb/magnitudes
            yield f"processor_group/{processor.name}/{variable.name.removesuffix(':0')}", variable


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


def _rnn_fc_decoder(decoder: RnnFcDecoder) -> Iterator[tuple[str, Any]]:
    for i, stack in enumerate(decoder.input_stacks):
        yield from _prefixed(f"input_stacks/{i}", _stack(stack))
    yield from _prefixed("rnn", _rnn(decoder.rnn))
    yield from _prefixed("out_stack", _stack(decoder.out_stack))
    yield from _prefixed("dense_out", _dense(decoder.dense_out))


def _stack(stack: FcStack) -> Iterator[tuple[str, Any]]:
    for i, fc in enumerate(stack.layers):
        yield from _prefixed(f"layer_with_weights-{i}/layer_with_weights-0", _dense(fc.dense))
        yield f"layer_with_weights-{i}/layer_with_weights-1/gamma", fc.norm.gamma
        yield f"layer_with_weights-{i}/layer_with_weights-1/beta", fc.norm.beta


def _dense(dense: Dense) -> Iterator[tuple[str, Any]]:
    yield "kernel", dense.kernel
    yield "bias", dense.bias


def _rnn(rnn: Rnn) -> Iterator[tuple[str, Any]]:
    for name in ("kernel", "recurrent_kernel", "bias"):
        yield f"rnn/cell/{name}", getattr(rnn.rnn, name)


def _prefixed(prefix: str, named: Iterator[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    for name, variable in named:
        yield f"{prefix}/{name}", variable


def _read(prefix: str) -> Any:
    try:
        return tf.train.load_checkpoint(prefix)
    except (tf.errors.OpError, ValueError) as error:
        raise CheckpointError(
            f"There is no whole checkpoint at {prefix}: {error}",
            "A checkpoint is a file ending in .index with one ending in .data-00000-of-00001 beside it.",
        ) from error
