"""What went wrong or should be known, as a bar above the page: the sentence, its cure, the report behind a button."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.plots.colors import Ink
from app.state.notices import Notice, Tone
from app.views.icons import set_icon, set_picture
from app.views.style import label, restyle

_ICONS = {
    Tone.PLAIN: ("info", Ink.TEXT_DIM),
    Tone.GOOD: ("check", Ink.GOOD),
    Tone.WARNING: ("warning", Ink.WARNING),
    Tone.BAD: ("error", Ink.BAD),
}


class NoticeBar(QFrame):
    """Shows one notice at a time; hidden without one.

    Signals:
      action_requested: The button that cures it was pressed.
      dismissed: The user has read it.
    """

    action_requested = Signal()
    dismissed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "notice")
        self._notice: Notice | None = None
        self._icon = QLabel()
        self.title = label("", "heading", wraps=True)
        self.hint = label("", "dim", wraps=True)
        self.action_button = QPushButton()
        self.action_button.clicked.connect(self.action_requested)
        self.details_button = QPushButton("Details")
        self.details_button.setCheckable(True)
        self.details_button.setProperty("role", "quiet")
        self.copy_button = QPushButton("Copy report")
        self.copy_button.setProperty("role", "quiet")
        self.copy_button.clicked.connect(self._copy_report)
        self._close_button = QToolButton()
        set_icon(self._close_button, "close", Ink.TEXT_DIM)
        self._close_button.setAccessibleName("Dismiss")
        self._close_button.setToolTip("Dismiss")
        self._close_button.clicked.connect(self.dismissed)
        self.report = QPlainTextEdit()
        self.report.setReadOnly(True)
        self.report.setAccessibleName("Report of what went wrong")
        self.report.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.report.setFixedHeight(180)
        self.details_button.toggled.connect(self.report.setVisible)

        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.title)
        words.addWidget(self.hint)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._icon)
        row.addSpacing(4)
        row.addLayout(words, 1)
        for button in (self.action_button, self.details_button, self.copy_button, self._close_button):
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 9, 8, 9)
        column.addLayout(row)
        column.addWidget(self.report)
        self.setVisible(False)

    def set_notice(self, notice: Notice | None) -> None:
        if notice == self._notice:
            return
        self._notice = notice
        self.details_button.setChecked(False)
        self.report.setVisible(False)
        self.setVisible(notice is not None)
        if notice is None:
            return
        name, ink = _ICONS[notice.tone]
        set_picture(self._icon, name, 22, ink)
        self.title.setText(notice.title)
        self.hint.setText(notice.hint)
        self.hint.setVisible(bool(notice.hint))
        self.action_button.setText(notice.action)
        self.action_button.setVisible(bool(notice.action))
        self.details_button.setVisible(bool(notice.report))
        self.copy_button.setVisible(bool(notice.report))
        self.report.setPlainText(notice.report)
        restyle(self, tone=notice.tone.value)

    def _copy_report(self) -> None:
        if self._notice is not None:
            notice = self._notice
            QGuiApplication.clipboard().setText(f"{notice.title}\n{notice.hint}\n\n{notice.report}")
