"""Small words for the style sheet."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QWidget


def restyle(widget: QWidget, **properties: object) -> None:
    """Sets properties that the style sheet asks for, and has it asked again where one changed."""
    changed = False
    for name, value in properties.items():
        if widget.property(name) != value:
            widget.setProperty(name, value)
            changed = True
    if changed:
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def label(text: str, role: str = "", *, wraps: bool = False) -> QLabel:
    widget = QLabel(text)
    widget.setTextFormat(Qt.TextFormat.PlainText)  # a name from elsewhere may hold what Qt would take for HTML
    if role:
        widget.setProperty("role", role)
    widget.setWordWrap(wraps)
    return widget


def set_text(widget: QLabel, text: str) -> None:
    """Without a new layout where nothing changed; labels are told twenty times a second."""
    if widget.text() != text:
        widget.setText(text)


def line() -> QFrame:
    frame = QFrame()
    frame.setProperty("role", "line")
    return frame
