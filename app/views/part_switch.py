"""Original, resynthesized, harmonic part, noise part: one of them is heard."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QSizePolicy, QWidget

from app.plots.colors import Ink
from app.plots.sizes import font_of, scaled, widened
from app.state.listening_page import PartChoice, SoundPart

PART_INKS = {
    SoundPart.ORIGINAL: Ink.ORIGINAL,
    SoundPart.RESYNTHESIZED: Ink.RESYNTHESIZED,
    SoundPart.HARMONIC: Ink.HARMONIC,
    SoundPart.NOISE: Ink.NOISE,
}
_HEIGHT = 46
_LEFT = 16.0
_SMALLEST_DB = 0.05
_WIDTH_WITH_KEY = 136


class PartSwitch(QWidget):
    """Signals: chosen: A `SoundPart`."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        self._group = QButtonGroup(self)
        for part in SoundPart:
            button = _PartButton(part)
            self._group.addButton(button, part.value)
            row.addWidget(button, 1)
        self._group.idClicked.connect(self._on_clicked)

    def button(self, part: SoundPart) -> QAbstractButton:
        return self._group.button(part.value)

    def set_parts(self, parts: Sequence[PartChoice], heard: SoundPart, *, shows_gain: bool) -> None:
        known = {choice.part: choice for choice in parts}
        for button in self._group.buttons():
            assert isinstance(button, _PartButton)
            choice = known.get(button.part)
            button.setEnabled(choice is not None and choice.is_available)
            button.setChecked(button.part is heard and button.isEnabled())
            gain_db = choice.gain_db if choice is not None and shows_gain else None
            button.set_remark("" if gain_db is None or abs(gain_db) < _SMALLEST_DB else f"{gain_db:+.1f} dB")

    def _on_clicked(self, number: int) -> None:
        self.chosen.emit(SoundPart(number))


class _PartButton(QAbstractButton):
    def __init__(self, part: SoundPart) -> None:
        super().__init__()
        self.part = part
        self._ink = PART_INKS[part]
        self._remark = ""
        self._small = font_of(self.font(), 11)
        self.setCheckable(True)
        self.setText(part.title)
        self.setToolTip(f"Listen to: {part.title.lower()} (key {part.value + 1})")
        self.setAccessibleName(f"Listen to: {part.title}")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_remark(self, remark: str) -> None:
        if remark != self._remark:
            self._remark = remark
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(scaled(130), scaled(_HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(widened(100), scaled(_HEIGHT))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        fill = self._ink.color if self.isChecked() else (Ink.HOVER if self.underMouse() else Ink.SURFACE).color
        if self.isChecked():
            fill.setAlphaF(0.16)
        border = (self._ink if self.isChecked() else Ink.LINE).color
        painter.setPen(QPen(border, 1))
        painter.setBrush(fill if self.isEnabled() else Ink.SURFACE.color)
        painter.drawRoundedRect(frame, 7, 7)
        tint = (self._ink if self.isEnabled() else Ink.TEXT_FAINT).color
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tint)
        painter.drawRoundedRect(QRectF(7, 12, 3, self.height() - 24), 1.5, 1.5)
        self._draw_words(painter)
        painter.end()

    def _draw_words(self, painter: QPainter) -> None:
        has_room = self.width() >= scaled(_WIDTH_WITH_KEY)
        words = QRectF(_LEFT + 2, 0, self.width() - _LEFT - (26 if has_room else 6), self.height())
        left, middle = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignVCenter
        if self._remark and self.isEnabled():
            painter.setFont(self._small)
            painter.setPen(Ink.TEXT_DIM.color)
            painter.drawText(words.adjusted(0, scaled(20), 0, -scaled(4)), left | middle, self._remark)
            words.adjust(0, scaled(4), 0, -scaled(20))
        painter.setFont(self.font())
        painter.setPen((Ink.TEXT if self.isEnabled() else Ink.TEXT_FAINT).color)
        text = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, int(words.width()))
        painter.drawText(words, left | middle, text)
        if not has_room:
            return
        painter.setFont(self._small)
        painter.setPen(Ink.TEXT_FAINT.color)
        key = QRectF(self.width() - 26, 0, 18, self.height())
        painter.drawText(key, Qt.AlignmentFlag.AlignCenter, str(self.part.value + 1))
