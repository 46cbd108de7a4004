"""Training steps of every model that ships, as XLA sees them: one program of static shapes without Python in it.

python -m tests.tpu.lowering FOLDER [NAME ...]   writes NAME.hlo for each; see tests/tpu/check
"""

import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import tensorflow as tf

from ddsp_backend.config.parse import Config, parse
from ddsp_backend.config.presets import list_presets
from ddsp_backend.training.trainer import Trainer

SIXTEEN = 16000
N_PITCHES, N_SYNTHETIC = 128, (125, 100, 65)  # of invented notes: frames, harmonics, noise bands


@dataclass(frozen=True)
class Model:
    """Gin files, and what an example of theirs holds."""

    files: tuple[str, ...]
    sample_rate: int = SIXTEEN
    frame_rate: int = 250
    is_centred: bool = False
    has_notes: bool = False
    is_synthetic: bool = False
    n_chips: int = 1
    """That share a batch which is too large for one."""


def models() -> dict[str, Model]:
    """By name: the window's presets, and what else may be trained."""
    presets = {
        f"preset {Path(each.gin_file).stem}": Model(
            (each.gin_file,), each.sample_rate, each.frame_rate, is_centred=each.center
        )
        for each in list_presets()
    }
    vst = {
        name: Model((f"models/vst/{name}.gin",), rate, 50, is_centred=True)
        for name, rate in (("vst", SIXTEEN), ("vst_32k", 32000), ("vst_48k", 48000))
    }
    notes = "models/midiae/midiae.gin"
    return {
        **presets,
        "solo_instrument": Model(("models/solo_instrument.gin",)),
        "ae": Model(("models/ae.gin",)),
        **vst,
        "midiae": Model((notes,), has_notes=True),
        "midiae with midi_encoder": Model((notes, "models/midiae/mixins/midi_encoder.gin"), has_notes=True),
        "z_midiae": Model(("models/midiae/z_midiae.gin",), has_notes=True),
        "icml2020 pretrain": Model(("papers/icml2020/pretrain_model.gin",), is_synthetic=True, n_chips=4),
    }


PATTERNS = ("train_pattern = 'none'", "held_out_pattern = 'of these'")


def config_of(model: Model, params: tuple[str, ...] = ()) -> Config:
    """As `ddsp_run --tpu=...` reads it."""
    patterns = PATTERNS if model.files[0].startswith("presets/") else ()
    return parse(["optimization/base_tpu.gin", *model.files], [*patterns, *params])


def make_batch(model: Model, n_batch: int, seconds: float = 4.0) -> dict[str, tf.Tensor]:
    """Features of the right shapes; what they say does not matter to a compiler."""

    def noise(*shape: int) -> tf.Tensor:
        return tf.random.stateless_uniform([n_batch, *shape], [1, 2])

    n_frames = round(seconds * model.frame_rate) + model.is_centred
    batch = {"audio": noise(round(seconds * model.sample_rate)), "audio_16k": noise(round(seconds * SIXTEEN))}
    names = ("f0_hz", "f0_confidence", "loudness_db", "power_db")
    batch |= {name: noise(n_frames) * 100.0 for name in names}
    if model.has_notes:
        whole = {name: tf.ones([n_batch, n_frames], tf.int64) for name in ("midi", "onsets", "offsets")}
        rolls = ("note_active_velocities", "note_active_frame_indices")
        batch |= whole | {name: noise(n_frames, N_PITCHES) for name in rolls}
        batch["instrument_id"] = tf.ones([n_batch], tf.int32)
    if model.is_synthetic:
        n_steps, n_harmonics, n_bands = N_SYNTHETIC
        batch |= {
            "f0_hz": noise(n_steps, 1),
            "harm_amp": noise(n_steps, 1),
            "harm_dist": noise(n_steps, n_harmonics),
            "sin_amps": noise(n_steps, n_harmonics),
            "sin_freqs": noise(n_steps, n_harmonics),
            "noise_magnitudes": noise(n_steps, n_bands),
        }
    return batch


def trainer_for(config: Config, batch: Mapping[str, tf.Tensor]) -> Trainer:
    trainer = Trainer(config.model(), tf.distribute.get_strategy(), config.trainer())
    trainer.build(dict(batch))
    trainer.target = replace(trainer.target, is_tpu=True)
    return trainer


def lowered(trainer: Trainer, batch: Mapping[str, tf.Tensor], stage: str) -> Any:
    """The whole step. Raises an error of TensorFlow's where XLA knows no kernel for a part of it."""
    step = tf.function(trainer._distributed_step, jit_compile=True, autograph=False)
    return step.experimental_get_compiler_ir(dict(batch))(stage=stage)


def write_all(folder: Path, names: list[str]) -> Iterator[str]:
    tf.config.experimental.enable_tensor_float_32_execution(False)  # as the strategy for TPUs does
    for name, model in models().items():
        if names and name not in names:
            continue
        config = config_of(model)
        n_batch = config.train().batch_size // model.n_chips
        batch = make_batch(model, n_batch)
        begun = time.monotonic()
        program = lowered(trainer_for(config, batch), batch, "hlo_serialized")
        (folder / f"{name}.hlo").write_bytes(program)
        size, seconds = len(program) / 1e6, time.monotonic() - begun
        yield f"{name}: batch {n_batch}, {size:.1f} MB of HLO in {seconds:.0f} s"


if __name__ == "__main__":
    for line in write_all(Path(sys.argv[1]), sys.argv[2:]):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
