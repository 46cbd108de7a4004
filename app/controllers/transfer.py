"""Plays the user's recordings through the instrument shown, and again whenever its settings change."""

from pathlib import Path

from PySide6.QtCore import QObject, QThread, QTimer, Signal

from app.controllers.rendering import Rendering
from app.state.instrument import Instrument
from app.state.renders import RenderOptions, load_options, same_render, save_options
from app.state.run_state import RunState
from ddsp_backend.audio.formats import AUDIO_SUFFIXES, MIDI_SUFFIXES
from ddsp_backend.audio.search import search

_PAUSE_MS = 400  # a control that is still being moved is waited for


class Transfer(QObject):
    """Signals:

    chosen: The output path of what is to be heard now.
    failed: A title and a hint.
    """

    chosen = Signal(str)
    failed = Signal(str, str)

    def __init__(self, rendering: Rendering, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rendering = rendering
        self._options: dict[Path, RenderOptions] = {}
        self._again: tuple[Instrument, RunState, str] | None = None
        self._searches: set[_Search] = set()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PAUSE_MS)
        self._timer.timeout.connect(self._play_again)

    def options(self, instrument: Instrument) -> RenderOptions:
        """How this instrument's recordings are to be played."""
        if instrument.path not in self._options:
            self._options[instrument.path] = load_options(instrument.renders_path)
        return self._options[instrument.path]

    def choose_options(self, instrument: Instrument, options: RenderOptions) -> None:
        """Kept in the instrument's folder."""
        if options == self.options(instrument):
            return
        self._options[instrument.path] = options
        try:
            save_options(instrument.renders_path, options)
        except OSError as error:
            self._tell(error)

    def play_again(self, instrument: Instrument, run: RunState, input_path: str) -> None:
        """Plays a recording as the options now say, once nobody has changed them for a moment."""
        self._again = (instrument, run, input_path)
        self._timer.start()

    def play(self, instrument: Instrument, paths: tuple[str, ...]) -> None:
        """Plays files, and all recordings in folders."""
        if any(Path(path).is_dir() for path in paths):
            thread = _Search(instrument, paths, self)
            self._searches.add(thread)
            thread.finished.connect(self._on_found)
            thread.start()
        else:
            self._start_all(instrument, paths)

    def start(self, instrument: Instrument, input_path: str, options: RenderOptions | None = None) -> str:
        """Where the result will lie; "" where it cannot be written."""
        try:
            return self._rendering.start(instrument, input_path, options or self.options(instrument)).output_path
        except OSError as error:
            self._tell(error)
            return ""

    def forget(self, instrument: Instrument) -> None:
        """Another instrument may get its folder's name."""
        self._options.pop(instrument.path, None)
        self._again = None

    def close(self) -> None:
        self._timer.stop()
        for thread in tuple(self._searches):
            thread.wait()

    def _play_again(self) -> None:
        if self._again is None:
            return
        (instrument, run, input_path), self._again = self._again, None
        options = self.options(instrument)
        renders = self._rendering.renders(instrument)
        for render in renders:  # what was begun on the way here is not waited for
            if render.input_path == input_path and render.phase.is_active and render.options != options:
                self._rendering.remove(instrument, render.output_path)
        under_way = [each for each in renders if each.phase.is_active and each.options == options]
        found = next((each for each in under_way if each.input_path == input_path), None)
        found = found or same_render(renders, input_path, options, run.newest_model_step)
        output_path = found.output_path if found else self.start(instrument, input_path)
        if output_path:
            self.chosen.emit(output_path)

    def _on_found(self) -> None:
        thread = self.sender()
        assert isinstance(thread, _Search)
        self._searches.discard(thread)
        if thread.found:
            self._start_all(thread.instrument, thread.found)
        else:
            self.failed.emit(
                "There is no recording in that folder", "Drop a folder with wav, flac, mp3, MIDI or similar files."
            )
        thread.deleteLater()

    def _start_all(self, instrument: Instrument, paths: tuple[str, ...]) -> None:
        started = [self.start(instrument, path) for path in paths]
        if started and started[0]:
            self.chosen.emit(started[0])

    def _tell(self, error: OSError) -> None:
        self.failed.emit(
            f"The result cannot be written: {error.strerror}: {error.filename}",
            "Free some space on the disk, or move the instrument to a folder that you may write to.",
        )


class _Search(QThread):
    """Looks for recordings: a folder may be large, and its disk slow."""

    def __init__(self, instrument: Instrument, paths: tuple[str, ...], parent: QObject) -> None:
        super().__init__(parent)
        self.instrument = instrument
        self.found: tuple[str, ...] = ()
        self._paths = paths

    def run(self) -> None:
        self.found = tuple(str(path) for path in search(self._paths, AUDIO_SUFFIXES | MIDI_SUFFIXES).files)
