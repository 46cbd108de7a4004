"""Does what cluster_worker.py does, on two logical processors that take the part of two graphics cards."""

import runpy
import sys
from pathlib import Path
from typing import Any

import tensorflow as tf
from tensorflow.python.distribute.collective_all_reduce_strategy import CollectiveAllReduceExtended

from ddsp_backend.training import session, strategy

tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)


def chosen(tpu: str, cluster_config: str) -> Any:
    found, notes = strategy.choose_strategy(tpu, cluster_config)
    sys.stderr.write(f"{type(found).__name__}, {found.num_replicas_in_sync} replicas\n")
    return found, notes


session.choose_strategy = chosen
strategy._graphics_cards = lambda: [device.name for device in tf.config.list_logical_devices("CPU")]
# Of a worker's own devices TensorFlow takes all graphics cards, or one processor.
CollectiveAllReduceExtended._initialize_local_devices = lambda self, resolver, worker: (
    tuple(f"{worker}/device:CPU:{number}" for number in range(2)),
    "CPU",
)
runpy.run_path(str(Path(__file__).with_name("cluster_worker.py")), run_name="__main__")
