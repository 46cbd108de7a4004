"""Modules connected by a graph that a config writes down: processors, networks and losses alike."""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from ddsp_backend.dsp.keras_layers import refuse_keras_layer
from ddsp_backend.dsp.nested import Tensors, nested_lookup, to_dict
from ddsp_backend.errors import ConfigError


class DAGLayer(tf.Module):
    """Runs modules in order, each on what the inputs and the modules before it gave.

    Args:
      dag: Nodes `(module, [input key, ...])` or `(module, [input key, ...], [output key, ...])`, in the order they run.
        A key such as "harmonic/controls/f0_hz" looks into nested results; the inputs are found by their own names and
        under "inputs". Output keys name the outputs of a module that returns no dictionary. Each module becomes an
        attribute under its name, so checkpoints hold e.g. `reverb/...`.
      **modules: Further modules, which nodes may name by text.

    Raises:
      ConfigError: The dag is empty, names no module, gives one name to two, or holds a layer of Keras 3.
    """

    part = "module"
    """What the modules are called in messages."""

    def __init__(self, dag: Sequence[Sequence[Any]], name: str | None = None, **modules: Any) -> None:
        super().__init__(name)
        if not dag:
            raise ConfigError(f"{type(self).__name__}.dag is empty", f"List its {self.part}s and their inputs.")
        self.nodes: list[tuple[str, tuple[str, ...]]] = []
        self._output_keys: list[tuple[str, ...]] = []
        own: dict[str, Any] = {}
        for key, module in modules.items():
            self._take(key, module, own)
        for node in dag:
            module, input_keys, output_keys = node[0], tuple(node[1]), tuple(node[2]) if len(node) > 2 else ()
            key = module if isinstance(module, str) else getattr(module, "name", "")
            if not isinstance(module, str) and key:
                self._take(key, module, own)
            elif key not in own:
                named = repr(key or module)
                raise ConfigError(f"{type(self).__name__}.dag names {named}, which is no {self.part} of it")
            self.nodes.append((key, input_keys))
            self._output_keys.append(output_keys)

    def _take(self, key: str, module: Any, own: dict[str, Any]) -> None:
        if hasattr(type(self), key) or key in ("nodes", "inputs", "out") or own.get(key, module) is not module:
            raise ConfigError(
                f"{type(self).__name__} cannot have another {self.part} of the name {key!r}",
                f'Give this one a name of its own, such as {type(module).__name__}.name = "{key}_2".',
            )
        refuse_keras_layer(module, f"{type(self).__name__}.{key}")
        own[key] = module
        setattr(self, key, module)

    @property
    def module_names(self) -> list[str]:
        """One for each node."""
        return [key for key, _ in self.nodes]

    @property
    def modules(self) -> list[Any]:
        """One for each node."""
        return [getattr(self, key) for key in self.module_names]

    def __call__(self, inputs: Tensors, **options: Any) -> Any:
        return self.run_dag(inputs, **options)

    def run_dag(self, inputs: Tensors, **options: Any) -> Tensors:
        """Runs every module.

        Args:
          inputs: Tensors by name; `noise_seed`, int32 [2], chooses the noise of processors ([0, 0] if absent).
          **options: Keywords for networks. `n_samples` is for processors that decide how long their signal is.

        Returns: The inputs, and each module's outputs under its name; "out" is the last one's.
        Raises:
          ConfigError: An input is not there, or outputs have no names.
        """
        n_samples = options.pop("n_samples", None)
        results: Tensors = {**inputs, "inputs": inputs}
        for index, ((key, input_keys), output_keys) in enumerate(zip(self.nodes, self._output_keys, strict=True)):
            module = getattr(self, key)
            values = [nested_lookup(input_key, results) for input_key in input_keys]
            if hasattr(module, "process"):
                keywords = _processor_options(module, index, inputs, n_samples)
                outputs = module.process(*values, **keywords)
            elif hasattr(module, "get_losses_dict"):
                outputs = module.get_losses_dict(*values)
            else:
                outputs = module(*values, **options)
            if not isinstance(outputs, dict):
                outputs = to_dict(outputs, output_keys)
            results[key] = results["out"] = outputs
        return results


def _processor_options(module: Any, index: int, inputs: Tensors, n_samples: int | None) -> Tensors:
    options: Tensors = {}
    if module.is_stochastic:
        seed = tf.convert_to_tensor(inputs.get("noise_seed", (0, 0)), tf.int32)
        options["noise_seed"] = seed + tf.constant([0, 1_000_003 * (index + 1), 0][: seed.shape[0]], tf.int32)
    if module.has_length and n_samples is not None:
        options["n_samples"] = n_samples
    return options
