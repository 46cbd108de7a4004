"""Numbers in a row, each under its name."""

from collections.abc import Sequence

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.state.training_page import Figure
from app.views.style import label, set_text

_BETWEEN_FIGURES, _BETWEEN_WORDS = 30, 7


class FiguresRow(QWidget):
    """Where there is too little room, the remarks beside the numbers are left out."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(2, 0, 0, 0)
        self._row.setSpacing(_BETWEEN_FIGURES)
        self._row.addStretch(1)
        self._figures: dict[str, tuple[QWidget, QLabel, QLabel, QLabel]] = {}

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

    def _fit(self) -> None:
        wanted = sum(
            max(name.sizeHint().width(), value.sizeHint().width() + _BETWEEN_WORDS + remark.sizeHint().width())
            for _, name, value, remark in self._figures.values()
        )
        is_room = wanted + _BETWEEN_FIGURES * len(self._figures) <= self.width()
        for *_, remark in self._figures.values():
            remark.setVisible(is_room)

    def _rebuild(self, figures: Sequence[Figure]) -> None:
        for widget, *_ in self._figures.values():
            self._row.removeWidget(widget)
            widget.hide()
            widget.deleteLater()
        self._figures = {}
        for place, figure in enumerate(figures):
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
            self._row.insertWidget(place, widget)
            self._figures[figure.name] = (widget, name, value, remark)
