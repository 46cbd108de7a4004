"""Reads checkpoints that magenta/ddsp wrote. Its layers are Keras 2's, so this is a table of names.

A variable is found there under `model/<name>/.ATTRIBUTES/VARIABLE_VALUE`. Layers in a Keras Sequential are
`layer_with_weights-<i>`, counted among those with weights. Shapes are the same, down to the GRU's bias [2, 3 H].
"""

from collections.abc import Iterable, Iterator
from typing import Any

import tensorflow as tf

from ddsp_backend.dsp.harmonic import harmonic_synthesis_plain
from ddsp_backend.dsp.synths import Harmonic
from ddsp_backend.errors import CheckpointError
from ddsp_backend.models.autoencoder import Autoencoder
from ddsp_backend.models.convolutions import Convolution
from ddsp_backend.models.dilated import DilatedConvStack
from ddsp_backend.models.encoders import Embedding
from ddsp_backend.models.layers import Dense, Fc, FcStack, LayerNorm
from ddsp_backend.models.normalization import Normalize
from ddsp_backend.models.recurrent import StatelessRnn
from ddsp_backend.models.sequences import FcStackOut, Rnn, RnnFc, RnnSandwich, SingleGru

Named = tuple[str, Any]

_ROOT = "model/"
_KERAS_MARKS = ("/cell/", "/layer_with_weights-")
_SUFFIX = "/.ATTRIBUTES/VARIABLE_VALUE"


def is_magenta_checkpoint(prefix: str) -> bool:
    """Whether magenta/ddsp wrote the checkpoint.

    Raises:
      CheckpointError: if there is no checkpoint at `prefix`, or it is damaged.
    """
    names = _read(prefix).get_variable_to_shape_map()
    return any(name.startswith(_ROOT) and mark in name for name in names for mark in _KERAS_MARKS)


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


def variable_names(model: Autoencoder) -> Iterator[Named]:
    """The reference's name of each variable of a built model, and the variable."""
    yield from _prefixed("encoder", _named(model.encoder))
    yield from _prefixed("decoder", _named(model.decoder))
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


def _named(part: Any) -> Iterator[Named]:
    """What lies below a part of the model. Parts that are made of others have them under the reference's names."""
    match part:
        case Dense() | Convolution():
            yield from (("kernel", part.kernel), ("bias", part.bias))
        case LayerNorm():
            yield from (("gamma", part.gamma), ("beta", part.beta))
        case Normalize():
            yield from (("scale", part.scale), ("shift", part.shift))
        case Embedding():
            yield "embeddings", part.embeddings
        case StatelessRnn():
            yield from (
                (f"rnn/cell/{name}", getattr(part.rnn, name)) for name in ("kernel", "recurrent_kernel", "bias")
            )
        case Rnn(backward_rnn=None):
            yield from _named(part.rnn)
        case Rnn():
            for direction, rnn in (("forward_layer", part.rnn), ("backward_layer", part.backward_rnn)):
                yield from ((name.replace("rnn/", f"rnn/{direction}/", 1), cell) for name, cell in _named(rnn))
        case Fc():
            yield from _sequential([part.dense, part.norm])
        case FcStack() | RnnFc() | RnnSandwich() | SingleGru():
            yield from _sequential(part.layers)
        case FcStackOut():
            yield from _prefixed("stack", _named(part.layers[0]))
            yield from _prefixed("dense_out", _named(part.layers[1]))
        case DilatedConvStack():
            yield from _prefixed("conv_in", _named(part.conv_in))
            for i, layer in enumerate(part.layers):
                yield from _prefixed(f"layers/{i}", _sequential([layer]))
            yield from _prefixed("norms", _named(part.norms))
            yield from _prefixed("resample_layers", _named(part.resample_layers))
        case list():
            for i, item in enumerate(part):
                yield from _prefixed(str(i), _named(item))
        case tf.Module():
            for name, item in vars(part).items():
                if isinstance(item, tf.Module | list):
                    yield from _prefixed(name, _named(item))


def _sequential(layers: Iterable[Any]) -> Iterator[Named]:
    """Of a Keras Sequential, which counts only what has variables."""
    for i, layer in enumerate(layer for layer in layers if layer.variables):
        yield from _prefixed(f"layer_with_weights-{i}", _named(layer))


def _prefixed(prefix: str, named: Iterator[Named]) -> Iterator[Named]:
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
