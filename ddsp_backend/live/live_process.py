"""The process that plays live: commands in on stdin, reports out on stdout. The end of stdin ends it.

It has sound streams of its own, so neither the window nor a training can make it late.
"""

import gc
import os
import sys
import threading
import time
from pathlib import Path
from typing import TextIO

from ddsp_backend.arrays import Array
from ddsp_backend.errors import DdspError
from ddsp_backend.jobs.codec import to_json
from ddsp_backend.live.delay_probe import DelayProbe
from ddsp_backend.live.listener import Listener
from ddsp_backend.live.live_engine import LiveEngine
from ddsp_backend.live.messages import (
    CloseSound,
    Command,
    DelayMeasured,
    DevicesFound,
    KeyboardsFound,
    LiveFailed,
    LoadModel,
    MeasureDelay,
    ModelReady,
    NowPlaying,
    OpenSound,
    PlayMidiFile,
    RecordTake,
    Report,
    SoundOpened,
    TakeWritten,
    Trouble,
    TurnKnobs,
    command_from_json,
)
from ddsp_backend.live.midi_file import read_midi_file
from ddsp_backend.live.midi_keyboards import MidiKeyboards
from ddsp_backend.live.sound_stream import SoundStream, device_names, input_stream, look_again, output_stream
from ddsp_backend.live.take_recording import TakeRecording
from ddsp_backend.storage import any_path

_REPORT_SECONDS = 0.05
_COMMON_RATE = 48000
_STALLED_SECONDS = 3.0
_MOST_PROBING_SECONDS = 6.0


class LiveProcess:
    """Does what commands say. `run` returns when they end."""

    def __init__(self, reports: TextIO) -> None:
        self._reports = reports
        self._writing = threading.Lock()
        self._system = threading.Lock()  # see MidiKeyboards
        self._engine = LiveEngine()
        self._output: SoundStream | None = None
        self._input: SoundStream | None = None
        self._listener: Listener | None = None
        self._take: TakeRecording | None = None
        self._probe: DelayProbe | None = None
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
                self._fail(Trouble.COMMAND, error)
        self._over.set()
        reporter.join()
        if keyboards is not None:
            keyboards.close()
        self._close_streams()

    def _do(self, command: Command) -> None:
        match command:
            case LoadModel():
                self._model = command.path
                self._load()
            case OpenSound():
                with self._system:
                    self._open(command)
            case CloseSound():
                self._engine.stop()
                self._close_streams()
            case TurnKnobs():
                self._engine.turn(command)
            case PlayMidiFile():
                self._play_file(command.path)
            case MeasureDelay():
                self._measure_delay()
            case RecordTake():
                self._record(command.path)
            case _:
                self._engine.hear(command)

    # --- the model ----------------------------------------------------------------------------------------------------
    def _load(self) -> None:
        try:
            # TensorFlow takes seconds to load: the devices are there before.
            from ddsp_backend.inference.model_player import load_player
            from ddsp_backend.live.live_instrument import LiveInstrument

            instrument = LiveInstrument(load_player(any_path(self._model)), self._rate)
        except (DdspError, OSError) as error:
            self._fail(Trouble.MODEL, error)
            return
        self._engine.take_instrument(instrument)
        # What is here now stays. A collection of it all would take longer than a block lasts.
        gc.collect()
        gc.freeze()
        lowest, highest = instrument.lowest_midi, instrument.highest_midi
        self._say(ModelReady(self._model, lowest, highest, instrument.knows_range))

    # --- who plays ----------------------------------------------------------------------------------------------------
    def _open_keyboards(self) -> MidiKeyboards | None:
        try:
            return MidiKeyboards(
                self._engine.hear, self._engine.forget, lambda names: self._say(KeyboardsFound(names)), self._system
            )
        except ImportError:
            self._say(KeyboardsFound((), is_supported=False))
            return None

    def _play_file(self, path: str) -> None:
        try:
            self._engine.play(read_midi_file(Path(path)) if path else ())
        except DdspError as error:
            self._fail(Trouble.MIDI_FILE, error)

    # --- devices ------------------------------------------------------------------------------------------------------
    def _open(self, wanted: OpenSound) -> None:
        self._close_streams()
        self._engine.stop()
        try:
            look_again()
            self._say(DevicesFound(device_names("output"), device_names("input")))
            output = output_stream(wanted.output, wanted.latency, self._engine.fill, self._on_output_ended)
            if output.sample_rate != self._rate:
                self._rate = output.sample_rate
                if self._model:
                    self._load()
            output.start()
        except DdspError as error:
            self._fail(Trouble.SOUND, error)
            return
        self._output = output
        self._listen(wanted)
        heard = self._input
        latency = output.latency + (heard.latency if heard is not None else 0.0)
        self._say(SoundOpened(output.name, heard.name if heard is not None else "", output.sample_rate, latency))

    def _listen(self, wanted: OpenSound) -> None:
        """Opens the input, if that is to play; the keys play where it cannot be opened."""
        self._listener = None
        if wanted.listens:
            try:
                heard = input_stream(wanted.input, wanted.latency, self._on_heard, self._on_input_ended)
                self._listener = Listener(heard.sample_rate)
                heard.start()
                self._input = heard
            except DdspError as error:
                self._listener = None
                self._fail(Trouble.INPUT, error)
        self._engine.listen_to(self._listener)

    def _on_heard(self, block_N: Array) -> None:
        if self._probe is not None:
            self._probe.hear(block_N)
        elif self._listener is not None:
            self._listener.hear(block_N)

    def _measure_delay(self) -> None:
        """Takes three seconds, in which nothing else is played."""
        if self._output is None or self._input is None:
            hint = "Choose an input under Played by, then measure again."
            self._say(LiveFailed(Trouble.DELAY, "The delay cannot be measured without an input", hint))
            return
        probe = self._probe = DelayProbe(self._output.sample_rate, self._input.sample_rate)
        self._engine.probe(probe)
        end = time.monotonic() + _MOST_PROBING_SECONDS
        while not probe.is_over and time.monotonic() < end:
            time.sleep(_REPORT_SECONDS)
        self._engine.probe(None)
        self._probe = None
        if probe.seconds is None:
            hint = (
                "Connect the output with the input by a cable, or hold the microphone to the headphones. Turn both up."
            )
            self._say(LiveFailed(Trouble.DELAY, "The clicks of the measurement did not come back", hint))
        else:
            self._say(DelayMeasured(probe.seconds))

    def _close_streams(self) -> None:
        self._record("")
        output, self._output = self._output, None
        heard, self._input = self._input, None
        for stream in (output, heard):
            if stream is not None:
                stream.close()

    def _on_output_ended(self) -> None:
        title = "The output has stopped; it may have been unplugged"
        self._say(LiveFailed(Trouble.SOUND, title, "Connect it again or choose another one, then press Look again."))

    def _on_input_ended(self) -> None:
        self._engine.listen_to(None)
        title = "The input has stopped; it may have been unplugged"
        self._say(LiveFailed(Trouble.INPUT, title, "Connect it again, then press Look again. Keys play meanwhile."))

    # --- takes --------------------------------------------------------------------------------------------------------
    def _record(self, path: str) -> None:
        """Ends the take before, and begins one if there is a path."""
        take, self._take = self._take, None
        self._engine.record(None)
        if take is not None:
            take.finish()
        if path and self._output is not None:
            self._take = TakeRecording(Path(path), self._rate, lambda seconds, error: self._keep(path, seconds, error))
            self._engine.record(self._take)

    def _keep(self, path: str, seconds: float, error: OSError | None) -> None:
        if error is None:
            self._say(TakeWritten(path, seconds))
            return
        title = f"The take could not be kept: {error.strerror or error}"
        self._say(LiveFailed(Trouble.TAKE, title, "Free some space on that disk, then record it again."))

    # --- words --------------------------------------------------------------------------------------------------------
    def _report(self) -> None:
        stalled: SoundStream | None = None  # that was told of
        while not self._over.wait(_REPORT_SECONDS):
            output, listener, take = self._output, self._listener, self._take
            if output is not None and time.monotonic() - output.called_at > _STALLED_SECONDS:
                if output is not stalled:
                    stalled = output
                    title = f"{output.name} has not asked for sound for {_STALLED_SECONDS:.0f} seconds"
                    self._say(LiveFailed(Trouble.SOUND, title, "Choose another output, or press Look again."))
            elif output is not None:
                self._say(
                    NowPlaying(
                        peak=self._engine.take_peak(),
                        input_peak=listener.take_peak() if listener is not None else 0.0,
                        midi=self._engine.midi,
                        lost=output.lost,
                        answer=self._engine.answer,
                        is_playing_file=self._engine.is_playing_score,
                        take_seconds=take.seconds if take is not None else 0.0,
                    )
                )

    def _fail(self, trouble: Trouble, error: DdspError | OSError) -> None:
        title, hint = (error.title, error.hint) if isinstance(error, DdspError) else (str(error), "")
        self._say(LiveFailed(trouble, title, hint))

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
