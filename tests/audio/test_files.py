import numpy as np
import pytest
import soxr

from ddsp_backend.audio.decoding import BLOCK_FRAMES, open_recording
from ddsp_backend.audio.files import iterate_blocks, read_audio, read_info, resampled_length, write_wav
from ddsp_backend.errors import AudioError
from tests import recordings


@pytest.mark.parametrize(
    ("name", "subtype"),
    [
        ("a.wav", "PCM_U8"),
        ("a.wav", "PCM_16"),
        ("a.wav", "PCM_24"),
        ("a.wav", "PCM_32"),
        ("a.wav", "FLOAT"),
        ("a.wav", "DOUBLE"),
        ("a.wav", "ULAW"),
        ("a.aiff", "PCM_24"),
        ("a.flac", "PCM_16"),
        ("a.ogg", "VORBIS"),
        ("a.opus", "OPUS"),
        ("a.mp3", "MPEG_LAYER_III"),
        ("a.caf", "ALAC_16"),
    ],
)
def test_that_every_format_and_bit_depth_sounds_the_same(tmp_path, name, subtype):
    path = recordings.write(tmp_path / name, recordings.tone(1.0, 48000), 48000, subtype)
    audio = read_audio(path, 16000)
    assert audio.dtype == np.float32
    assert abs(len(audio) - 16000) <= 16000 * 0.1  # mp3 pads its ends
    assert recordings.main_frequency(audio, 16000) == pytest.approx(440, abs=2)
    assert np.abs(audio).max() == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize(
    ("name", "codec", "with_picture"),
    [
        ("a.m4a", "aac", False),
        ("a.aac", "aac", False),
        ("a.m4a", "alac", False),
        ("a.webm", "libopus", False),
        ("a.mp4", "aac", True),
        ("a.mov", "pcm_s16le", True),
        ("a.mkv", "aac", True),
    ],
)
def test_that_the_sound_of_ffmpegs_formats_is_read_videos_too(tmp_path, name, codec, with_picture):
    path = recordings.encode(tmp_path / name, recordings.tone(1.0, 48000), 48000, codec, with_picture)
    audio = read_audio(path, 16000)
    assert abs(len(audio) - 16000) <= 16000 * 0.1
    assert recordings.main_frequency(audio, 16000) == pytest.approx(440, abs=2)
    assert read_info(path).sample_rate == 48000


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 44100, 96000, 192000])
def test_that_every_rate_is_resampled_to_the_one_asked_for(tmp_path, rate):
    path = recordings.write(tmp_path / "a.wav", recordings.tone(0.7, rate), rate, "FLOAT")
    audio = read_audio(path, 16000)
    assert len(audio) == resampled_length(round(0.7 * rate), rate, 16000) == pytest.approx(11200, abs=1)
    middle = slice(2000, 9000)
    np.testing.assert_allclose(audio[middle], recordings.tone(0.7)[middle], atol=1e-3)


@pytest.mark.parametrize("channels", [1, 2, 3, 6])
def test_that_channels_are_averaged(tmp_path, channels):
    audio_NC = np.stack([recordings.tone(0.2, hz=200 * (c + 1), level=0.3) for c in range(channels)], axis=1)
    path = recordings.write(tmp_path / "a.wav", audio_NC, 16000, "FLOAT")
    np.testing.assert_allclose(read_audio(path, 16000), audio_NC.mean(axis=1), atol=1e-6)
    assert read_info(path).channels == channels


def test_that_a_long_file_comes_in_many_blocks_that_join_to_the_whole(tmp_path):
    path = recordings.write(tmp_path / "a.wav", recordings.melody(12, 44100), 44100)
    blocks = list(iterate_blocks(path, 16000))
    assert len(blocks) > 5
    assert max(map(len, blocks)) < 40000
    np.testing.assert_array_equal(np.concatenate(blocks), read_audio(path, 16000))


@pytest.mark.timeout(60)  # seconds; it takes one, and took minutes where all frames were counted again with each
def test_that_a_file_of_frames_of_one_sample_is_read_like_any_other(tmp_path):
    path = recordings.caf_of_single_samples(tmp_path / "a.caf", 70_000)
    with open_recording(path) as recording:
        blocks_NC = list(recording.blocks())
    assert [len(block_NC) for block_NC in blocks_NC] == [BLOCK_FRAMES, 70_000 - BLOCK_FRAMES]
    expected_N = 20000 / 2**15 * np.sin(0.1 * np.arange(70_000))
    np.testing.assert_allclose(np.concatenate(blocks_NC)[:, 0], expected_N, atol=1e-4)


def test_that_a_sample_that_is_no_number_is_an_error_with_its_place(tmp_path):
    audio = recordings.tone(1.0)
    audio[8000] = np.nan
    path = recordings.write(tmp_path / "a.wav", audio, 16000, "FLOAT")
    with pytest.raises(AudioError, match=r"0\.500 s"):
        read_audio(path, 16000)


def test_that_written_audio_is_read_back_and_clipped_only_at_full_scale(tmp_path):
    audio = np.array([0.0, 0.5, -0.25, 1.5, -2.0], np.float32)
    write_wav(tmp_path / "a.wav", audio, 16000)
    np.testing.assert_allclose(read_audio(tmp_path / "a.wav", 16000), [0, 0.5, -0.25, 1, -1], atol=1e-4)
    write_wav(tmp_path / "b.wav", audio, 16000, subtype="FLOAT")
    np.testing.assert_array_equal(read_audio(tmp_path / "b.wav", 16000), audio)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.wav", "b.wav"]


def test_that_resampling_is_soxr_s_default_to_the_edge_of_the_band(tmp_path):
    """The logarithms of a loss tell settings of the resampler apart that no ear does."""
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 44100).astype(np.float32)
    path = recordings.write(tmp_path / "a.wav", noise, 44100, "FLOAT")
    np.testing.assert_allclose(read_audio(path, 16000), soxr.resample(noise, 44100, 16000), atol=2e-6)
