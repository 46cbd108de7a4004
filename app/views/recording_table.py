"""The recordings, one a row: ticked or not, and what to think of each."""

from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    Qt,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTableView, QWidget

from app.plots.colors import Ink
from app.plots.sizes import scaled
from app.state.notices import Tone
from app.state.recording_rows import RecordingRow
from app.views.recording_columns import COLUMNS
from app.views.two_lines import SECOND_LINE, TwoLines

_TONES = {Tone.PLAIN: Ink.TEXT, Tone.GOOD: Ink.GOOD, Tone.WARNING: Ink.WARNING, Tone.BAD: Ink.BAD}

_Index = QModelIndex | QPersistentModelIndex


class RecordingTableModel(QAbstractTableModel):
    """Signals: tick_requested: A path, and whether it is to be ticked."""

    tick_requested = Signal(str, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: tuple[RecordingRow, ...] = ()

    def set_rows(self, rows: tuple[RecordingRow, ...]) -> None:
        """Rows that are added or changed leave the others alone, so that the view keeps its place and selection."""
        before, n = self.rows, len(self.rows)
        if rows == before:
            return
        if n and all(old.path == new.path for old, new in zip(before, rows, strict=False)) and len(rows) >= n:
            if len(rows) > n:
                self.beginInsertRows(QModelIndex(), n, len(rows) - 1)
                self.rows = rows
                self.endInsertRows()
            self.rows = rows
            changed = [at for at, row in enumerate(before) if row is not rows[at] and row != rows[at]]
            if changed:
                last = self.index(changed[-1], len(COLUMNS) - 1)
                self.dataChanged.emit(self.index(changed[0], 0), last)
        else:
            self.beginResetModel()
            self.rows = rows
            self.endResetModel()

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(COLUMNS)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.rows[index.row()]
        column = COLUMNS[index.column()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return column.text(row)
            case _ if role == SECOND_LINE:
                return column.second_line(row)
            case Qt.ItemDataRole.ForegroundRole if column.has_tone:
                return _TONES[row.tone].color
            case Qt.ItemDataRole.ForegroundRole:
                return (Ink.TEXT if row.is_ticked else Ink.TEXT_DIM).color
            case Qt.ItemDataRole.ToolTipRole:
                return column.tip(row)
            case Qt.ItemDataRole.AccessibleTextRole:
                return column.spoken(row)
            case Qt.ItemDataRole.TextAlignmentRole:
                return column.alignment | Qt.AlignmentFlag.AlignVCenter
            case Qt.ItemDataRole.CheckStateRole if column.has_tick and row.can_be_ticked:
                return Qt.CheckState.Checked if row.is_ticked else Qt.CheckState.Unchecked
            case _:
                return None

    def setData(self, index: _Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """A tick is a request: the row changes when the state says so."""
        if role == Qt.ItemDataRole.CheckStateRole:
            self.tick_requested.emit(self.rows[index.row()].path, Qt.CheckState(value) is Qt.CheckState.Checked)
        return False

    def flags(self, index: _Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        if COLUMNS[index.column()].has_tick and self.rows[index.row()].can_be_ticked:
            flags |= Qt.ItemFlag.ItemIsUserCheckable
        return flags

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return COLUMNS[section].title
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return COLUMNS[section].alignment | Qt.AlignmentFlag.AlignVCenter
        return None


class RecordingTable(QTableView):
    """Signals: paths are tuples of texts.

    chosen: The path of the row that is looked at; "" for none.
    play_requested: A path.
    tick_requested: Paths, and whether they are to be ticked.
    remove_requested, locate_requested: Paths.
    show_requested: A path whose folder is to be shown.
    """

    chosen = Signal(str)
    play_requested = Signal(str)
    tick_requested = Signal(object, bool)
    remove_requested = Signal(object)
    show_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Recordings")
        self._model = RecordingTableModel(self)
        self._model.tick_requested.connect(self._on_ticked)
        self.setModel(self._model)
        self._lines = TwoLines(self)
        self.setItemDelegate(self._lines)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.verticalHeader().setVisible(False)
        self.verticalHeader().setDefaultSectionSize(self._lines.height_for(self.fontMetrics()))
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        for place, column in enumerate(COLUMNS):
            if column.width is not None:
                header.setSectionResizeMode(place, QHeaderView.ResizeMode.Fixed)
                self.setColumnWidth(place, scaled(column.width))
        self.selectionModel().currentChanged.connect(self._on_current_changed)

    def set_rows(self, rows: tuple[RecordingRow, ...]) -> None:
        """Where rows went away, the selection stays with what is still there."""
        kept, current = set(self.selected_paths()), self.current_path()
        self._model.set_rows(rows)
        if kept and not self.selectionModel().hasSelection():
            places = {row.path: place for place, row in enumerate(rows)}
            if current in places:
                self.selectionModel().setCurrentIndex(
                    self._model.index(places[current], 0), QItemSelectionModel.SelectionFlag.NoUpdate
                )
            for path in kept & places.keys():
                self.selectionModel().select(
                    self._model.index(places[path], 0),
                    QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows,
                )

    def select(self, path: str) -> None:
        place = next((place for place, row in enumerate(self._model.rows) if row.path == path), None)
        if place is not None and path != self.current_path():
            self.setCurrentIndex(self._model.index(place, 0))

    def current_path(self) -> str:
        index = self.currentIndex()
        return self._model.rows[index.row()].path if index.isValid() else ""

    def selected_paths(self) -> tuple[str, ...]:
        return tuple(self._model.rows[index.row()].path for index in self.selectionModel().selectedRows())

    # --- what the user does -------------------------------------------------------------------------------------------
    def _on_current_changed(self, current: QModelIndex, _: QModelIndex) -> None:
        self.chosen.emit(self._model.rows[current.row()].path if current.isValid() else "")

    def _on_ticked(self, path: str, is_ticked: bool) -> None:
        """One tick for all that are selected, where it is one of them."""
        selected = self.selected_paths()
        self.tick_requested.emit(selected if path in selected else (path,), is_ticked)

    def _tick_selected(self) -> None:
        """All alike: ticked, unless all of them are."""
        selected = set(self.selected_paths())
        rows = [row for row in self._model.rows if row.path in selected and row.can_be_ticked]
        if rows:
            self.tick_requested.emit(tuple(row.path for row in rows), not all(row.is_ticked for row in rows))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Space and self.current_path():
            self.play_requested.emit(self.current_path())
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._tick_selected()
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self.selected_paths():
            self.remove_requested.emit(self.selected_paths())
        else:
            super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if index.isValid():
            self.play_requested.emit(self._model.rows[index.row()].path)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        place = self.visualRect(self.currentIndex()).bottomLeft()
        is_mouse = event.reason() is QContextMenuEvent.Reason.Mouse
        self.open_menu(event.globalPos() if is_mouse else self.viewport().mapToGlobal(place))

    def open_menu(self, place: QPoint) -> None:
        if not self.selected_paths():
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        path = self.current_path()
        menu.addAction("Play or stop\tSpace", lambda: self.play_requested.emit(path))
        menu.addAction("Tick or untick\tEnter", self._tick_selected)
        menu.addAction("Show in its folder", lambda: self.show_requested.emit(path))
        menu.addSeparator()
        menu.addAction("Take off this list\tDel", lambda: self.remove_requested.emit(self.selected_paths()))
        menu.popup(place)
