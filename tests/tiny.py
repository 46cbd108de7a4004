"""A data set and a model so small that a training step takes milliseconds. F = frames, N = samples."""

from pathlib import Path

import numpy as np

from ddsp_backend.data.tfrecord_writing import serialize_example, write_record

SAMPLE_RATE = 16000
FRAME_RATE = 250
SECONDS = 0.4
N_SAMPLES = round(SECONDS * SAMPLE_RATE)
N_FRAMES = round(SECONDS * FRAME_RATE)

GIN_FILES = ("models/solo_instrument.gin", "datasets/tfrecord.gin")
MODEL_PARAMS = (
    f"F0LoudnessPreprocessor.time_steps = {N_FRAMES}",
    f"Harmonic.n_samples = {N_SAMPLES}",
    f"FilteredNoise.n_samples = {N_SAMPLES}",
    "RnnFcDecoder.rnn_channels = 16",
    "RnnFcDecoder.ch = 16",
    "RnnFcDecoder.layers_per_stack = 1",
    "RnnFcDecoder.output_splits = (('amps', 1), ('harmonic_distribution', 8), ('noise_magnitudes', 9))",
    "Reverb.reverb_length = 800",
    "SpectralLoss.fft_sizes = (256, 64)",
    f"TFRecordProvider.example_secs = {SECONDS}",
)

# With these, runs that part in the last digit stay that near for dozens of steps. On so little sound the logarithms of
# the loss have no bound, and magnify every rounding; so do steps that are ten times those of the models' own files.
STEADY = ("SpectralLoss.logmag_weight = 0.0", "learning_rate = 0.001")


def write_examples(path: Path, n_examples: int = 8, seed: int = 0, breath: float = 0.02) -> Path:
    """A TFRecord file of notes with three harmonics and some breath, each of its own pitch and loudness.

    Args:
      breath: Of the note's level; with 0.5 no bin of a spectrum is empty.
    """
    random = np.random.default_rng(seed)
    time_N = np.arange(N_SAMPLES) / SAMPLE_RATE
    with path.open("wb") as file:
        for _ in range(n_examples):
            f0_hz, level = random.uniform(150, 600), random.uniform(0.05, 0.3)
            audio_N = sum(level / k * np.sin(2 * np.pi * k * f0_hz * time_N) for k in (1, 2, 3))
            audio_N = audio_N + breath * level * random.standard_normal(N_SAMPLES)
            example = {
                "audio": audio_N,
                "f0_hz": np.full(N_FRAMES, f0_hz),
                "f0_confidence": np.ones(N_FRAMES),
                "loudness_db": np.full(N_FRAMES, 20 * np.log10(level)),
                "power_db": np.full(N_FRAMES, 20 * np.log10(level)),
            }
            write_record(file, serialize_example({key: value.astype(np.float32) for key, value in example.items()}))
    return path


def train_params(folder: Path, held_out: bool = True, breath: float = 0.02, **settings: object) -> tuple[str, ...]:
    """Bindings for a run on examples written into `folder`: steps_per_save=5, ..."""
    folder.mkdir(parents=True, exist_ok=True)
    learned, kept = folder / "tiny.tfrecord", folder / "kept.tfrecord"
    if not learned.exists():
        write_examples(learned, breath=breath)
        write_examples(kept, n_examples=3, seed=1, breath=breath)
    provider = (
        "train.held_out_provider = @held_out/data.TFRecordProvider()",
        f"held_out/TFRecordProvider.file_pattern = '{kept}'",
    )
    bound = {"num_steps": 10, "held_out_batches": 1, "n_clips": 1, **settings}
    return (
        *MODEL_PARAMS,
        "batch_size = 4",
        "learning_rate = 0.003",
        f"TFRecordProvider.file_pattern = '{learned}'",
        *(provider if held_out else ()),
        *(f"train.{name} = {value!r}" for name, value in bound.items()),
    )
