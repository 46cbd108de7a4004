"""The left side of the data page: what all recordings are worth, one row for each, and pictures of them."""

from PySide6.QtCore import QPoint, Qt, Signal, SignalInstance
from PySide6.QtGui import QAction, QKeySequence, QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QSplitter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.plots.coverage_view import CoverageView
from app.plots.sizes import scaled
from app.state.recordings_panel import RecordingsState
from app.views.icons import icon_button, set_icon
from app.views.recording_details import RecordingDetailsView
from app.views.recording_table import RecordingTable
from app.views.style import label, set_text

_PICTURES_HEIGHT = 176
_BOTH_WIDTH = 780  # from which on both pictures stand side by side
_LONG_WORDS_WIDTH = 520  # from which on the buttons say all
_LEGEND = "Bright: the model hears a lot of this. Black: it has to guess."
_FILLING = "It fills up as the recordings are analysed."


class RecordingsPanel(QWidget):
    """Signals: requests of the user, in addition to those of `table` and `details`."""

    folder_requested = Signal()
    files_requested = Signal()
    bucket_requested = Signal()
    record_requested = Signal()
    look_again_requested = Signal()
    clear_requested = Signal()
    undo_requested = Signal()
    redo_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.headline = label("", "heading", wraps=True)
        self.note = label("", "small", wraps=True)
        self.table = RecordingTable()
        self.details = RecordingDetailsView()
        self.coverage = CoverageView()
        self.blind_spots = label("", "small", wraps=True)
        self.folder_button = icon_button("folder", " Add a folder")
        self.folder_button.clicked.connect(self.folder_requested)
        self.files_button = icon_button("file", " Add files")
        self.files_button.clicked.connect(self.files_requested)
        for button, name in ((self.folder_button, "Add a folder"), (self.files_button, "Add files")):
            button.setAccessibleName(name)
            button.setToolTip(f"{name}, or drop recordings anywhere on this window")
        self.record_button = icon_button("record", " Record")
        self.record_button.setToolTip("Records takes from a microphone or an audio interface")
        self.record_button.clicked.connect(self.record_requested)
        self.more_button = QToolButton()
        set_icon(self.more_button, "more")
        self.more_button.setToolTip("More to do with this list")
        self.more_button.setAccessibleName("More to do with this list")
        self.more_button.clicked.connect(self._open_menu)
        self._make_actions()
        self._coverage_card = self._make_coverage_card()
        self._switch, self._buttons = self._make_switch()
        self._lay_out()

    def _make_actions(self) -> None:
        """Actions of the panel, so that their keys work wherever the focus is in it."""
        self.undo_action = self._action("Undo", self.undo_requested, QKeySequence.StandardKey.Undo)
        self.redo_action = self._action("Redo", self.redo_requested, QKeySequence.StandardKey.Redo)
        self.again_action = self._action("Look again", self.look_again_requested, QKeySequence.StandardKey.Refresh)
        self.bucket_action = self._action("Cloud Storage ...", self.bucket_requested)
        self.clear_action = self._action("Remove all", self.clear_requested)

    def _action(self, text: str, request: SignalInstance, keys: QKeySequence.StandardKey | None = None) -> QAction:
        action = QAction(text, self)
        if keys is not None:
            action.setShortcuts(keys)
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.triggered.connect(lambda: request.emit())
        self.addAction(action)
        return action

    def _make_coverage_card(self) -> QWidget:
        card = QFrame()
        card.setProperty("role", "card")
        column = QVBoxLayout(card)
        column.setContentsMargins(10, 8, 10, 8)
        column.setSpacing(4)
        self.coverage_title = label("What the model will know", "heading")
        column.addWidget(self.coverage_title)
        column.addWidget(self.coverage, 1)
        column.addWidget(self.blind_spots)
        return card

    def _make_switch(self) -> tuple[QWidget, QButtonGroup]:
        """Which picture is shown where there is no room for both."""
        switch, group = QWidget(), QButtonGroup(self)
        row = QHBoxLayout(switch)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for place, text in enumerate(("This recording", "What the model will know")):
            button = QPushButton(text)
            button.setProperty("role", "step")
            button.setCheckable(True)
            group.addButton(button, place)
            row.addWidget(button)
        row.addStretch()
        group.button(0).setChecked(True)
        group.idClicked.connect(self._arrange)
        return switch, group

    def _lay_out(self) -> None:
        tools = QHBoxLayout()
        tools.setSpacing(6)
        for button in (self.folder_button, self.files_button, self.record_button, self.more_button):
            tools.addWidget(button)
        tools.insertStretch(3)
        pictures = QHBoxLayout()
        pictures.setSpacing(10)
        pictures.addWidget(self.details, 3)
        pictures.addWidget(self._coverage_card, 2)
        below = QWidget()
        column = QVBoxLayout(below)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._switch)
        column.addLayout(pictures, 1)
        below.setMinimumHeight(_PICTURES_HEIGHT)
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(self.table)
        splitter.addWidget(below)
        splitter.setStretchFactor(0, 3)
        splitter.setStretchFactor(1, 2)
        self.table.setMinimumHeight(90)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(6)
        whole.addWidget(self.headline)
        whole.addWidget(self.note)
        whole.addLayout(tools)
        whole.addWidget(splitter, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        shows_both = self.width() >= scaled(_BOTH_WIDTH)
        is_short = self.width() < scaled(_LONG_WORDS_WIDTH)
        self.folder_button.setText(" Folder" if is_short else " Add a folder")
        self.files_button.setText(" Files" if is_short else " Add files")
        self._switch.setVisible(not shows_both)
        self.coverage_title.setVisible(shows_both)
        self.details.setVisible(shows_both or self._buttons.checkedId() == 0)
        self._coverage_card.setVisible(shows_both or self._buttons.checkedId() == 1)

    def _open_menu(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addActions([self.undo_action, self.redo_action])
        menu.addSeparator()
        menu.addActions([self.again_action, self.bucket_action])
        menu.addSeparator()
        menu.addAction(self.clear_action)
        menu.popup(self.more_button.mapToGlobal(QPoint(0, self.more_button.height())))

    # --- what is told -------------------------------------------------------------------------------------------------
    def set_state(self, state: RecordingsState) -> None:
        set_text(self.headline, state.headline)
        set_text(self.note, state.note)
        self.table.set_rows(state.rows)
        self.details.set_details(state.details)
        self.coverage.set_coverage(state.coverage)
        set_text(self.blind_spots, f"{_LEGEND} {state.blind_spots}" if state.blind_spots else _FILLING)
        for action, text, usual in ((self.undo_action, state.undo, "Undo"), (self.redo_action, state.redo, "Redo")):
            action.setEnabled(bool(text))
            action.setText(text or usual)
        self.clear_action.setEnabled(bool(state.rows))
