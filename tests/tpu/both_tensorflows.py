"""A run that TensorFlow for TPUs begins and this one goes on with. See tests/tpu/train.

python -m tests.tpu.both_tensorflows PYTHON   of the other TensorFlow
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from tests import tiny

STEPS = 20
TOLERANCE = 1e-5  # of full scale
SOUND = """
import sys
from pathlib import Path
import numpy as np, tensorflow as tf
from ddsp_backend.checkpoints.loading import load_model
controls = {name: tf.constant(values) for name, values in np.load(sys.argv[2]).items()}
np.save(sys.argv[3], load_model(Path(sys.argv[1]))[0](controls, training=False)["audio_synth"])
print(tf.__version__)
"""


def trained(python: str, run: Path, params: tuple[str, ...], steps: int) -> None:
    """Raises CalledProcessError where it fails."""
    flags = [*(f"--gin_file={file}" for file in tiny.GIN_FILES), *(f"--gin_param={param}" for param in params)]
    words = ["-m", "ddsp_backend.cli.ddsp_run", f"--save_dir={run}", *flags, f"--gin_param=train.num_steps = {steps}"]
    subprocess.run([python, *words], check=True)
    assert (run / f"ckpt-{steps}.index").exists()


def main(other: str) -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run = folder / "run"
        params = tiny.train_params(folder / "data", held_out=False, n_clips=0)
        trained(other, run, params, STEPS)

        time_F = np.arange(tiny.N_FRAMES) / tiny.FRAME_RATE
        controls = {"f0_hz": 220 + 20 * np.sin(20 * time_F), "loudness_db": -40 + 20 * np.sin(9 * time_F)}
        seed = np.array([0, 1], np.int32)
        arrays = {key: values[None].astype(np.float32) for key, values in controls.items()}
        np.savez(folder / "controls.npz", **arrays, noise_seed=seed)
        sounds, versions = [], []
        for number, python in enumerate((other, sys.executable)):
            sound = folder / f"{number}.npy"
            words = [python, "-c", SOUND, str(run), str(folder / "controls.npz"), str(sound)]
            versions.append(subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout.strip())
            sounds.append(np.load(sound))
        difference = float(np.abs(sounds[0] - sounds[1]).max())
        peak = float(np.abs(sounds[0]).max())
        sys.stdout.write(f"{' and '.join(versions)}: largest difference {difference:.1e} of a peak of {peak:.2f}\n")
        assert difference < TOLERANCE < peak

        trained(sys.executable, run, params, STEPS + 5)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
