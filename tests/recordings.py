"""Recordings for tests: pure tones and melodies, written in any format."""

import struct
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import soundfile

Audio = npt.NDArray[np.float32]


def tone(seconds: float, sample_rate: int = 16000, hz: float = 440.0, level: float = 0.5) -> Audio:
    """A sine."""
    return (level * np.sin(2 * np.pi * hz * np.arange(round(seconds * sample_rate)) / sample_rate)).astype(np.float32)


def melody(seconds: float, sample_rate: int = 16000, hz: float = 330.0) -> Audio:
    """A rich tone whose pitch and loudness move: no two seconds of it are equal."""
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    pitch = hz * 2 ** (0.3 * np.sin(2 * np.pi * 0.17 * time))
    phase = 2 * np.pi * np.cumsum(pitch) / sample_rate
    loudness = 0.2 + 0.1 * np.sin(2 * np.pi * 0.37 * time)
    return (loudness * sum(np.sin(k * phase) / k for k in range(1, 6))).astype(np.float32)


def write(path: Path, audio: npt.ArrayLike, sample_rate: int = 16000, subtype: str | None = None) -> Path:
    """Writes [N] or [N, C] with libsndfile, in the format that the suffix names."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        soundfile.write(
            file, np.asarray(audio), sample_rate, subtype, format=_FORMATS.get(path.suffix) or path.suffix[1:]
        )
    return path


def encode(path: Path, audio: Audio | None, sample_rate: int, codec: str, with_picture: bool = False) -> Path:
    """Writes mono audio with FFmpeg; `with_picture` makes it a video, which may do without sound."""
    with av.open(str(path), "w") as container:
        sound = container.add_stream(codec, rate=sample_rate, layout="mono") if audio is not None else None
        if with_picture:
            picture = container.add_stream("mpeg4", rate=5, width=64, height=64, pix_fmt="yuv420p")
            for _ in range(3):
                container.mux(picture.encode(av.VideoFrame(64, 64, "yuv420p")))
            container.mux(picture.encode(None))
        if sound is not None:
            frame = av.AudioFrame.from_ndarray(audio[None], format="fltp", layout="mono")
            frame.sample_rate = sample_rate
            fitting = av.AudioResampler(sound.format, "mono", sample_rate, frame_size=sound.frame_size or 1024)
            for part in fitting.resample(frame):
                container.mux(sound.encode(part))
            container.mux(sound.encode(None))
    return path


def main_frequency(audio: Audio, sample_rate: int) -> float:
    """The strongest frequency, in Hz."""
    spectrum = np.abs(np.fft.rfft(audio * np.hanning(len(audio))))
    return float(np.argmax(spectrum)) * sample_rate / len(audio)


_FORMATS = {".aif": "AIFF", ".oga": "OGG", ".opus": "OGG", ".wave": "WAV"}


def caf_of_single_samples(path: Path, n_samples: int) -> Path:
    """Sound whose header was damaged: it claims millions of frames a packet, so that FFmpeg hands out every sample as a
    frame of its own, and libsndfile nothing."""
    description = struct.pack(">d4sIIIII", 22050.0, b"lpcm", 0, 2, 0x7F0001, 1, 16)
    samples = np.round(20000 * np.sin(0.1 * np.arange(n_samples))).astype(">i2").tobytes()
    path.write_bytes(
        b"caff\0\1\0\0"
        + (b"desc" + struct.pack(">q", len(description)) + description)
        + (b"data" + struct.pack(">qI", len(samples) + 4, 0) + samples)
    )
    return path
