"""Trains on the processor of a TensorFlow server in place of a TPU's chips: python on_a_server.py SPEC.

All of a training with --tpu=grpc://HOST:PORT but TPUStrategy itself, which needs chips: variables, batches and steps
lie in the other process. Its events are lines on stdout.
"""

import sys

import tensorflow as tf

from ddsp_backend.jobs import interruptible
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.codec import spec_from_json, to_json
from ddsp_backend.jobs.run import run
from ddsp_backend.training import session, strategy


def choose_server(tpu, cluster_config):
    cluster = tf.train.ClusterSpec({"worker": [tpu.removeprefix("grpc://")]})
    tf.config.experimental_connect_to_cluster(cluster, job_name="localhost", make_master_device_default=False)
    return tf.distribute.OneDeviceStrategy("/job:worker/replica:0/task:0/device:CPU:0"), []


session.choose_strategy = choose_server
interruptible.ASK_SECONDS = 2.0
strategy._ANSWER_SECONDS = 2.0
for event in run(spec_from_json(sys.argv[1]), CancelToken()):
    sys.stdout.write(to_json(event) + "\n")
    sys.stdout.flush()
