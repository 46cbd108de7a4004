"""Fields for numbers that read as the words around them do, in English, whatever language the system speaks."""

from PySide6.QtCore import QLocale
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QDoubleSpinBox, QSpinBox, QWidget

_ENGLISH = QLocale(QLocale.Language.English, QLocale.Country.UnitedStates)


class DecimalField(QDoubleSpinBox):
    """A point and a comma both begin the decimals. Qt would leave out the one that groups thousands in the system's
    language, and make 12 of a price of 1.2."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setLocale(_ENGLISH)
        self.setGroupSeparatorShown(False)

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        return super().validate(text.replace(",", "."), position)

    def valueFromText(self, text: str) -> float:
        return super().valueFromText(text.replace(",", "."))


class CountField(QSpinBox):
    """Thousands are grouped with a comma, as everywhere in the window."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setLocale(_ENGLISH)
        self.setGroupSeparatorShown(True)
