"""The checksum of TFRecord files: CRC-32C (Castagnoli), rotated and offset. It needs no TensorFlow."""

import google_crc32c


def masked_crc32c(message: bytes) -> int:
    """The checksum as TFRecord stores it: masked, so that checksums of checksums stay meaningful."""
    crc: int = google_crc32c.value(message)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
