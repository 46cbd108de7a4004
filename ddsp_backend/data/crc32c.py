"""CRC-32C (Castagnoli), which TFRecord files use, in numpy: preparation needs no TensorFlow for it.

A long message is read as many lanes side by side, two bytes a step; the lanes' remainders are then joined pair by pair.
Source: RFC 3720, appendix B.4, and zlib's crc32_combine for joining.
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

_POLYNOMIAL = 0x82F63B78
_LANES = 1024

Words = npt.NDArray[np.uint32]


def _table() -> Words:
    """The remainder after two more bytes, by the low 16 bits of the register."""
    crc = np.arange(1 << 16, dtype=np.uint32)
    for _ in range(16):
        crc = np.where(crc & 1, (crc >> 1) ^ np.uint32(_POLYNOMIAL), crc >> 1)
    return crc


_TABLE = _table()


def crc32c(message: bytes) -> int:
    """The checksum of `message`."""
    n_words = len(message) // (2 * _LANES)
    head, tail = message[: 2 * _LANES * n_words], message[2 * _LANES * n_words :]
    crc = 0xFFFFFFFF
    if n_words:
        words = np.frombuffer(head, "<u2").reshape(_LANES, n_words).T.astype(np.uint32)
        lanes = np.zeros(_LANES, np.uint32)
        lanes[0] = crc
        for word in words:
            lanes ^= word
            lanes = _TABLE.take(lanes & np.uint32(0xFFFF)) ^ (lanes >> np.uint32(16))
        crc = _joined(lanes, 2 * n_words)
    for start in range(0, len(tail) - 1, 2):
        crc ^= tail[start] | tail[start + 1] << 8
        crc = int(_TABLE[crc & 0xFFFF]) ^ crc >> 16
    if len(tail) % 2:
        crc ^= tail[-1]
        for _ in range(8):
            crc = crc >> 1 ^ (_POLYNOMIAL if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def masked_crc32c(message: bytes) -> int:
    """The checksum as TFRecord stores it: rotated and offset, so that checksums of checksums stay meaningful."""
    crc = crc32c(message)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def _joined(lanes: Words, n_bytes: int) -> int:
    """The remainder of all lanes, each of `n_bytes`, one after the other."""
    matrix = _power_of_zeros(n_bytes)
    while len(lanes) > 1:
        lanes = _times(matrix, lanes[0::2]) ^ lanes[1::2]
        matrix = _times(matrix, matrix)
    return int(lanes[0])


@lru_cache(maxsize=8)
def _power_of_zeros(n_bytes: int) -> Words:
    """The matrix over GF(2), one word per bit of the register, that `n_bytes` zero bytes apply to it."""
    power = np.concatenate([[_POLYNOMIAL], 1 << np.arange(31)]).astype(np.uint32)  # one zero bit
    result = (1 << np.arange(32)).astype(np.uint32)
    n_bits = 8 * n_bytes
    while n_bits:
        if n_bits & 1:
            result = _times(power, result)
        power = _times(power, power)
        n_bits >>= 1
    return result


def _times(matrix: Words, vectors: Words) -> Words:
    product = np.zeros_like(vectors)
    for bit in range(32):
        product ^= np.where(vectors >> np.uint32(bit) & 1, matrix[bit], np.uint32(0))
    return product
