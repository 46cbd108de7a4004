"""Variables of magenta/ddsp's models under the names and in the shapes that its checkpoints have, and such checkpoints.

A name is the shortest way through a model's attributes. Keras 2 adds its own: the layers with weights of a Sequential
are counted, and a recurrent layer holds a cell.
"""

from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from ddsp_backend.checkpoints.files import find_checkpoints
from ddsp_backend.checkpoints.restoring import restore_weights

Shapes = dict[str, list[int]]


def written_there(prefix: str, shapes: Shapes) -> dict[str, np.ndarray]:
    """Writes a checkpoint of these variables, as a Keras model of magenta/ddsp is tracked, and returns their values."""
    random = np.random.default_rng(0)
    values = {name: random.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    tree: dict = {}
    for name, value in values.items():
        *folders, leaf = name.split("/")
        place = tree
        for folder in folders:
            place = place.setdefault(folder, {})
        place[leaf] = tf.Variable(value)

    def tracked(branch):
        return (
            tf.train.Checkpoint(**{key: tracked(item) for key, item in branch.items()})
            if isinstance(branch, dict)
            else branch
        )

    tf.train.Checkpoint(model=tracked(tree)).write(prefix)
    return values


def stack_shapes(n_layers: int, n_in: int, ch: int) -> Shapes:
    shapes = {}
    for i in range(n_layers):
        layer = f"layer_with_weights-{i}"
        shapes[f"{layer}/layer_with_weights-0/kernel"] = [n_in if i == 0 else ch, ch]
        for name in ("layer_with_weights-0/bias", "layer_with_weights-1/gamma", "layer_with_weights-1/beta"):
            shapes[f"{layer}/{name}"] = [ch]
    return shapes


def rnn_shapes(n_in: int, n: int) -> Shapes:
    return {"rnn/cell/kernel": [n_in, 3 * n], "rnn/cell/recurrent_kernel": [n, 3 * n], "rnn/cell/bias": [2, 3 * n]}


def under(prefix: str, shapes: Shapes) -> Shapes:
    return {f"{prefix}/{name}": shape for name, shape in shapes.items()}


def decoder_shapes(input_sizes: list[int], n_layers: int, ch: int, rnn: int, n_out: int) -> Shapes:
    shapes = {}
    for i, size in enumerate(input_sizes):
        shapes |= under(f"decoder/input_stacks/{i}", stack_shapes(n_layers, size, ch))
    n_inputs = ch * len(input_sizes)
    shapes |= under("decoder/rnn", rnn_shapes(n_inputs, rnn))
    shapes |= under("decoder/out_stack", stack_shapes(n_layers, n_inputs + rnn, ch))
    return shapes | {"decoder/dense_out/kernel": [ch, n_out], "decoder/dense_out/bias": [n_out]}


def dense_shapes(n_in: int, n_out: int) -> Shapes:
    return {"kernel": [n_in, n_out], "bias": [n_out]}


def norm_shapes(ch: int) -> Shapes:
    return {"scale": [1, 1, 1, ch], "shift": [1, 1, 1, ch]}


def conv_shapes(size: list[int], n_in: int, n_out: int) -> Shapes:
    return {"kernel": [*size, n_in, n_out], "bias": [n_out]}


def dilated_shapes(n_in: int, ch: int, n_layers: int, n_condition: int = 0) -> Shapes:
    shapes = under("conv_in", conv_shapes([3, 1], n_in, ch))
    for i in range(n_layers):
        shapes |= under(f"layers/{i}/layer_with_weights-0", conv_shapes([3, 1], ch, ch))
        if n_condition:
            shapes |= under(f"norms/{i}/conditional_scale_and_shift/dense", dense_shapes(n_condition, 2 * ch))
        else:
            shapes |= under(f"norms/{i}", norm_shapes(ch))
    return shapes


def restore(model: Any, prefix: str) -> None:
    """Gives the model the weights of that checkpoint, as all that play it do."""
    restore_weights(model, find_checkpoints(Path(prefix)))


def residual_shapes(n_in: int, ch: int, is_first: bool) -> Shapes:
    shapes = under("norm_input", norm_shapes(n_in))
    if is_first:
        shapes |= under("conv_proj", conv_shapes([1, 1], n_in, 4 * ch))
    shapes |= under("bottleneck/layer_with_weights-0", conv_shapes([1, 1], n_in, ch))
    for i, (size, n_out) in enumerate((([3, 3], ch), ([1, 1], 4 * ch)), start=1):
        shapes |= under(f"bottleneck/layer_with_weights-{i}/layer_with_weights-0", norm_shapes(ch))
        shapes |= under(f"bottleneck/layer_with_weights-{i}/layer_with_weights-1", conv_shapes(size, ch, n_out))
    return shapes


def resnet_shapes(blocks: list[list[tuple[int, int]]]) -> Shapes:
    """Of the stacks' blocks: channels within the bottleneck, and number of layers. Layer 1 is a pooling."""
    shapes, n_in = under("layers/0", conv_shapes([7, 7], 1, 64)), 64
    for n_stack, stack in enumerate(blocks, start=2):
        layers = [(ch, i == 0) for ch, n_layers in stack for i in range(n_layers)]
        for i, (ch, is_first) in enumerate(layers):
            shapes |= under(f"layers/{n_stack}/layers/{i}", residual_shapes(n_in, ch, is_first))
            n_in = 4 * ch
        shapes |= under(f"layers/{n_stack}/layers/{len(layers)}", norm_shapes(n_in))
    return shapes
