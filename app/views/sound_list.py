"""What can be listened to: held-out phrases and recordings of the user's own, under headings."""

from collections.abc import Sequence

from PySide6.QtCore import (
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    QUrl,
    Signal,
)
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.plots.colors import Ink
from app.plots.sizes import font_of, scaled
from app.state.listening_page import SoundRow
from app.state.notices import Tone

_ROW = Qt.ItemDataRole.UserRole
_HEADING_HEIGHT, _ROW_HEIGHT = 30, 46
_INDENT = 10
_TONES = {Tone.PLAIN: Ink.TEXT_DIM, Tone.GOOD: Ink.TEXT_DIM, Tone.WARNING: Ink.WARNING, Tone.BAD: Ink.BAD}


class SoundList(QListView):
    """Signals: the key of a row.

    chosen: It was selected.
    stop_requested: It is not to be rendered after all.
    remove_requested: It is not wanted any more.

    What there is a file of can be dragged into another program.
    """

    chosen = Signal(str)
    stop_requested = Signal(str)
    remove_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Phrases and recordings")
        self.setItemDelegate(_RowDelegate(self))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._open_menu)
        self._rows: tuple[SoundRow, ...] = ()
        self._is_telling = False  # true while the list is being told its state, which is nobody's choice
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self._items = _Rows(self)
        self.setModel(self._items)
        self.selectionModel().currentChanged.connect(self._on_current_changed)

    def set_rows(self, rows: Sequence[SoundRow], selected: str) -> None:
        self._is_telling = True
        rows = tuple(rows)
        if rows != self._rows:
            self._tell(rows)
        place = next((place for place, row in enumerate(rows) if row.key and row.key == selected), None)
        if place is None:
            self.selectionModel().clear()
        elif self.currentIndex().row() != place:
            self.setCurrentIndex(self._items.index(place, 0))
        self._is_telling = False

    def _tell(self, rows: tuple[SoundRow, ...]) -> None:
        if [row.key for row in rows] != [row.key for row in self._rows]:
            self._items.clear()
            for row in rows:
                item = QStandardItem()
                if not row.key:
                    item.setFlags(Qt.ItemFlag.NoItemFlags)
                self._items.appendRow(item)
        for place, row in enumerate(rows):
            item = self._items.item(place)
            if item.data(_ROW) != row:
                item.setData(row, _ROW)
                item.setDragEnabled(bool(row.file))
                item.setToolTip(row.tip)
                item.setData(f"{row.title}, {row.detail}", Qt.ItemDataRole.AccessibleTextRole)
        self._rows = rows

    def _on_current_changed(self, current: QModelIndex) -> None:
        if not self._is_telling and current.isValid() and self._rows[current.row()].key:
            self.chosen.emit(self._rows[current.row()].key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row = self._rows[self.currentIndex().row()] if self.currentIndex().isValid() else None
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and row is not None and row.is_variant:
            self.remove_requested.emit(row.key)
        else:
            super().keyPressEvent(event)

    def _open_menu(self, at: QPoint) -> None:
        index = self.indexAt(at)
        row = self._rows[index.row()] if index.isValid() else None
        if row is None or not row.is_variant:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if row.can_stop:
            menu.addAction("Stop").triggered.connect(lambda: self.stop_requested.emit(row.key))
        menu.addAction("Remove").triggered.connect(lambda: self.remove_requested.emit(row.key))
        menu.popup(self.viewport().mapToGlobal(at))


class _Rows(QStandardItemModel):
    """Gives away copies of the rows' files."""

    def supportedDragActions(self) -> Qt.DropAction:
        return Qt.DropAction.CopyAction

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        data = QMimeData()
        rows: list[SoundRow] = [index.data(_ROW) for index in indexes]
        data.setUrls([QUrl.fromLocalFile(row.file) for row in rows if row.file])
        return data


class _RowDelegate(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        row: SoundRow | None = index.data(_ROW)
        return QSize(120, scaled(_ROW_HEIGHT if row is None or row.key else _HEADING_HEIGHT))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        row: SoundRow | None = index.data(_ROW)
        if row is None:
            return
        rect: QRect = option.rect  # type: ignore[attr-defined]
        state: QStyle.StateFlag = option.state  # type: ignore[attr-defined]
        font: QFont = option.font  # type: ignore[attr-defined]
        small = font_of(font, 12)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left, width = rect.left() + 12, rect.width() - 22
        if row.is_recording:
            _draw_text(painter, font, Ink.TEXT, QRect(left, rect.top() + scaled(6), width, scaled(20)), row.title)
        elif not row.key:
            small.setWeight(QFont.Weight.DemiBold)
            _draw_text(painter, small, Ink.TEXT_DIM, QRect(left, rect.top() + scaled(6), width, scaled(20)), row.title)
        else:
            _draw_background(painter, rect, state)
            if row.is_variant:
                left, width = left + _INDENT, width - _INDENT
            # What tells phrases apart stands at the end, behind the name of their recording.
            middle = Qt.TextElideMode.ElideMiddle
            above = QRect(left, rect.top() + scaled(4), width, scaled(20))
            _draw_text(painter, font, Ink.TEXT, above, row.title, middle)
            below = QRect(left, rect.top() + scaled(22), width, scaled(18))
            _draw_text(painter, small, _TONES[row.tone], below, row.detail)
            if row.fraction is not None:
                _draw_bar(painter, QRectF(left, rect.bottom() - 4, width, 3), row.fraction)
        painter.restore()


def _draw_background(painter: QPainter, rect: QRect, state: QStyle.StateFlag) -> None:
    if not state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
        return
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(Ink.RAISED.color)
    painter.drawRoundedRect(rect.adjusted(2, 1, -2, -1), 6, 6)


def _draw_bar(painter: QPainter, area: QRectF, fraction: float) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    for width, ink in ((area.width(), Ink.LINE), (area.width() * fraction, Ink.ACCENT)):
        painter.setBrush(ink.color)
        painter.drawRoundedRect(QRectF(area.left(), area.top(), width, area.height()), 1.5, 1.5)


def _draw_text(
    painter: QPainter,
    font: QFont,
    ink: Ink,
    area: QRect,
    text: str,
    elide: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
) -> None:
    painter.setFont(font)
    painter.setPen(ink.color)
    shown = QFontMetrics(font).elidedText(text.replace("\n", " "), elide, area.width())
    painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
