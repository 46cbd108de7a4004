"""The sound device, through sounddevice (PortAudio). Everything that can go wrong with it is an `AudioUnavailable`."""

import importlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ddsp_backend.errors import DdspError

_ELSEWHERE = "Everything else works without sound, and every sound can be saved as a wav file."
# Long enough to survive a training that keeps all cores busy, short enough to answer a key at once.
_LATENCY_SECONDS = 0.08
_INVALID_SAMPLE_RATE = -9997  # PortAudio's paInvalidSampleRate

# PortAudio takes one call at a time; a stream's own callbacks are its exception.
_portaudio = threading.RLock()
_open_streams: set[int] = set()


class AudioUnavailable(DdspError):
    """Sound cannot be played on this computer now."""


class RateRefused(AudioUnavailable):
    """The device does not play at this sample rate."""


@dataclass(frozen=True, slots=True)
class OutputDevice:
    """The system's default output."""

    name: str
    sample_rate: int
    n_channels: int


@dataclass(frozen=True, slots=True)
class InputDevice:
    """Something that can be recorded from. `index` is PortAudio's, true until devices are looked for again."""

    index: int
    name: str
    sample_rate: int
    n_channels: int
    is_default: bool


def input_devices() -> tuple[InputDevice, ...]:
    """Every input, the system's default first. Raises AudioUnavailable where there is none."""
    sounddevice = _sounddevice()
    try:
        with _portaudio:
            default = sounddevice.default.device[0]
            found = [
                InputDevice(
                    index,
                    str(each["name"]),
                    round(each["default_samplerate"]),
                    int(each["max_input_channels"]),
                    index == default,
                )
                for index, each in enumerate(sounddevice.query_devices())
                if each["max_input_channels"] > 0
            ]
    except (sounddevice.PortAudioError, ValueError) as error:
        raise _no_input() from error
    if not found:
        raise _no_input()
    return tuple(sorted(found, key=lambda device: (not device.is_default, device.index)))


def open_input(
    device: InputDevice, n_channels: int, callback: Callable[..., None], finished: Callable[[], None]
) -> Any:
    """Opens and starts a float32 input stream at the device's own rate. Raises AudioUnavailable.

    Args:
      callback: sounddevice's `(indata, frames, time, status)`.
      finished: Called once when the stream has ended, for whatever reason.
    """
    sounddevice = _sounddevice()
    try:
        with _portaudio:
            stream = sounddevice.InputStream(
                device=device.index,
                samplerate=device.sample_rate,
                channels=n_channels,
                dtype="float32",
                latency="high",  # a take may come late, but must not have holes
                callback=callback,
                finished_callback=finished,
            )
            stream.start()
            _open_streams.add(id(stream))
    except (sounddevice.PortAudioError, ValueError) as error:
        raise AudioUnavailable(
            f"{device.name} cannot be opened for recording ({_reason(error)})",
            "Close other programs that use it, allow this program to use the microphone in the system's settings, or "
            "choose another input from the list.",
        ) from error
    return stream


def _no_input() -> AudioUnavailable:
    return AudioUnavailable(
        "This computer has no sound input",
        "Connect a microphone or an audio interface, then press Look again. "
        "Recordings made elsewhere can be dropped on the window.",
    )


def output_device() -> OutputDevice:
    """Asks for the default output. Takes up to a second the first time. Raises AudioUnavailable."""
    sounddevice = _sounddevice()
    try:
        with _portaudio:
            found = sounddevice.query_devices(kind="output")
    except (sounddevice.PortAudioError, ValueError) as error:
        raise AudioUnavailable(
            "This computer has no sound output", f"Connect headphones or speakers, then press play again. {_ELSEWHERE}"
        ) from error
    return OutputDevice(found["name"], round(found["default_samplerate"]), min(int(found["max_output_channels"]), 2))


def open_stream(sample_rate: int, n_channels: int, callback: Callable[..., None], finished: Callable[[], None]) -> Any:
    """Opens and starts a float32 output stream at `sample_rate` Hz. Raises AudioUnavailable, or RateRefused.

    Args:
      callback: sounddevice's `(outdata, frames, time, status)`.
      finished: Called once when the stream has ended, for whatever reason.
    """
    sounddevice = _sounddevice()
    try:
        with _portaudio:
            stream = sounddevice.OutputStream(
                samplerate=sample_rate,
                channels=n_channels,
                dtype="float32",
                latency=_LATENCY_SECONDS,
                callback=callback,
                finished_callback=finished,
            )
            stream.start()
            _open_streams.add(id(stream))
    except (sounddevice.PortAudioError, ValueError) as error:
        refusal = RateRefused if error.args[1:2] == (_INVALID_SAMPLE_RATE,) else AudioUnavailable
        raise refusal(
            f"The sound device cannot be opened at {sample_rate} Hz ({_reason(error)})",
            "Close other programs that use it, or choose another one in the system's sound settings, then press play "
            f"again. {_ELSEWHERE}",
        ) from error
    return stream


def close_stream(stream: Any) -> None:
    """Closes a stream after what it holds is played. One that is already broken is let go."""
    sounddevice = _sounddevice()
    try:
        with _portaudio:
            _open_streams.discard(id(stream))
            # Not `abort`: PortAudio then cancels a thread that may be within Python or within the sound system.
            stream.stop(ignore_errors=True)
            stream.close(ignore_errors=True)
    except sounddevice.PortAudioError:
        pass


def end_of_stream() -> Exception:
    """What a callback raises when there is nothing more to play."""
    stop: Exception = _sounddevice().CallbackStop()
    return stop


def look_again() -> None:
    """Finds devices that were connected since the last look; not while one is playing."""
    sounddevice = _sounddevice()
    # PortAudio lists the devices once, when it starts, and sounddevice offers no other way to restart it.
    try:
        with _portaudio:
            if not _open_streams:
                sounddevice._terminate()
                sounddevice._initialize()
    except sounddevice.PortAudioError as error:
        raise AudioUnavailable(
            f"The sound system does not start ({_reason(error)})", f"Restart the program. {_ELSEWHERE}"
        ) from error


def _reason(error: Exception) -> str:
    return str(error.args[0]).rstrip(".") if error.args else type(error).__name__


def _sounddevice() -> Any:
    try:
        return importlib.import_module("sounddevice")
    except OSError as error:
        raise AudioUnavailable(
            "Sound needs the system library PortAudio, which is not installed",
            f"On Debian or Ubuntu, install the package libportaudio2, then press play again. {_ELSEWHERE}",
        ) from error
