"""Connects the window's frame with the studio: list, steps, notices, and the way out."""

from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QMessageBox, QPushButton

from app.controllers.studio import Studio
from app.main_window import MainWindow
from app.plots.colors import Ink
from app.state.play_page import MIDI_ENDINGS
from app.state.window import DropKind, Page, divided
from app.views.icons import pixmap


class WindowController(QObject):
    """Signals:

    play_requested: Paths of recordings, dropped to be played through the instrument shown.
    open_requested: Paths of models that others have shared.
    midi_requested: The path of a MIDI file, dropped to be played through the instrument shown.
    """

    play_requested = Signal(object)
    open_requested = Signal(object)
    midi_requested = Signal(str)

    def __init__(self, window: MainWindow, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._window = window
        self._studio = studio
        self._question: QMessageBox | None = None
        self._is_closing = False
        studio.changed.connect(self.refresh)
        studio.idle.connect(self._on_idle)
        sidebar = window.sidebar
        sidebar.new_requested.connect(studio.begin_new)
        sidebar.selected.connect(studio.select)
        sidebar.rename_requested.connect(self._edit_name)
        sidebar.folder_requested.connect(self._show_folder)
        sidebar.library_requested.connect(self._choose_library)
        window.page_requested.connect(studio.show_page)
        window.renamed.connect(self._rename)
        window.dropped.connect(self._take)
        window.notice.action_requested.connect(studio.act_on_notice)
        window.notice.dismissed.connect(studio.dismiss_notice)
        window.close_requested.connect(self.ask_to_close)

    def refresh(self) -> None:
        self._window.set_state(self._studio.window_state())

    # --- the way out --------------------------------------------------------------------------------------------------
    def ask_to_close(self) -> None:
        """Closes at once when nothing would be missed; asks otherwise, without blocking anything."""
        if not self._studio.is_working:
            self._close_when_idle()
            return
        if self._question is not None:
            self._question.raise_()
            return
        question = QMessageBox(self._window)
        question.setIconPixmap(pixmap("info", 36, Ink.ACCENT))
        question.setWindowTitle("Still at work")
        question.setText("Timbre Studio is still at work. Stop it, or let it go on without the window?")
        question.setInformativeText(
            "If you stop, all work is saved and you can resume it later. If it keeps running, open Timbre Studio again "
            "to see how far it is."
        )
        stop = question.addButton("Stop and save", QMessageBox.ButtonRole.AcceptRole)
        keep = question.addButton("Keep running in the background", QMessageBox.ButtonRole.ActionRole)
        question.setEscapeButton(question.addButton("Cancel", QMessageBox.ButtonRole.RejectRole))
        question.setDefaultButton(stop)
        stop.clicked.connect(self._stop_and_close)
        keep.clicked.connect(self._leave_and_close)
        question.finished.connect(self._forget_question)
        self._question = question
        question.open()

    def question_button(self, text: str) -> QPushButton | None:
        """The button of the open question with this text."""
        buttons = self._question.buttons() if self._question is not None else []
        return next((b for b in buttons if isinstance(b, QPushButton) and b.text().replace("&", "") == text), None)

    def _forget_question(self) -> None:
        if self._question is not None:
            self._question.deleteLater()
            self._question = None

    def _stop_and_close(self) -> None:
        self._is_closing = True
        self._studio.stop_everything()
        self._on_idle()

    def _leave_and_close(self) -> None:
        self._is_closing = True
        self._studio.leave_everything()
        self._on_idle()

    def _close_when_idle(self) -> None:
        self._is_closing = True
        self._studio.leave_everything()
        self._on_idle()

    def _on_idle(self) -> None:
        if self._is_closing and self._studio.queue.is_idle():
            self._studio.remember(geometry=self._window.geometry_text())
            self._window.allow_close()
            self._window.close()

    # --- drops --------------------------------------------------------------------------------------------------------
    def _take(self, paths: tuple[str, ...]) -> None:
        models, others = divided(paths)
        if models:
            self.open_requested.emit(models)
        session = self._studio.session
        notes = next((path for path in others if path.casefold().endswith(MIDI_ENDINGS)), None)
        is_live = self._studio.page is not Page.LISTENING  # there, notes are rendered as recordings are
        if notes is not None and is_live and session is not None and session.is_trained:
            self._studio.show_page(Page.PLAY)
            self.midi_requested.emit(notes)
        elif others and self._studio.drop_offer().kind is DropKind.PLAY:
            self._studio.show_page(Page.LISTENING)
            self.play_requested.emit(others)
        elif others:
            self._studio.add_recordings(others)
            self._studio.show_page(Page.DATA)

    # --- list ---------------------------------------------------------------------------------------------------------
    def _rename(self, name: str) -> None:
        if self._studio.session is not None:
            self._studio.session.rename(name)

    def _edit_name(self, key: str) -> None:
        self._studio.select(key)
        self._window.title.setFocus()
        self._window.title.selectAll()

    def _choose_library(self) -> None:
        dialog = QFileDialog(self._window, "A folder to keep instruments in", str(self._studio.library.parent))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(self._studio.open_library)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _show_folder(self, key: str) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(key))))
