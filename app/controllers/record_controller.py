"""Connects the dialog that records takes with the sound input and the open instrument."""

import math
import time
from pathlib import Path

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

from app.audio.count_in import BEAT_SECONDS, clicks
from app.audio.devices import InputDevice
from app.audio.player import Player
from app.audio.recorder import Recorder, RecorderView
from app.audio.take_file import recover_takes
from app.audio.tracks import Track
from app.controllers.studio import Studio
from app.state.notices import Choice
from app.state.recording import COUNT_IN_BEATS, RecordDialogState, RecordingPhase
from app.state.take_guide import GuideItem, take_guide
from app.views.record_dialog import RecordDialog

_LOOK_MS = 50
_RATE = 48000
_RECORDINGS = "Recordings"  # beside the instruments of a library: takes for an instrument that is not there yet


class RecordController(QObject):
    def __init__(self, window: QWidget, studio: Studio) -> None:
        super().__init__(studio)
        self._window = window
        self._studio = studio
        self._recorder: Recorder | None = None
        self._player: Player | None = None
        self._view = RecorderView()
        self._input = ""
        self._n_given = 0  # takes that the instrument knows of
        self._folder: Path | None = None
        self._guide: tuple[GuideItem, ...] = ()
        self._beat = 0
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._look)
        self._beats = QTimer(self)
        self._beats.setInterval(round(1000 * BEAT_SECONDS))
        self._beats.timeout.connect(self._next_beat)
        self.dialog: RecordDialog | None = None

    def open(self) -> None:
        if self.dialog is not None:
            self.dialog.raise_()
            return
        self._recorder = Recorder()
        self._view, self._input, self._n_given, self._folder = RecorderView(), "", 0, None
        self.dialog = RecordDialog(self._window)
        self.dialog.input_chosen.connect(self._choose)
        self.dialog.look_requested.connect(self._recorder.look_for_devices)
        self.dialog.record_requested.connect(self._press)
        self.dialog.finished.connect(self._forget_dialog)
        self._recorder.look_for_devices()
        self._give_recovered()
        self._timer.start()
        self.dialog.open()

    def close(self) -> None:
        """Keeps what is being recorded."""
        self._timer.stop()
        self._beats.stop()
        if self._recorder is not None:
            self._recorder.close()
            self._view = self._recorder.snapshot()
            self._give_takes()
            self._recorder = None
        if self._player is not None:
            self._player.close()
            self._player = None

    # --- requests of the user ----------------------------------------------------------------------------------------
    def _press(self) -> None:
        assert self._recorder is not None
        if self._beat:
            self._end_count_in()
        elif self._view.is_recording:
            self._recorder.end()
        elif self.dialog is not None and self.dialog.counts_in:
            self._begin_count_in()
        else:
            self._recorder.begin(self._takes_folder())

    def _choose(self, key: str) -> None:
        assert self._recorder is not None
        self._input = key
        for device in self._view.devices:
            for channel in _channels(device):
                if _key(device, channel) == key:
                    self._recorder.listen(device, channel)

    def _begin_count_in(self) -> None:
        self._beat = 1
        self._player = self._player or Player()
        self._player.load((Track("Count-in", clicks(COUNT_IN_BEATS, _RATE)),), _RATE)
        self._player.play()
        self._beats.start()

    def _next_beat(self) -> None:
        self._beat += 1
        if self._beat > COUNT_IN_BEATS:
            self._end_count_in()
            if self._recorder is not None:
                self._recorder.begin(self._takes_folder())

    def _end_count_in(self) -> None:
        self._beats.stop()
        self._beat = 0
        if self._player is not None:
            self._player.pause()

    # --- what is seen -------------------------------------------------------------------------------------------------
    def _look(self) -> None:
        assert self._recorder is not None
        self._view = self._recorder.snapshot()
        if self._view.device is not None:
            self._input = _key(self._view.device, self._view.channel)
        elif self._view.devices and not self._input:
            self._choose(_key(self._view.devices[0], 0))
        self._give_takes()
        if self.dialog is not None:
            self.dialog.set_state(self._state())

    def _state(self) -> RecordDialogState:
        view = self._view
        return RecordDialogState(
            phase=self._phase(),
            inputs=tuple(
                Choice(_key(device, channel), _title(device, channel), "")
                for device in view.devices
                for channel in _channels(device)
            ),
            input=self._input,
            level_db=20 * math.log10(view.peak) if view.peak > 0 else -math.inf,
            is_clipping=view.is_clipping,
            beat=self._beat,
            seconds=view.seconds,
            n_takes=len(view.takes),
            folder=str(self._folder or ""),
            n_lost=view.n_lost,
            problem=view.problem.title if view.problem is not None else "",
            cure=view.problem.hint if view.problem is not None else "",
            guide=self._heard_so_far(),
        )

    def _phase(self) -> RecordingPhase:
        if self._beat:
            return RecordingPhase.COUNTING
        if self._view.is_recording:
            return RecordingPhase.RECORDING
        if self._view.device is not None:
            return RecordingPhase.READY
        return RecordingPhase.LOOKING if self._view.problem is None else RecordingPhase.UNAVAILABLE

    def _heard_so_far(self) -> tuple[GuideItem, ...]:
        session = self._studio.session
        return take_guide(session.intake.inspections.values() if session is not None else ())

    # --- takes --------------------------------------------------------------------------------------------------------
    def _give_takes(self) -> None:
        """The instrument looks at its folder of takes again whenever there is one more."""
        if len(self._view.takes) > self._n_given and self._folder is not None:
            self._n_given = len(self._view.takes)
            self._studio.add_recordings((str(self._folder),))

    def _give_recovered(self) -> None:
        """Takes that a crash left half written."""
        session = self._studio.session
        folder = session.instrument.takes_path if session is not None else None
        if folder is not None and folder.is_dir() and recover_takes(folder):
            self._studio.add_recordings((str(folder),))

    def _takes_folder(self) -> Path:
        session = self._studio.session
        if session is not None:
            self._folder = session.instrument.takes_path
        elif self._folder is None:
            self._folder = self._studio.library / _RECORDINGS / time.strftime("Takes of %Y-%m-%d %H-%M-%S")
        return self._folder

    def _forget_dialog(self) -> None:
        self.close()
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None


def _channels(device: InputDevice) -> tuple[int | None, ...]:
    """One microphone is one channel; two of them can be kept as well."""
    return (0,) if device.n_channels == 1 else (0, 1, None)


def _key(device: InputDevice, channel: int | None) -> str:
    return f"{device.index}:{'both' if channel is None else channel}"


def _title(device: InputDevice, channel: int | None) -> str:
    if device.n_channels == 1:
        return device.name
    return f"{device.name}, {'both channels' if channel is None else f'channel {channel + 1}'}"
