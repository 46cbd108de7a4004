import random
import struct

import pytest
import tensorflow as tf

from ddsp_backend.data.crc32c import masked_crc32c


def unmasked(checksum: int) -> int:
    rotated = (checksum - 0xA282EAD8) & 0xFFFFFFFF
    return (rotated >> 17 | rotated << 15) & 0xFFFFFFFF


def test_that_the_checksum_is_the_standards():
    assert unmasked(masked_crc32c(b"123456789")) == 0xE3069283
    assert unmasked(masked_crc32c(bytes(32))) == 0x8A9136AA  # RFC 3720, B.4
    assert unmasked(masked_crc32c(b"")) == 0


@pytest.mark.parametrize("length", [1, 2, 3, 2047, 2048, 2049, 4096, 100_001, 520_000])
def test_that_records_of_every_length_carry_the_checksum_that_tensorflow_writes(tmp_path, length):
    content = random.Random(length).randbytes(length)
    with tf.io.TFRecordWriter(str(tmp_path / "a")) as writer:
        writer.write(content)
    written = (tmp_path / "a").read_bytes()
    assert struct.unpack("<I", written[8:12])[0] == masked_crc32c(written[:8])
    assert struct.unpack("<I", written[-4:])[0] == masked_crc32c(content)
