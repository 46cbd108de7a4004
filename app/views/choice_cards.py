"""One of several, each a card with a title and a sentence."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.plots.tab_order import visit_in_place
from app.state.notices import Choice
from app.views.style import label, restyle, set_text


class ChoiceCards(QWidget):
    """A column of cards, one of them chosen.

    Signals:
      chosen: The key of the card that was clicked, or reached with the arrow keys.
    """

    chosen = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._cards: dict[str, _Card] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)

    def set_choices(self, choices: Sequence[Choice], key: str) -> None:
        if list(self._cards) != [choice.key for choice in choices]:
            self._rebuild(choices)
        for choice in choices:
            self._cards[choice.key].set_choice(choice, choice.key == key)

    def card(self, key: str) -> QWidget:
        return self._cards[key]

    def _rebuild(self, choices: Sequence[Choice]) -> None:
        for card in self._cards.values():
            self._column.removeWidget(card)
            card.deleteLater()
        self._cards = {choice.key: _Card(choice.key) for choice in choices}
        for card in self._cards.values():
            card.chosen.connect(self.chosen)
            card.step_requested.connect(self._step)
            self._column.addWidget(card)
        visit_in_place(self, self._cards.values())

    def _step(self, key: str, direction: int) -> None:
        keys = list(self._cards)
        place = keys.index(key) + direction
        if 0 <= place < len(keys):
            self._cards[keys[place]].setFocus()
            self.chosen.emit(keys[place])


class _Card(QFrame):
    chosen = Signal(str)
    step_requested = Signal(str, int)

    def __init__(self, key: str) -> None:
        super().__init__()
        self._key = key
        self.setProperty("role", "choice")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._title = label("", "heading")
        self._remark = label("", "small")
        self._summary = label("", "small", wraps=True)
        first = QHBoxLayout()
        first.addWidget(self._title)
        first.addStretch()
        first.addWidget(self._remark)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 9, 12, 10)
        column.setSpacing(3)
        column.addLayout(first)
        column.addWidget(self._summary)

    def set_choice(self, choice: Choice, is_chosen: bool) -> None:
        set_text(self._title, choice.title)
        set_text(self._summary, choice.summary)
        set_text(self._remark, choice.remark)
        self.setAccessibleName(f"{choice.title}. {choice.summary}. {choice.remark}{' Chosen.' if is_chosen else ''}")
        restyle(self, chosen=is_chosen)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(self._key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Space | Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.chosen.emit(self._key)
            case Qt.Key.Key_Up:
                self.step_requested.emit(self._key, -1)
            case Qt.Key.Key_Down:
                self.step_requested.emit(self._key, 1)
            case _:
                super().keyPressEvent(event)
