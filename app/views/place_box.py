"""Chooses where to train."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.state.hosts import addresses_of
from app.state.notices import Choice
from app.views.shrinking_box import ShrinkingBox

_ADD = "\0add"
_CREATE = "\0create"
_FORGET = "\0forget"
_SEVERAL = "\0several"


class PlaceBox(ShrinkingBox):
    """Signals:

    chosen: The key of a place.
    add_requested: Another computer is to be added.
    create_requested: A machine in Google Cloud is to be made, or one of those there used.
    forget_requested: The chosen one is to be forgotten.
    several_requested: Several are to train together.
    """

    chosen = Signal(str)
    add_requested = Signal()
    create_requested = Signal()
    forget_requested = Signal()
    several_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Where to train")
        self.setToolTip("Training can run on another computer that you reach with ssh; you follow its progress here")
        self._told: tuple[tuple[Choice, ...], str] = ((), "")
        self.activated.connect(self._on_activated)

    def set_places(self, places: Sequence[Choice], key: str, has_several: bool = False) -> None:
        """`has_several`: there are several hosts to choose from."""
        if self._told == (tuple(places), key):
            return
        self._told = (tuple(places), key)
        self.clear()
        for place in places:
            self.addItem(place.title, place.key)
        self.insertSeparator(self.count())
        self.addItem("Another computer...", _ADD)
        self.addItem("A machine in Google Cloud...", _CREATE)
        if has_several:
            self.addItem("Several computers at once...", _SEVERAL)
        chosen = next((index for index, place in enumerate(places) if place.key == key), 0)
        if chosen and len(addresses_of(key)) == 1:
            self.addItem(f"Forget {places[chosen].key}", _FORGET)
        self.setCurrentIndex(chosen)

    def _on_activated(self, index: int) -> None:
        data = self.itemData(index)
        places, key = self._told
        self.setCurrentIndex(next((index for index, place in enumerate(places) if place.key == key), 0))
        if data == _ADD:
            self.add_requested.emit()
        elif data == _CREATE:
            self.create_requested.emit()
        elif data == _SEVERAL:
            self.several_requested.emit()
        elif data == _FORGET:
            self.forget_requested.emit()
        elif data is not None:
            self.chosen.emit(data)
