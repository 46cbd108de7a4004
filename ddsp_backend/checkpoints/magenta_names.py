"""The names of variables in checkpoints that magenta/ddsp wrote. Its layers are Keras 2's, so this is a table.

A variable is found there under `model/<name>/.ATTRIBUTES/VARIABLE_VALUE`. Layers in a Keras Sequential are
`layer_with_weights-<i>`, counted among those with weights. Shapes are the same, down to the GRU's bias [2, 3 H].
"""

from collections.abc import Iterable, Iterator
from typing import Any

import tensorflow as tf

from ddsp_backend.checkpoints.values import readable
from ddsp_backend.errors import CheckpointError
from ddsp_backend.models.autoencoder import Autoencoder
from ddsp_backend.models.convolutions import Convolution
from ddsp_backend.models.dilated import DilatedConvStack
from ddsp_backend.models.encoders import Embedding
from ddsp_backend.models.inverse_synthesis import InverseSynthesis
from ddsp_backend.models.layers import Dense, Fc, FcStack, LayerNorm
from ddsp_backend.models.midi_autoencoder import MidiAutoencoder
from ddsp_backend.models.normalization import Normalize
from ddsp_backend.models.recurrent import Gru, Lstm
from ddsp_backend.models.resnet import NormReluConv, ResidualLayer, ResidualStack, ResNet
from ddsp_backend.models.sequences import FcStackOut, Rnn, RnnFc, RnnSandwich, SingleGru
from ddsp_backend.storage import AnyPath

Model = Autoencoder | MidiAutoencoder | InverseSynthesis

Named = tuple[str, Any]

_ROOT = "model/"
_PARTS = (  # of all models, by the attributes that hold them there and here
    "encoder",
    "decoder",
    "synthcoder",
    "midi_encoder",
    "midi_decoder",
    "z_synth_encoders",
    "z_global_encoders",
    "z_note_encoder",
    "z_preconditioning_stack",
    "z_global_prior",
    "z_note_prior",
    "sinusoidal_encoder",
    "harmonic_encoder",
)
_KERAS_MARKS = ("/cell/", "/layer_with_weights-")


def is_magenta(checkpoint: AnyPath) -> bool:
    """Whether magenta/ddsp wrote the checkpoint.

    Raises:
      CheckpointError: if there is no checkpoint of that path, or it is damaged.
    """
    with readable(checkpoint) as prefix:
        try:
            names = tf.train.load_checkpoint(prefix).get_variable_to_shape_map()
        except (tf.errors.OpError, ValueError) as error:
            raise CheckpointError(
                f"There is no whole checkpoint at {checkpoint}: {error}",
                "A checkpoint is a file ending in .index with one ending in .data-00000-of-00001 beside it.",
            ) from error
    return any(name.startswith(_ROOT) and mark in name for name in names for mark in _KERAS_MARKS)


def variable_names(model: Model) -> Iterator[Named]:
    """The reference's name of each variable of a built model, and the variable."""
    for name in _PARTS:
        yield from _prefixed(name, _named(getattr(model, name, None)))
    # InverseSynthesis there holds its room itself as well, which is the shorter way to it.
    group = "" if isinstance(model, InverseSynthesis) else "processor_group/"
    for processor in model.processor_group.processors:
        for variable in processor.trainable_variables:  # named as there: reverb/ir, reverb/magnitudes
            yield f"{group}{processor.name}/{variable.name.removesuffix(':0')}", variable


def _named(part: Any) -> Iterator[Named]:
    """What lies below a part of the model. Parts that are made of others have them under the reference's names."""
    match part:
        case Convolution(spectral_norm=True):  # there a layer in a wrapper
            yield from (("w", part.kernel), ("layer/bias", part.bias), ("sn_u", part.start))
        case Dense() | Convolution():
            yield from (("kernel", part.kernel), ("bias", part.bias))
        case LayerNorm():
            yield from (("gamma", part.gamma), ("beta", part.beta))
        case Normalize():
            yield from (("scale", part.scale), ("shift", part.shift))
        case Embedding():
            yield "embeddings", part.embeddings
        case Gru() | Lstm():
            yield from ((f"cell/{name}", getattr(part, name)) for name in ("kernel", "recurrent_kernel", "bias"))
        case Rnn(backward_rnn=None):
            yield from _named(part.rnn)
        case Rnn():
            for direction, rnn in (("forward_layer", part.rnn), ("backward_layer", part.backward_rnn)):
                yield from ((name.replace("rnn/", f"rnn/{direction}/", 1), cell) for name, cell in _named(rnn))
        case Fc():
            yield from _sequential([part.dense, part.norm])
        case FcStack() | RnnFc() | RnnSandwich():
            yield from _sequential(part.layers)
        case SingleGru():
            gru, norm = part.layers
            yield from _sequential([gru.rnn.rnn, norm])
        case NormReluConv():
            yield from _sequential([part.norm, part.conv])
        case ResidualLayer():
            yield from _prefixed("norm_input", _named(part.norm_input))
            yield from _prefixed("conv_proj", _named(part.conv_proj))
            yield from _prefixed("bottleneck", _sequential(part.bottleneck))
        case ResidualStack():
            yield from _prefixed("layers", _named([*part.layers, part.norm_out]))
        case ResNet():  # the pooling after the first layer has no variables, but a number
            yield from _prefixed("layers", _named([part.conv_in, None, *part.stacks]))
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
