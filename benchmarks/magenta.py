"""Training steps of magenta/ddsp itself, in an environment of its own: see side_by_side.py, which runs this file.

PYTHON benchmarks/magenta.py MODEL N_STEPS   prints the seconds of each step as it ends, then the peak in MB
"""

import sys
import time
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from unittest.mock import MagicMock

GIN_FILES = {
    "solo_instrument": "models/solo_instrument.gin",
    "vst": "models/vst/vst.gin",
    "tiny_instrument": "papers/iclr2020/tiny_instrument.gin",
    "ae": "models/ae.gin",
}
# It imports them, but no training step calls them, and some can no longer be installed.
NOT_NEEDED = ("crepe", "hypertune", "note_seq", "google.cloud", "tflite_support", "tensorflowjs", "apache_beam", "dill")


class Placeholder(MetaPathFinder, Loader):
    def find_spec(self, name, path, target=None):  # type: ignore[no-untyped-def]
        wanted = any(name == each or name.startswith(f"{each}.") for each in NOT_NEEDED)
        return ModuleSpec(name, self, is_package=True) if wanted else None

    def create_module(self, spec):  # type: ignore[no-untyped-def]
        module = MagicMock(name=spec.name)
        module.__spec__, module.__path__, module.__name__ = spec, [], spec.name
        return module

    def exec_module(self, module):  # type: ignore[no-untyped-def]
        pass


def main() -> None:
    name, n_steps = sys.argv[1], int(sys.argv[2])
    sys.meta_path.insert(0, Placeholder())
    import ddsp.training
    import gin
    import tensorflow as tf
    from batch import make_batch  # of this folder

    folder = Path(ddsp.training.__file__).parent / "gin"
    gin.add_config_file_search_path(str(folder))
    for file in ("optimization/base.gin", GIN_FILES[name]):
        gin.parse_config_file(str(folder / file), skip_unknown=True)
    strategy = ddsp.training.train_util.get_strategy()
    with strategy.scope():
        trainer = ddsp.training.trainers.Trainer(ddsp.training.models.get_model(), strategy)
    batch = make_batch(16, 4.0, 50 if name == "vst" else 250, is_centred=name == "vst")
    batch["f0_confidence"] = tf.ones_like(batch["f0_hz"])
    batches = iter(trainer.distribute_dataset(tf.data.Dataset.from_tensors(batch).repeat()))
    said = sys.stdout
    sys.stdout = sys.stderr  # it prints a summary of each part of its model
    trainer.build(next(batches))
    for _ in range(n_steps):
        begun = time.perf_counter()
        losses = trainer.train_step(batches)
        float(losses["total_loss"])
        print(time.perf_counter() - begun, file=said, flush=True)
    status = Path("/proc/self/status").read_text().splitlines()
    print(next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1e3, file=said)


if __name__ == "__main__":
    main()
