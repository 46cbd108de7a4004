"""Cells of a table with two lines: what it is, and, paler, a remark."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter
from PySide6.QtWidgets import QApplication, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.plots.colors import Ink

SECOND_LINE = Qt.ItemDataRole.UserRole + 1

_MARGIN = 10
_BESIDE_TICK = 8
_PADDING = 7
_BETWEEN = 2


class TwoLines(QStyledItemDelegate):
    """Draws a model's DisplayRole in its ForegroundRole, and beneath it SECOND_LINE where there is one."""

    def height_for(self, metrics: QFontMetrics) -> int:
        return 2 * metrics.height() + _BETWEEN + 2 * _PADDING

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        drawn = QStyleOptionViewItem(option)
        self.initStyleOption(drawn, index)
        style = drawn.widget.style() if drawn.widget is not None else QApplication.style()  # type: ignore[attr-defined]
        first, second = drawn.text, str(index.data(SECOND_LINE) or "")  # type: ignore[attr-defined]
        drawn.text = ""  # type: ignore[attr-defined]
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, drawn, painter, drawn.widget)  # type: ignore[attr-defined]
        area = drawn.rect.adjusted(_MARGIN, _PADDING, -_MARGIN, -_PADDING)  # type: ignore[attr-defined]
        if index.data(Qt.ItemDataRole.CheckStateRole) is not None:
            indicator = QStyle.SubElement.SE_ItemViewItemCheckIndicator
            area.setLeft(style.subElementRect(indicator, drawn, drawn.widget).right() + _BESIDE_TICK)  # type: ignore[attr-defined]
        self._write(painter, drawn, area, (first, second), QColor(index.data(Qt.ItemDataRole.ForegroundRole)))

    def _write(
        self, painter: QPainter, option: QStyleOptionViewItem, area: QRect, lines: tuple[str, str], color: QColor
    ) -> None:
        metrics = QFontMetrics(option.font)  # type: ignore[attr-defined]
        side = option.displayAlignment & Qt.AlignmentFlag.AlignHorizontal_Mask  # type: ignore[attr-defined]
        first, second = lines
        height = metrics.height()
        top = area.top() if second else area.center().y() - height // 2
        painter.save()
        painter.setFont(option.font)  # type: ignore[attr-defined]
        for text, pen, y in ((first, color, top), (second, Ink.TEXT_DIM.color, top + height + _BETWEEN)):
            if text:
                painter.setPen(pen)
                # Of a file's name the end may matter most, of a sentence the beginning does.
                mode = Qt.TextElideMode.ElideMiddle if text is first else Qt.TextElideMode.ElideRight
                line = QRect(area.left(), y, area.width(), height)
                painter.drawText(
                    line, int(side | Qt.AlignmentFlag.AlignVCenter), metrics.elidedText(text, mode, line.width())
                )
        painter.restore()
