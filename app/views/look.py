"""How the window looks: the system's scheme, light or dark, and the size of its letters."""

import re
from typing import Protocol, runtime_checkable

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QColor, QFontInfo, QPalette
from PySide6.QtWidgets import QApplication

from app.paths import resources_folder
from app.plots import sizes
from app.plots.colors import Ink, Scheme, use_scheme, used_scheme
from app.views import icons


@runtime_checkable
class Recolored(Protocol):
    """A widget that keeps colours, or pictures that were drawn in them."""

    def recolor(self) -> None:
        """Takes those of the scheme that is used now."""


class Look(QObject):
    """Follows the system from now on, also while windows are open."""

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        self._application = application
        sizes.use_letters(QFontInfo(application.font()).pixelSize())
        application.setStyle("Fusion")
        application.setFont(sizes.font_of(application.font(), sizes.SMALLEST_LETTERS))
        hints = application.styleHints()
        self.use(hints.colorScheme())
        hints.colorSchemeChanged.connect(self.use)

    def use(self, wanted: Qt.ColorScheme) -> None:
        """Draws all that is open in this scheme, and what is opened from now on."""
        use_scheme(scheme_of(wanted))
        self._application.setPalette(palette(used_scheme()))
        self._application.setStyleSheet(style_sheet())
        recolor_everything()


def scheme_of(wanted: Qt.ColorScheme) -> Scheme:
    """Dark where the system does not say."""
    return Scheme.LIGHT if wanted == Qt.ColorScheme.Light else Scheme.DARK


def recolor_everything() -> None:
    """Draws every widget that there is in the colours of the scheme that is used now."""
    for widget in QApplication.allWidgets():
        icons.recolor(widget)
        if isinstance(widget, Recolored):
            widget.recolor()
        widget.update()


def palette(scheme: Scheme) -> QPalette:
    """The colours of what the style sheet does not name, such as the lists of Qt's own file dialog."""
    result = QPalette(QColor(Ink.RAISED.hex_in(scheme)), QColor(Ink.BACKGROUND.hex_in(scheme)))
    for role, ink in (
        (QPalette.ColorRole.Base, Ink.SURFACE),
        (QPalette.ColorRole.AlternateBase, Ink.RAISED),
        (QPalette.ColorRole.Highlight, Ink.ACCENT_MUTED),
        (QPalette.ColorRole.HighlightedText, Ink.TEXT),
        (QPalette.ColorRole.Text, Ink.TEXT),
        (QPalette.ColorRole.WindowText, Ink.TEXT),
        (QPalette.ColorRole.ButtonText, Ink.TEXT),
        (QPalette.ColorRole.PlaceholderText, Ink.TEXT_FAINT),
        (QPalette.ColorRole.Link, Ink.ACCENT),
    ):
        result.setColor(role, QColor(ink.hex_in(scheme)))
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.WindowText, QPalette.ColorRole.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, role, QColor(Ink.TEXT_FAINT.hex_in(scheme)))
    return result


def style_sheet() -> str:
    """resources/style.qss with the colours of the scheme that is used now, and letters as large as the system's."""
    text = (resources_folder() / "style.qss").read_text(encoding="utf-8")
    icons_folder = resources_folder() / "icons" / used_scheme().name.lower()
    values = {name: ink.hex for name, ink in Ink.__members__.items()} | {"ICONS": icons_folder.as_posix()}
    text = re.sub(r"@([A-Z_0-9]+)", lambda match: values[match[1]], text)
    return re.sub(r"(?<=font-size: )(\d+)px", lambda match: f"{sizes.scaled(int(match[1]))}px", text)
