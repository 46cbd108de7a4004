"""What TensorBoard would show, read record by record."""

from pathlib import Path
from typing import Any

import tensorflow as tf
from tensorflow.core.util import event_pb2


def tensors(folder: Path) -> dict[tuple[str, int], Any]:
    """Every value of a folder of event files, by tag and step."""
    found = {}
    for path in sorted(folder.iterdir()):
        for record in tf.data.TFRecordDataset(str(path)):
            event = event_pb2.Event.FromString(record.numpy())
            for value in event.summary.value:
                found[value.tag, event.step] = tf.make_ndarray(value.tensor).tolist()
    return found
