"""The process that plays live: commands in on stdin, reports out on stdout. The end of stdin ends it.

It has a sound stream of its own, so neither the window nor a training can make it late.
"""

import gc
import os
import sys
import threading
from typing import TextIO

from ddsp_backend.errors import DdspError
from ddsp_backend.jobs.codec import to_json
from ddsp_backend.live.live_engine import LiveEngine
from ddsp_backend.live.messages import (
    CloseSound,
    Command,
    DevicesFound,
    KeyboardsFound,
    LiveFailed,
    LoadModel,
    ModelReady,
    NowPlaying,
    OpenSound,
    Report,
    SoundOpened,
    Trouble,
    TurnKnobs,
    command_from_json,
)
from ddsp_backend.live.midi_keyboards import MidiKeyboards
from ddsp_backend.live.sound_stream import SoundStream, look_again, output_names
from ddsp_backend.storage import any_path

_REPORT_SECONDS = 0.05
_COMMON_RATE = 48000


class LiveProcess:
    """Does what commands say. `run` returns when they end."""

    def __init__(self, reports: TextIO) -> None:
        self._reports = reports
        self._writing = threading.Lock()
        self._engine = LiveEngine()
        self._stream: SoundStream | None = None
        self._model = ""
        self._rate = _COMMON_RATE
        self._over = threading.Event()

    def run(self, lines: TextIO) -> None:
        reporter = threading.Thread(target=self._report, name="reports", daemon=True)
        reporter.start()
        keyboards = self._open_keyboards()
        for line in lines:
            try:
                self._do(command_from_json(line))
            except DdspError as error:
                self._say(LiveFailed(Trouble.COMMAND, error.title, error.hint))
        self._over.set()
        reporter.join()
        if keyboards is not None:
            keyboards.close()
        self._close_stream()

    def _do(self, command: Command) -> None:
        match command:
            case LoadModel():
                self._model = command.path
                self._load()
            case OpenSound():
                self._open(command)
            case CloseSound():
                self._engine.stop()
                self._close_stream()
            case TurnKnobs():
                self._engine.turn(command)
            case _:
                self._engine.hear(command)

    def _open_keyboards(self) -> MidiKeyboards | None:
        try:
            return MidiKeyboards(self._engine.hear, self._engine.forget, lambda names: self._say(KeyboardsFound(names)))
        except ImportError:
            self._say(KeyboardsFound((), is_supported=False))
            return None

    # --- the model ----------------------------------------------------------------------------------------------------
    def _load(self) -> None:
        try:
            # TensorFlow takes seconds to load: the devices are there before.
            from ddsp_backend.inference.model_player import load_player
            from ddsp_backend.live.live_instrument import LiveInstrument

            instrument = LiveInstrument(load_player(any_path(self._model)), self._rate)
        except (DdspError, OSError) as error:
            title, hint = (error.title, error.hint) if isinstance(error, DdspError) else (str(error), "")
            self._say(LiveFailed(Trouble.MODEL, title, hint))
            return
        self._engine.take_instrument(instrument)
        # What is here now stays. A collection of it all would take longer than a block lasts.
        gc.collect()
        gc.freeze()
        self._say(ModelReady(self._model, instrument.lowest_midi, instrument.highest_midi))

    # --- the device ---------------------------------------------------------------------------------------------------
    def _open(self, wanted: OpenSound) -> None:
        self._close_stream()
        self._engine.stop()
        try:
            look_again()
            self._say(DevicesFound(output_names()))
            stream = SoundStream(wanted.output, self._engine.fill, self._on_ended)
            if stream.sample_rate != self._rate:
                self._rate = stream.sample_rate
                if self._model:
                    self._load()
            stream.start()
        except DdspError as error:
            self._say(LiveFailed(Trouble.SOUND, error.title, error.hint))
            return
        self._stream = stream
        self._say(SoundOpened(stream.name, stream.sample_rate, stream.latency))

    def _close_stream(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()

    def _on_ended(self) -> None:
        self._say(
            LiveFailed(
                Trouble.SOUND,
                "The output has stopped; it may have been unplugged",
                "Connect it again or choose another one, then press Look again.",
            )
        )

    # --- words --------------------------------------------------------------------------------------------------------
    def _report(self) -> None:
        while not self._over.wait(_REPORT_SECONDS):
            stream = self._stream
            if stream is not None:
                self._say(NowPlaying(self._engine.take_peak(), self._engine.midi, stream.lost))

    def _say(self, report: Report) -> None:
        with self._writing:
            try:
                self._reports.write(to_json(report) + "\n")
            except OSError:
                self._over.set()  # nobody is there to hear it


def main() -> int:
    # What libraries print must not get between the reports.
    reports = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    os.dup2(2, 1)
    LiveProcess(reports).run(sys.stdin)
    return 0
