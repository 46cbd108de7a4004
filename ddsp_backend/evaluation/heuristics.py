"""Notes from the curves that a model plays, by rules of thumb. F = frames, N = samples, W = frames of a window.

`segment_notes_batch` is made of three rules: where a note sounds, what its pitch is, and how loud it is. The controls
that they look at are a model's outputs: `f0_hz` [F] or [F, 1], `harmonic/controls/amplitudes`, and perhaps `audio` [N].
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ddsp_backend.arrays import FloatArray
from ddsp_backend.errors import ConfigError
from ddsp_backend.evaluation.notes import N_PITCHES, Note, hz_to_midi, runs
from ddsp_backend.evaluation.outputs import measured

Controls = dict[str, Any]
Binarize = Callable[[Controls], npt.NDArray[np.bool_]]
Pick = Callable[[Controls, int, int], float]

FRAME_RATE = 250
_OWNER = "MidiHeuristicEvaluator"
_AMPLITUDES = "harmonic/controls/amplitudes"
_SILENT_DB = -80.0
_CHANGE_SEMITONES = 0.75  # a semitone, played a little flat


def mean_f0(controls: Controls, start: int, stop: int) -> float:
    """Hz, the mean over the frames of a note."""
    return float(np.mean(_curve(controls, "f0_hz")[start:stop]))


def median_f0(controls: Controls, start: int, stop: int) -> float:
    """Hz, the median over the frames of a note."""
    return float(np.median(_curve(controls, "f0_hz")[start:stop]))


def median_amps(controls: Controls, start: int, stop: int) -> float:
    """Amplitude of the harmonics, the median over the frames of a note."""
    return float(np.median(_curve(controls, _AMPLITUDES)[start:stop]))


def amp_pooled_outliers(
    controls: Controls, frame_width: int = 80, num_devs: float = 2, pad_mode: str = "center"
) -> npt.NDArray[np.bool_]:
    """Where the harmonics sound and are not far softer than around them, [F].

    Args:
      frame_width: Frames that count as around.
      num_devs: Standard deviations of dB that are far.
      pad_mode: Whether the frame lies in the "center" of those, at their "front" or at their "end".
    """
    amplitudes_F = _curve(controls, _AMPLITUDES)
    level_F = 20 * np.log10(np.maximum(amplitudes_F, 10 ** (_SILENT_DB / 20)))
    return _is_not_far_below(level_F, frame_width, num_devs, pad_mode)


def power_pooled_outliers(
    controls: Controls, frame_width: int = 80, num_devs: float = 2.5, pad_mode: str = "center"
) -> npt.NDArray[np.bool_]:
    """The same for the power of `audio`."""
    level_F = _power_db(_curve(controls, "audio"), len(_curve(controls, "f0_hz")))
    return _is_not_far_below(level_F, frame_width, num_devs, pad_mode)


def strided_freq_change(
    controls: Controls, frame_widths: Sequence[int] = (2, 4, 8, 16, 32), pad_mode: str = "front"
) -> npt.NDArray[np.bool_]:
    """Where there is a pitch that does not just change to another note, [F].

    A change is looked for over short windows first, and over a longer one only where no shorter one saw it.

    Args:
      frame_widths: Frames of the windows, of which first and last are compared.
      pad_mode: As for `amp_pooled_outliers`.
    """
    f0_hz_F = _curve(controls, "f0_hz")
    midi_F = hz_to_midi(f0_hz_F)
    is_steady_F = np.ones(len(midi_F), np.bool_)
    for width in frame_widths:
        windows_FW = _windows(midi_F, width, pad_mode)
        is_change_F = np.abs(windows_FW[:, 0] - windows_FW[:, -1]) > _CHANGE_SEMITONES
        is_steady_F &= ~(is_change_F & _windows(is_steady_F, width, pad_mode).all(axis=1))
    return is_steady_F & (f0_hz_F > 0)


def midi_heuristic(controls: Controls) -> npt.NDArray[np.bool_]:
    """Where a note of ten frames or more sounds, by pitch and the amplitude of the harmonics, [F]."""
    return remove_short(strided_freq_change(controls) & amp_pooled_outliers(controls), min_samples=10)


def midi_heuristic_power(controls: Controls) -> npt.NDArray[np.bool_]:
    """Where a note of ten frames or more sounds, by pitch and the power of the audio, [F]."""
    return remove_short(strided_freq_change(controls) & power_pooled_outliers(controls), min_samples=10)


def segment_notes_batch(
    controls_batch: Controls,
    binarize_f: Binarize = midi_heuristic,
    pick_f0_f: Pick = mean_f0,
    pick_amps_f: Pick = median_amps,
    frame_rate: float = FRAME_RATE,
) -> list[list[Note]]:
    """The notes of each example.

    Args:
      controls_batch: A model's outputs, with a batch axis each.
      binarize_f: Where notes sound.
      pick_f0_f: The pitch of a note, in Hz.
      pick_amps_f: The amplitude of a note.
      frame_rate: Control frames a second. Evaluators say it themselves.
    """
    n_examples = len(controls_batch["f0_hz"])
    return [
        segment_notes(_example(controls_batch, i, n_examples), binarize_f, pick_f0_f, pick_amps_f, frame_rate)
        for i in range(n_examples)
    ]


def segment_notes(
    controls: Controls,
    binarize_f: Binarize = midi_heuristic,
    pick_f0_f: Pick = mean_f0,
    pick_amps_f: Pick = median_amps,
    frame_rate: float = FRAME_RATE,
) -> list[Note]:
    """The notes of one example; see `segment_notes_batch`."""
    notes = []
    for start, stop in runs(binarize_f(controls)):
        pitch = int(np.clip(np.round(hz_to_midi(pick_f0_f(controls, start, stop))), 0, N_PITCHES - 1))
        notes.append(Note(pitch, start / frame_rate, stop / frame_rate, pick_amps_f(controls, start, stop)))
    return notes


def remove_short(is_on_F: npt.NDArray[np.bool_], min_samples: int) -> npt.NDArray[np.bool_]:
    """False where a stretch of True is shorter than `min_samples`, too."""
    kept_F = np.zeros_like(is_on_F)
    for start, stop in runs(is_on_F):
        kept_F[start:stop] = stop - start >= min_samples
    return kept_F


def _is_not_far_below(level_F: FloatArray, frame_width: int, num_devs: float, pad_mode: str) -> npt.NDArray[np.bool_]:
    windows_FW = _windows(level_F, frame_width, pad_mode)
    far_below_F = windows_FW.mean(axis=1) - num_devs * windows_FW.std(axis=1)
    # A steady tone is not below itself; only rounding says so.
    is_near_F: npt.NDArray[np.bool_] = (level_F > far_below_F - 1e-6) & (level_F > _SILENT_DB)
    return is_near_F


def _windows(values_F: npt.NDArray[Any], width: int, mode: str) -> npt.NDArray[Any]:
    """A window around, before or after each frame, [F, width]; the first and last value go on beyond the ends."""
    widths_before = {"front": width - 1, "center": width // 2, "end": 0}
    if mode not in widths_before:
        raise ConfigError(f"pad_mode={mode!r} is unknown", f"Use one of {', '.join(widths_before)}.")
    before = widths_before[mode]
    padded = np.pad(values_F, (before, width - 1 - before), mode="edge")
    return np.lib.stride_tricks.sliding_window_view(padded, width)


def _power_db(audio_N: FloatArray, n_frames: int, frame_size: int = 256) -> FloatArray:
    """Mean square of the samples around each frame, in dB of full scale, [F]."""
    around_N = np.lib.stride_tricks.sliding_window_view(np.pad(audio_N, frame_size // 2), frame_size)
    starts_F = np.round(np.arange(n_frames) * len(audio_N) / n_frames).astype(int)
    power_F = np.mean(np.square(around_N[starts_F]), axis=1)
    return np.asarray(10 * np.log10(np.maximum(power_F, 10 ** (_SILENT_DB / 10))))


def _curve(controls: Controls, key: str) -> FloatArray:
    return np.asarray(measured(controls, key, _OWNER), np.float64).ravel()


def _example(batch: Controls, i: int, n_examples: int) -> Controls:
    """One example of all that has a batch axis, as arrays."""
    example: Controls = {}
    for key, value in batch.items():
        if isinstance(value, dict):
            example[key] = _example(value, i, n_examples)
        elif getattr(value, "shape", None) and value.shape[0] == n_examples:
            example[key] = np.asarray(value[i])
    return example
