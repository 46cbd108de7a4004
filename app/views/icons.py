"""Icons drawn from resources/icons, in the palette's colours and sharp at any scale."""

from functools import cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QLabel, QPushButton, QWidget

from app.paths import resources_folder
from app.plots.colors import Ink

_SCALES = (1, 2, 3)
_SIZE = 20
_DRAWN = "drawn"  # the property in which a widget keeps what was drawn on it: name, ink, pixels


def icon(name: str, ink: Ink = Ink.TEXT) -> QIcon:
    """`resources/icons/<name>.svg`, its `currentColor` replaced; paler while what it stands on is disabled."""
    return _icon(name, ink.hex, Ink.TEXT_FAINT.hex)


def pixmap(name: str, size: int, ink: Ink = Ink.TEXT_DIM, ratio: float = 2.0) -> QPixmap:
    """One picture of `size` logical pixels."""
    picture = _drawn(_renderer(name, ink.hex), round(size * ratio))
    picture.setDevicePixelRatio(ratio)
    return picture


def set_icon(button: QAbstractButton, name: str, ink: Ink = Ink.TEXT) -> None:
    """Gives a button an icon that `recolor` can draw anew."""
    button.setProperty(_DRAWN, [name, ink.name, 0])
    button.setIcon(icon(name, ink))


def icon_button(name: str, text: str, ink: Ink = Ink.TEXT) -> QPushButton:
    button = QPushButton(text)
    set_icon(button, name, ink)
    return button


def set_picture(label: QLabel, name: str, size: int, ink: Ink = Ink.TEXT_DIM) -> None:
    """Shows one picture of `size` logical pixels that `recolor` can draw anew."""
    label.setProperty(_DRAWN, [name, ink.name, size])
    label.setPixmap(pixmap(name, size, ink))


def recolor(widget: QWidget) -> None:
    """Draws what `set_icon` or `set_picture` has put on it in the colours of the scheme that is used now."""
    drawn = widget.property(_DRAWN)
    if drawn is None:
        return
    name, ink, size = drawn
    if isinstance(widget, QLabel):
        set_picture(widget, name, size, Ink[ink])
    elif isinstance(widget, QAbstractButton):
        set_icon(widget, name, Ink[ink])


@cache
def _icon(name: str, color: str, disabled: str) -> QIcon:
    result = QIcon()
    for mode, tint in ((QIcon.Mode.Normal, color), (QIcon.Mode.Disabled, disabled)):
        renderer = _renderer(name, tint)
        for scale in _SCALES:
            result.addPixmap(_drawn(renderer, _SIZE * scale), mode)
    return result


def _renderer(name: str, color: str) -> QSvgRenderer:
    drawing = (resources_folder() / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    return QSvgRenderer(QByteArray(drawing.replace("currentColor", color).encode()))


def _drawn(renderer: QSvgRenderer, pixels: int) -> QPixmap:
    picture = QPixmap(QSize(pixels, pixels))
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    renderer.render(painter, QRectF(0, 0, pixels, pixels))
    painter.end()
    return picture
