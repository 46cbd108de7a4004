"""Which formulation of a model suits the devices that a strategy trains it on."""

from typing import Any

import tensorflow as tf

from ddsp_backend.dsp.target import Target
from ddsp_backend.models.recurrent import Gru


def choose_target(strategy: Any, model: Any, precision: str) -> Target:
    """What the training step of a model is to be traced for, on this machine."""
    return target_for(
        is_tpu=isinstance(strategy, tf.distribute.TPUStrategy),
        has_gpu=bool(tf.config.list_logical_devices("GPU")),
        has_cuda=tf.test.is_built_with_cuda(),
        has_gru=any(isinstance(module, Gru) for module in model.submodules),
        precision=precision,
    )


def target_for(*, is_tpu: bool, has_gpu: bool, has_cuda: bool, has_gru: bool, precision: str) -> Target:
    """On a processor the chains of cheap operations are compiled one by one, nothing else (see performance-diary.md).

    A GPU waits for the processor between two small operations: a recurrent loop is one call of cuDNN's there. XLA
    cannot compile that call, so only models without one become a single program. A TPU makes one of all in any case.
    """
    is_gpu = has_gpu and not is_tpu
    has_cudnn = is_gpu and has_cuda and has_gru
    return Target(has_cudnn=has_cudnn, is_one_program=is_gpu and not has_cudnn, is_tpu=is_tpu, precision=precision)
