"""Icons drawn from resources/icons, in the palette's colours and sharp at any scale."""

from functools import cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from app.paths import resources_folder
from app.plots import colors

_SCALES = (1, 2, 3)
_SIZE = 20


@cache
def icon(name: str, color: str = colors.TEXT) -> QIcon:
    """`resources/icons/<name>.svg`, its `currentColor` replaced; paler while what it stands on is disabled."""
    drawing = (resources_folder() / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    result = QIcon()
    for mode, tint in ((QIcon.Mode.Normal, color), (QIcon.Mode.Disabled, colors.TEXT_FAINT)):
        renderer = QSvgRenderer(QByteArray(drawing.replace("currentColor", tint).encode()))
        for scale in _SCALES:
            result.addPixmap(_drawn(renderer, _SIZE * scale), mode)
    return result


def pixmap(name: str, size: int, color: str = colors.TEXT_DIM, ratio: float = 2.0) -> QPixmap:
    """One picture of `size` logical pixels."""
    drawing = (resources_folder() / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    picture = _drawn(QSvgRenderer(QByteArray(drawing.replace("currentColor", color).encode())), round(size * ratio))
    picture.setDevicePixelRatio(ratio)
    return picture


def _drawn(renderer: QSvgRenderer, pixels: int) -> QPixmap:
    picture = QPixmap(QSize(pixels, pixels))
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    renderer.render(painter, QRectF(0, 0, pixels, pixels))
    painter.end()
    return picture
