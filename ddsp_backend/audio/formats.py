"""The kinds of recordings that can be read: one row for each.

A new format is a row here: what is taken from a folder, and what the window and the errors name, follow. A file that is
named directly is tried whatever its ending.
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """One row."""

    endings: tuple[str, ...]
    """Of file names, in lower case, without the point."""
    name: str = ""
    """What a musician reads; empty for what few know."""


AUDIO_FORMATS = (
    AudioFormat(("wav", "wave"), "wav"),
    AudioFormat(("aif", "aiff", "aifc"), "aiff"),
    AudioFormat(("flac",), "flac"),
    AudioFormat(("ogg", "oga"), "ogg"),
    AudioFormat(("opus",), "opus"),
    AudioFormat(("mp3",), "mp3"),
    AudioFormat(("m4a", "m4b"), "m4a"),
    AudioFormat(("aac",), "aac"),
    AudioFormat(("au", "snd", "caf", "mp2", "rf64", "w64")),  # libsndfile reads these too
    AudioFormat(("ac3", "amr", "ape", "mka", "tta", "wma", "wv")),  # FFmpeg reads these
    AudioFormat(("3gp", "avi", "m4v", "mkv", "mov", "mp4", "webm")),  # the sound of videos
)
AUDIO_SUFFIXES = frozenset(f".{ending}" for each in AUDIO_FORMATS for ending in each.endings)
MIDI_SUFFIXES = frozenset({".mid", ".midi"})
NAMED_FORMATS = ", ".join(each.name for each in AUDIO_FORMATS if each.name)


def is_midi(path: str) -> bool:
    """Whether a file of this name holds notes and no sound."""
    return Path(path).suffix.lower() in MIDI_SUFFIXES
