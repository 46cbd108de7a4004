"""Where a training's steps are computed: one device, all of this machine's, several machines, or a TPU."""

import json
import os
import signal
import socket
import threading
from collections.abc import Callable, Mapping
from typing import Any

import grpc
import tensorflow as tf

from ddsp_backend.cores import usable_cores
from ddsp_backend.errors import ConfigError, DdspError
from ddsp_backend.jobs.events import Noted
from ddsp_backend.remote.both_ends import SEALED

_TPU_PORT = 8470
_ANSWER_SECONDS = 10.0
_GRPC = "grpc://"
_CUT_OFF = (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError)
_UNPROTECTED = Noted(
    "TensorFlow's connections between machines are not encrypted and have no password",
    "Use them only in a private network or through ssh forwards: anyone who can reach the port can run programs.",
)
_ENDED = Noted(
    "TPUs behind a grpc:// address have not been on offer since April 2025",
    "Machines with TPU chips of their own are: train there, with --tpu=local.",
)
_NO_TPU_HERE = (
    "On a machine with TPU chips, install what can use them: "
    "pip install tensorflow-tpu==2.20.0 libtpu==0.0.21. Training elsewhere needs no --tpu."
)


class SilentError(DdspError):
    """Those who compute elsewhere answer no more."""


def choose_strategy(tpu: str, cluster_config: str) -> tuple[Any, list[Noted]]:
    """The strategy, and what its user should know.

    Args:
      tpu: "local" for the chips of this machine, "grpc://ADDRESS:8470" for those of another; empty for none.
      cluster_config: JSON of the form of TF_CONFIG; empty takes that variable, if it is set.

    Raises:
      ConfigError: the flags or the variable make no sense.
      DdspError: there is no TPU, or nobody answers.
    """
    cluster_config = cluster_config or os.environ.get("TF_CONFIG", "")
    if tpu and cluster_config:
        raise ConfigError("A TPU and a cluster cannot be used at once", "Leave out --tpu, or --cluster_config.")
    if tpu:
        return _tpu(tpu)
    if cluster_config:
        return _workers(parse_cluster(cluster_config)), [] if SEALED in os.environ else [_UNPROTECTED]
    devices = _graphics_cards()
    if len(devices) > 1:
        return tf.distribute.MirroredStrategy(devices), []
    return tf.distribute.get_strategy(), []


def is_chief(strategy: Any) -> bool:
    """Whether this process is the one that measures, saves and reports."""
    if not spans_machines(strategy):
        return True
    resolver = strategy.cluster_resolver
    chief = "chief" if "chief" in resolver.cluster_spec().jobs else "worker"
    return (resolver.task_type, resolver.task_id) == (chief, 0)


def spans_machines(strategy: Any) -> bool:
    return isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy)


def require_even_shares(strategy: Any, batch_size: int) -> None:
    """Raises ConfigError where the devices cannot share a batch evenly."""
    n_replicas = strategy.num_replicas_in_sync
    if batch_size % n_replicas:
        raise ConfigError(
            f"batch_size={batch_size} cannot be shared evenly by {n_replicas} devices",
            f"Choose a multiple of {n_replicas}: it is the size of the batch of all together.",
        )


def distributed(strategy: Any, dataset: Any, batch_size: int) -> Any:
    """An iterator over batches, each replica's rows after those of the replica before it, however many there are.

    Args:
      dataset: Of whole batches, the same in every process.
      batch_size: That of all together, which they can share evenly: see `require_even_shares`.
    """
    n_replicas = strategy.num_replicas_in_sync
    if isinstance(strategy, tf.distribute.TPUStrategy):
        dataset = dataset.map(without_texts)
    if not spans_machines(strategy):
        return iter(strategy.experimental_distribute_dataset(dataset))
    share = batch_size // n_replicas

    def of_worker(context: Any) -> Any:
        per_worker = batch_size // context.num_input_pipelines
        first = context.input_pipeline_id * per_worker
        rows = dataset.map(lambda batch: tf.nest.map_structure(lambda value: value[first : first + per_worker], batch))
        return rows if per_worker == share else rows.unbatch().batch(share, drop_remainder=True)

    return iter(strategy.distribute_datasets_from_function(of_worker))


def without_texts(*batch: Any) -> Any:
    """A batch, or the parts of a zipped one, without names and the like: no model reads them, and no TPU takes them."""
    parts = tuple({key: value for key, value in part.items() if value.dtype != tf.string} for part in batch)
    return parts if len(parts) > 1 else parts[0]


def sign_of_life(tpu: str) -> Callable[[], None] | None:
    """What raises SilentError where a TPU's address answers no more; None where there is no address.

    A machine that is gone sends no word of it, and TensorFlow would wait for ever.
    """

    def ask() -> None:
        try:
            _require_answer(tpu)
        except DdspError as error:
            raise SilentError(error.title, error.hint) from error

    return ask if tpu.startswith(_GRPC) else None


def keep_signals() -> Callable[[], None]:
    """Call before a strategy is made; what it returns gives the signals back to those who listened to them.

    TensorFlow puts a listener of its own in the place of SIGTERM's when several workers are involved, and drops it.
    """
    listeners = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def restore() -> None:
        if threading.current_thread() is threading.main_thread():
            for number, listener in listeners.items():
                if listener is not None:
                    signal.signal(number, listener)

    return restore


def parse_cluster(text: str) -> dict[str, Any]:
    """The cluster and this process' task in it. Raises ConfigError where one of them is missing."""
    form = '{"cluster": {"worker": ["host1:port", "host2:port"]}, "task": {"type": "worker", "index": 0}}'
    try:
        config = json.loads(text)
        cluster, task = config["cluster"], config["task"]
        index = int(task["index"])
        addresses = cluster[task["type"]]
        if not 0 <= index < len(addresses):
            raise ValueError(f"task {index} of {len(addresses)}")
        for job, places in cluster.items():
            if job not in ("chief", "worker") or not all(_host_and_port(place) for place in places):
                raise ValueError(f"{job}: {places}")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"The cluster's config cannot be used ({type(error).__name__}: {error}): {text[:200]}",
            f"It must have this form: {form}. Jobs are chief and worker.",
        ) from error
    return {"cluster": cluster, "type": task["type"], "index": index}


def _graphics_cards() -> list[str]:
    return [device.name for device in tf.config.list_logical_devices("GPU")]


def _workers(config: Mapping[str, Any]) -> Any:
    own = config["cluster"][config["type"]][config["index"]]
    _require_free_port(own)
    _share_cores(own, [address for addresses in config["cluster"].values() for address in addresses])
    resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(
        tf.train.ClusterSpec(config["cluster"]),
        task_type=config["type"],
        task_id=config["index"],
        num_accelerators={"GPU": len(tf.config.list_physical_devices("GPU"))},
        rpc_layer="grpc",
    )
    # NCCL finds its own ways over a network, which a sealed worker has not.
    ring = tf.distribute.experimental.CommunicationImplementation.RING
    options = tf.distribute.experimental.CommunicationOptions(implementation=ring) if SEALED in os.environ else None
    return tf.distribute.MultiWorkerMirroredStrategy(cluster_resolver=resolver, communication_options=options)


def _share_cores(own: str, addresses: list[str]) -> None:
    """Workers on one machine take its cores in equal parts: their threads would only wait for each other."""
    host = own.rpartition(":")[0]
    n_here = sum(address.rpartition(":")[0] == host for address in addresses)
    if n_here > 1 and "TF_NUM_INTRAOP_THREADS" not in os.environ:
        share = max(1, usable_cores() // n_here)
        tf.config.threading.set_intra_op_parallelism_threads(share)
        tf.config.threading.set_inter_op_parallelism_threads(share)


def _tpu(tpu: str) -> tuple[Any, list[Noted]]:
    notes = []
    if tpu.startswith(_GRPC):
        _require_answer(tpu)
        notes = [_ENDED, _UNPROTECTED]
    elif tpu != "local":
        raise ConfigError(
            f"--tpu={tpu!r} cannot be used", f'It must be "local", or an address such as {_GRPC}10.0.0.2:{_TPU_PORT}.'
        )
    # Otherwise factors of products are rounded to eight bits, where no other device rounds them.
    tf.config.experimental.enable_tensor_float_32_execution(False)
    try:
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver(tpu=tpu)
        if tpu != "local":
            tf.config.experimental_connect_to_cluster(resolver)
        tf.tpu.experimental.initialize_tpu_system(resolver)
        return tf.distribute.TPUStrategy(resolver), notes
    except (tf.errors.OpError, ValueError, RuntimeError) as error:
        where = "this machine" if tpu == "local" else tpu
        first = str(error).strip().splitlines()[0]
        raise DdspError(
            f"There is no TPU on {where} that this TensorFlow can use: {first[:200]}",
            _NO_TPU_HERE if tpu == "local" else f"{_ENDED.title}. {_ENDED.hint} Training elsewhere needs no --tpu.",
        ) from error


def reason_of_loss(tpu: str, error: BaseException) -> str:
    """Why those behind a grpc:// address compute no longer, if an error of TensorFlow comes of that; else empty.

    Args:
      error: That of TensorFlow, or one that was raised from it.
    """
    if isinstance(error, SilentError):
        return "it no longer answers"
    while not isinstance(error, tf.errors.OpError):
        if error.__cause__ is None:
            return ""
        error = error.__cause__
    if not tpu.startswith(_GRPC):
        return ""
    try:
        _require_answer(tpu)
    except DdspError:
        return "it no longer answers"
    # It is another server that answers by now: nothing of what was computed is there.
    is_new = isinstance(error, _CUT_OFF) or "context_id" in str(error)
    return "it answers again, but has lost its state" if is_new else ""


def _require_answer(tpu: str) -> None:
    """Without it TensorFlow waits for ever for an address where nobody is."""
    place = _host_and_port(tpu.removeprefix(_GRPC))
    if place is None:
        raise ConfigError(f"--tpu={tpu!r} is no address", f"Give one such as {_GRPC}10.0.0.2:{_TPU_PORT}.")
    try:
        socket.create_connection(place, timeout=_ANSWER_SECONDS).close()
        with grpc.insecure_channel(f"{place[0]}:{place[1]}") as channel:
            grpc.channel_ready_future(channel).result(timeout=_ANSWER_SECONDS)
    except (OSError, grpc.FutureTimeoutError) as error:
        reason = getattr(error, "strerror", None) or "no answer"
        raise DdspError(
            f"No TPU answers at {tpu}: {reason}",
            f"Check the address, and that this computer can reach it. {_ENDED.title}. {_ENDED.hint}",
        ) from error


def _require_free_port(address: str) -> None:
    place = _host_and_port(address)
    assert place is not None
    with socket.socket(socket.AF_INET6 if ":" in place[0] else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", place[1]))
        except OSError as error:
            raise DdspError(
                f"Port {place[1]}, which the cluster's config gives to this worker, is taken: {error.strerror}",
                "Another worker may be running on this machine. Give each worker its own port.",
            ) from error


def _host_and_port(address: object) -> tuple[str, int] | None:
    host, colon, port = str(address).rpartition(":")
    if not (colon and host and port.isdecimal() and 0 < int(port) < 65536):
        return None
    return host.strip("[]"), int(port)
