"""Numbers in a row, each under its name."""

from collections.abc import Sequence

from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.state.training_page import Figure
from app.views.style import label, set_text


class FiguresRow(QWidget):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(2, 0, 0, 0)
        self._row.setSpacing(30)
        self._row.addStretch()
        self._figures: dict[str, tuple[QWidget, QLabel, QLabel]] = {}

    def set_figures(self, figures: Sequence[Figure]) -> None:
        self.setVisible(bool(figures))
        if not figures:
            return  # what is hidden can stay as it is: making it anew is the most work
        if list(self._figures) != [figure.name for figure in figures]:
            self._rebuild(figures)
        for figure in figures:
            _, value, remark = self._figures[figure.name]
            set_text(value, figure.value)
            set_text(remark, figure.remark)

    def _rebuild(self, figures: Sequence[Figure]) -> None:
        for widget, _, _ in self._figures.values():
            self._row.removeWidget(widget)
            widget.deleteLater()
        self._figures = {}
        for place, figure in enumerate(figures):
            widget = QWidget()
            value, remark = label("", "figure"), label("", "small")
            column = QVBoxLayout(widget)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(1)
            column.addWidget(label(figure.name, "section"))
            first = QHBoxLayout()
            first.setSpacing(7)
            first.addWidget(value)
            first.addWidget(remark)
            first.addStretch()
            column.addLayout(first)
            self._row.insertWidget(place, widget)
            self._figures[figure.name] = (widget, value, remark)
