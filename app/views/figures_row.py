"""Numbers beside each other, each under its name."""

from collections.abc import Sequence

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.state.training_page import Figure
from app.views.style import label, set_text

_BETWEEN_FIGURES, _BETWEEN_ROWS, _BETWEEN_WORDS = 30, 8, 7


class FiguresRow(QWidget):
    """Where there is too little room, the remarks beside the numbers are left out, then there are several rows."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(2, 0, 0, 0)
        self._grid.setHorizontalSpacing(_BETWEEN_FIGURES)
        self._grid.setVerticalSpacing(_BETWEEN_ROWS)
        self._n_columns = 0
        self._figures: dict[str, tuple[QWidget, QLabel, QLabel, QLabel]] = {}

    def minimumSizeHint(self) -> QSize:
        """One column would do, in which all are as they are placed now."""
        return QSize(max(self._widths(with_remarks=False), default=0), super().minimumSizeHint().height())

    def set_figures(self, figures: Sequence[Figure]) -> None:
        self.setVisible(bool(figures))
        if not figures:
            return  # what is hidden can stay as it is: making it anew is the most work
        if list(self._figures) != [figure.name for figure in figures]:
            self._rebuild(figures)
        for figure in figures:
            _, _, value, remark = self._figures[figure.name]
            set_text(value, figure.value)
            set_text(remark, figure.remark)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _widths(self, *, with_remarks: bool) -> list[int]:
        """What each needs, in pixels."""
        return [
            max(
                name.sizeHint().width(),
                value.sizeHint().width() + (_BETWEEN_WORDS + remark.sizeHint().width() if with_remarks else 0),
            )
            for _, name, value, remark in self._figures.values()
        ]

    def _fit(self) -> None:
        is_room = self._room_for(self._widths(with_remarks=True), len(self._figures))
        for *_, remark in self._figures.values():
            remark.setVisible(is_room)
        widths = self._widths(with_remarks=is_room)
        n_columns = next((n for n in range(len(widths), 1, -1) if self._room_for(widths, n)), 1)
        if n_columns != self._n_columns:
            self._place(n_columns)

    def _room_for(self, widths: Sequence[int], n_columns: int) -> bool:
        columns = [max(widths[first::n_columns]) for first in range(n_columns)]
        return sum(columns) + _BETWEEN_FIGURES * n_columns <= self.width()

    def _place(self, n_columns: int) -> None:
        self._grid.setColumnStretch(self._n_columns, 0)
        self._n_columns = n_columns
        for place, (widget, *_) in enumerate(self._figures.values()):
            self._grid.addWidget(widget, place // n_columns, place % n_columns)
        self._grid.setColumnStretch(n_columns, 1)

    def _rebuild(self, figures: Sequence[Figure]) -> None:
        for widget, *_ in self._figures.values():
            self._grid.removeWidget(widget)
            widget.hide()
            widget.deleteLater()
        self._figures = {}
        for figure in figures:
            widget = QWidget()
            widget.setToolTip(figure.tip)
            name, value, remark = label(figure.name, "section"), label("", "figure"), label("", "small")
            column = QVBoxLayout(widget)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(1)
            column.addWidget(name)
            first = QHBoxLayout()
            first.setSpacing(_BETWEEN_WORDS)
            first.addWidget(value)
            first.addWidget(remark)
            first.addStretch()
            column.addLayout(first)
            self._figures[figure.name] = (widget, name, value, remark)
        self._place(len(figures))
