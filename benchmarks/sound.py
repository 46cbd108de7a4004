"""How a trained instrument sounds: the judge's figures of phrases that it never learned from, beside the oracle's.

--run FOLDER         of a training, with its checkpoints; the best one is judged
--recordings FOLDER  judges windows of these recordings instead of the phrases that the run kept back
"""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ddsp_backend.audio.files import read_audio
from ddsp_backend.audio.search import find_recordings

N_PHRASES = 8
ROWS = (
    # name in the judgement, the recording's own, words, unit, factor
    ("spectral_distance_db", "", "spectral distance", "dB", 1.0),
    ("pitch_lost", "", "pitch lost", "%", 100.0),
    ("pitch_wrong", "", "pitch over 50 cents off", "%", 100.0),
    ("pitch_error_cents", "", "pitch error, median", "cents", 1.0),
    ("loudness_error_db", "", "loudness error, all frames", "dB", 1.0),
    ("note_loudness_error_db", "", "loudness error, notes", "dB", 1.0),
    ("silence_loudness_error_db", "", "loudness error, silence", "dB", 1.0),
    ("harmonic_share", "recorded_harmonic_share", "harmonics' share of the energy", "%", 100.0),
    ("loudness_wobble_db", "recorded_loudness_wobble_db", "wobble of loudness in held notes", "dB", 1.0),
    ("harmonic_wobble_db", "recorded_harmonic_wobble_db", "wobble of harmonics in held notes", "dB", 1.0),
    ("attack_ms", "recorded_attack_ms", "attack, median", "ms", 1.0),
    ("attack_error_ms", "", "attack error", "ms", 1.0),
    ("release_ms", "recorded_release_ms", "release, median", "ms", 1.0),
    ("release_error_ms", "", "release error", "ms", 1.0),
)


def report(run: Path, recordings: Path | None = None, figures: Path | None = None) -> None:
    """Prints the table. Args: figures: Where they are written as JSON; None: nowhere."""
    from ddsp_backend.checkpoints.loading import load_model
    from ddsp_backend.config.operative import latest_operative_config
    from ddsp_backend.config.parse import parse
    from ddsp_backend.evaluation.run_judge import judge_run
    from ddsp_backend.pitch.trackers import make_tracker
    from ddsp_backend.reporting.phrases import fixed_phrases

    model, info = load_model(run)
    settings = parse(operative_config=latest_operative_config(run)).train()
    provider = settings.held_out_provider or settings.data_provider
    if recordings is None:
        batches = [phrase.batch for phrase in fixed_phrases(provider, N_PHRASES)]
        of = "phrases of its data set"
    else:
        n_samples = int(provider.get_example(0)["audio"].shape[1])
        batches = list(_windows(recordings, n_samples, info.sample_rate, info.frame_rate, info.is_centered))
        of = f"windows of {recordings}"
    if not batches:
        raise SystemExit(f"There is nothing to judge: {of} are none.")
    found = judge_run(model, batches, info.sample_rate, make_tracker("swift-f0"))
    judged = {"model": asdict(found.model), "oracle": asdict(found.oracle)}
    print(f"{run}, step {info.checkpoint.step}: {len(batches)} {of}")
    print(f"{'':34} {'model':>10} {'oracle':>10} {'recording':>10}")
    for name, recorded, words, unit, factor in ROWS:
        cells = [judged["model"][name], judged["oracle"][name], judged["model"][recorded] if recorded else None]
        print(f"{words:34} {' '.join(_cell(value, factor) for value in cells)} {unit}")
    print(f"{'silence in, level out':34} {_cell(found.silence_level_db, 1.0)} {'':>10} {'':>10} dB")
    if figures is not None:
        whole = {"step": info.checkpoint.step, **judged, "silence_level_db": found.silence_level_db}
        figures.write_text(json.dumps(whole, indent=1))


def _cell(value: float | None, factor: float) -> str:
    return f"{'' if value is None else format(value * factor, '.2f'):>10}"


def _windows(
    folder: Path, n_samples: int, sample_rate: int, frame_rate: int, is_centered: bool
) -> Iterator[dict[str, Any]]:
    """Batches of one from evenly spread places of all recordings, with the pitch that SwiftF0 finds."""
    import numpy as np
    import soxr
    import tensorflow as tf

    from ddsp_backend.data.features import compute_loudness, compute_power
    from ddsp_backend.pitch.tracker import track
    from ddsp_backend.pitch.trackers import make_tracker

    tracker = make_tracker("swift-f0")
    windows = []
    for path in find_recordings([folder]):
        audio_N = read_audio(path, sample_rate)
        windows += [audio_N[i : i + n_samples] for i in range(0, len(audio_N) - n_samples + 1, n_samples)]
    n = min(N_PHRASES, len(windows))
    for place in [(2 * i + 1) * len(windows) // (2 * n) for i in range(n)]:
        audio_N = np.asarray(windows[place], np.float32)
        audio_16k = audio_N if sample_rate == 16000 else soxr.resample(audio_N, sample_rate, 16000)
        padding = "center" if is_centered else "same"
        f0_hz, f0_confidence = track(tracker, audio_16k, frame_rate, padding)
        example = {
            "audio": audio_N,
            "f0_hz": f0_hz,
            "f0_confidence": f0_confidence,
            "loudness_db": compute_loudness(audio_16k, frame_rate, padding),
            "power_db": compute_power(audio_16k, frame_rate, padding),
        }
        if sample_rate != 16000:
            example["audio_16k"] = audio_16k
        yield {key: tf.constant(value)[tf.newaxis] for key, value in example.items()}
