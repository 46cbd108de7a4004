"""The recordings, one a row."""

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from app.plots import colors
from app.state.data_page import FileRow
from app.state.page_parts import Tone

_COLUMNS = ("Recording", "Length", "Format", "Peak", "Verdict")
_WIDTHS = (0, 78, 122, 78, 0)
_RIGHT = frozenset({1, 3})
_TONES = {Tone.PLAIN: colors.TEXT, Tone.GOOD: colors.GOOD, Tone.WARNING: colors.WARNING, Tone.BAD: colors.BAD}

_Index = QModelIndex | QPersistentModelIndex


class FileTableModel(QAbstractTableModel):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[FileRow, ...] = ()

    def set_rows(self, rows: tuple[FileRow, ...]) -> None:
        """Rows that are only added to are added to the view as well, so that it keeps its place and selection."""
        n = len(self._rows)
        if rows == self._rows:
            return
        if n and rows[:n] == self._rows:
            self.beginInsertRows(QModelIndex(), n, len(rows) - 1)
            self._rows = rows
            self.endInsertRows()
        else:
            self.beginResetModel()
            self._rows = rows
            self.endResetModel()

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(_COLUMNS)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self._rows[index.row()]
        column = index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return (row.name, row.length, row.format, row.peak, row.verdict)[column]
            case Qt.ItemDataRole.ToolTipRole:
                return row.verdict if column == len(_COLUMNS) - 1 else row.path
            case Qt.ItemDataRole.TextAlignmentRole:
                side = Qt.AlignmentFlag.AlignRight if column in _RIGHT else Qt.AlignmentFlag.AlignLeft
                return side | Qt.AlignmentFlag.AlignVCenter
            case Qt.ItemDataRole.ForegroundRole:
                if column == len(_COLUMNS) - 1:
                    return QColor(_TONES[row.tone])
                return QColor(colors.TEXT_FAINT if row.tone is Tone.BAD else colors.TEXT)
            case _:
                return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return _COLUMNS[section]
            if role == Qt.ItemDataRole.TextAlignmentRole:
                side = Qt.AlignmentFlag.AlignRight if section in _RIGHT else Qt.AlignmentFlag.AlignLeft
                return side | Qt.AlignmentFlag.AlignVCenter
        return None


class _SentenceDelegate(QStyledItemDelegate):
    """Cuts the end: of a file's name the end may matter most, of a sentence the beginning does."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: _Index) -> None:
        super().initStyleOption(option, index)
        option.textElideMode = Qt.TextElideMode.ElideRight  # type: ignore[attr-defined]


class FileTable(QTableView):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Recordings")
        self._model = FileTableModel(self)
        self.setModel(self._model)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self._sentences = _SentenceDelegate(self)
        self.setItemDelegateForColumn(len(_COLUMNS) - 1, self._sentences)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.verticalHeader().setVisible(False)
        self.verticalHeader().setDefaultSectionSize(32)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        for column, width in enumerate(_WIDTHS):
            if width:
                self.setColumnWidth(column, width)
                header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            else:
                header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)

    def set_rows(self, rows: tuple[FileRow, ...]) -> None:
        self._model.set_rows(rows)
