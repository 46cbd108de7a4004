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
from ddsp_backend.models.inverse_synthesis import InverseSynthesis
from ddsp_backend.models.layers import Dense, Fc, FcStack, LayerNorm
from ddsp_backend.models.midi_autoencoder import MidiAutoencoder
from ddsp_backend.models.normalization import Normalize
from ddsp_backend.models.recurrent import Gru, Lstm
from ddsp_backend.models.resnet import NormReluConv, ResidualLayer, ResidualStack, ResNet
from ddsp_backend.models.sequences import FcStackOut, Rnn, RnnFc, RnnSandwich, SingleGru
from ddsp_backend.models.size_settings import where_decided

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
_SUFFIX = "/.ATTRIBUTES/VARIABLE_VALUE"


def is_magenta_checkpoint(prefix: str) -> bool:
    """Whether magenta/ddsp wrote the checkpoint.

    Raises:
      CheckpointError: if there is no checkpoint at `prefix`, or it is damaged.
    """
    names = _read(prefix).get_variable_to_shape_map()
    return any(name.startswith(_ROOT) and mark in name for name in names for mark in _KERAS_MARKS)


def restore(model: Model, prefix: str) -> None:
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
                f"{name} is {list(shapes[name])} in {prefix}, but {list(variable.shape)} in the model",
                where_decided(name),
            )
    for name, variable in wanted.items():
        variable.assign(reader.get_tensor(name + _SUFFIX))


def variable_names(model: Model) -> Iterator[Named]:
    """The reference's name of each variable of a built model, and the variable."""
    for name in _PARTS:
        yield from _prefixed(name, _named(getattr(model, name, None)))
    # InverseSynthesis there holds its room itself as well, which is the shorter way to it.
    group = "" if isinstance(model, InverseSynthesis) else "processor_group/"
    for processor in model.processor_group.processors:
        for variable in processor.trainable_variables:  # named as there: reverb/ir, reverb/magnitudes
            yield f"{group}{processor.name}/{variable.name.removesuffix(':0')}", variable


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


def _read(prefix: str) -> Any:
    try:
        return tf.train.load_checkpoint(prefix)
    except (tf.errors.OpError, ValueError) as error:
        raise CheckpointError(
            f"There is no whole checkpoint at {prefix}: {error}",
            "A checkpoint is a file ending in .index with one ending in .data-00000-of-00001 beside it.",
        ) from error
