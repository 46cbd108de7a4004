"""Whether a file holds all that its own header promises. Decoders take what is there without a word."""

import struct
from collections.abc import Callable
from pathlib import Path
from typing import IO

from ddsp_backend.audio.content import open_content

_UNKNOWN = (0, 0xFFFFFFFF)  # what a recorder writes that does not know the length yet
_TAIL_BYTES = 1 << 17  # more than the longest page of an ogg file
_OGG_LAST_PAGE = 4
_MP3_HAS_FRAMES, _MP3_HAS_BYTES = 1, 2


def ends_early(path: Path) -> bool:
    """Whether a wav, aiff, mp3 or ogg file was cut off. False where nothing promises a length. Raises AudioError."""
    n_bytes = path.stat().st_size
    with open_content(path) as file:
        start = file.read(12)
        for magic, is_cut in _FORMATS.items():
            if start.startswith(magic):
                return is_cut(file, n_bytes)
    return False


def _is_wav_cut(file: IO[bytes], n_bytes: int) -> bool:
    return _is_chunk_cut(file, n_bytes, b"data", "<")


def _is_big_endian_cut(file: IO[bytes], n_bytes: int) -> bool:
    file.seek(0)
    return _is_chunk_cut(file, n_bytes, b"SSND" if file.read(4) == b"FORM" else b"data", ">")


def _is_chunk_cut(file: IO[bytes], n_bytes: int, name: bytes, order: str) -> bool:
    """Whether the chunk with the samples is longer than what is left of the file."""
    offset, long_size = 12, 0
    while offset + 8 <= n_bytes:
        file.seek(offset)
        key, size = struct.unpack(f"{order}4sI", file.read(8))
        if key == b"ds64":  # of a wav file beyond 4 GB
            long_size = struct.unpack("<8xQ", file.read(16).ljust(16, b"\0"))[0]
        if key == name:
            promised = long_size or size
            return size not in _UNKNOWN[: 1 + (not long_size)] and offset + 8 + promised > n_bytes
        offset += 8 + size + size % 2
    return False


def _is_mp3_cut(file: IO[bytes], n_bytes: int) -> bool:
    """By the header that encoders put into the first frame, which says how many bytes there are."""
    file.seek(0)
    head = file.read(10)
    first = 0
    if head.startswith(b"ID3") and len(head) == 10:
        first = 10 + sum(byte << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True))
    file.seek(first)
    frame = file.read(64)
    if len(frame) < 64 or frame[0] != 0xFF:
        return False
    is_first_version, is_mono = frame[1] & 0x18 == 0x18, frame[3] >> 6 == 3
    place = 4 + {(True, False): 32, (True, True): 17, (False, False): 17, (False, True): 9}[is_first_version, is_mono]
    flags = frame[place + 7]
    if frame[place : place + 4] not in (b"Xing", b"Info") or not flags & _MP3_HAS_BYTES:
        return False
    at = place + 8 + 4 * (flags & _MP3_HAS_FRAMES)
    return first + int.from_bytes(frame[at : at + 4], "big") > n_bytes


def _is_ogg_cut(file: IO[bytes], n_bytes: int) -> bool:
    """The last page of a stream says that it is the last one, and how long it is."""
    file.seek(max(0, n_bytes - _TAIL_BYTES))
    tail = file.read()
    page = tail[tail.rfind(b"OggS") :] if b"OggS" in tail else b""
    if len(page) < 27 or len(page) < 27 + page[26]:
        return True
    return not page[5] & _OGG_LAST_PAGE or len(page) < 27 + page[26] + sum(page[27 : 27 + page[26]])


_FORMATS: dict[bytes, Callable[[IO[bytes], int], bool]] = {
    b"RIFF": _is_wav_cut,
    b"RF64": _is_wav_cut,
    b"RIFX": _is_big_endian_cut,
    b"FORM": _is_big_endian_cut,
    b"ID3": _is_mp3_cut,
    b"\xff\xfb": _is_mp3_cut,
    b"\xff\xfa": _is_mp3_cut,
    b"\xff\xf3": _is_mp3_cut,
    b"\xff\xf2": _is_mp3_cut,
    b"OggS": _is_ogg_cut,
}
