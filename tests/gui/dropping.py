"""Drags as another program makes them: enter, move, drop."""

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget

_ANY = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction | Qt.DropAction.LinkAction


class Drag:
    """Files dragged by a program that proposes `proposed`, such as a file manager that would rather move them."""

    def __init__(self, *paths: str, proposed: Qt.DropAction = Qt.DropAction.CopyAction) -> None:
        self._data = QMimeData()
        self._data.setUrls([QUrl.fromLocalFile(path) for path in paths])
        self._data.setText("\n".join(paths))  # as file managers do; fields would like to take it
        self._how = (_ANY, self._data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
        self._proposed = proposed

    def enter(self, widget: QWidget) -> bool:
        """Whether it may be dropped here. What takes it becomes Qt's target."""
        event = QDragEnterEvent(QPoint(4, 4), *self._how)
        event.setDropAction(self._proposed)
        event.ignore()  # as Qt sends it
        QApplication.sendEvent(widget, event)
        if not event.isAccepted():
            return False
        move = QDragMoveEvent(QPoint(5, 5), *self._how)
        move.setDropAction(self._proposed)
        move.ignore()
        QApplication.sendEvent(widget, move)
        return move.isAccepted() and move.dropAction() is Qt.DropAction.CopyAction

    def leave(self, widget: QWidget) -> None:
        QApplication.sendEvent(widget, QDragLeaveEvent())

    def drop(self, widget: QWidget) -> Qt.DropAction:
        """What the other program is told has become of its files."""
        event = QDropEvent(QPointF(5, 5), *self._how)
        event.setDropAction(self._proposed)
        event.ignore()
        QApplication.sendEvent(widget, event)
        return event.dropAction() if event.isAccepted() else Qt.DropAction.IgnoreAction


def drop(widget: QWidget, *paths: str, proposed: Qt.DropAction = Qt.DropAction.CopyAction) -> Qt.DropAction:
    drag = Drag(*paths, proposed=proposed)
    return drag.drop(widget) if drag.enter(widget) else Qt.DropAction.IgnoreAction
