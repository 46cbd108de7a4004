"""Asks how a model is to be shared: what others may do with it, and who made it."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialogButtonBox, QFormLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from app.plots.sizes import scaled, widened
from app.state.shared_file import LICENCES, OWN_WORDS, ShareWish
from app.views.growing_dialog import GrowingDialog
from app.views.shrinking_box import ShrinkingBox
from app.views.style import label, set_text
from ddsp_backend.sharing.card import LONGEST_LICENCE, LONGEST_NAME

_WIDTH = 480
_TEXT_HEIGHT = 90


class ShareDialog(GrowingDialog):
    """Signals: wished: A `ShareWish`; where to save it comes next."""

    wished = Signal(object)

    def __init__(self, name: str, first: ShareWish, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Share {name}")
        self.setMinimumWidth(widened(_WIDTH))
        intro = label(
            "Makes one file that others open in Timbre Studio. It holds the model, what it has learned from in minutes "
            "and notes, and an example. Your recordings stay here. Still, whoever has the model can make its sound: if "
            "the recordings are somebody else's, ask first.",
            "dim",
            wraps=True,
        )
        self.licences = ShrinkingBox()
        self.licences.setAccessibleName("Licence: what others may do with the model")
        for licence in LICENCES:
            self.licences.addItem(licence.title, licence.key)
        self.summary = label("", "small", wraps=True)
        self.text = QPlainTextEdit()
        self.text.setAccessibleName("The licence in your own words")
        self.text.setTabChangesFocus(True)
        self.text.setFixedHeight(scaled(_TEXT_HEIGHT))
        self.maker = QLineEdit(first.maker)
        self.maker.setMaxLength(LONGEST_NAME)
        self.maker.setPlaceholderText("may be left empty")
        self.maker.setAccessibleName("Who made it")
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel | QDialogButtonBox.StandardButton.Ok)
        self.save_button = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        self.save_button.setText("Save as ...")
        content = QWidget()
        column = QVBoxLayout(content)
        column.setSpacing(12)
        column.addWidget(intro)
        form = QFormLayout()
        form.addRow("Licence", self.licences)
        form.addRow("", self.summary)
        form.addRow("", self.text)
        form.addRow("Made by", self.maker)
        column.addLayout(form)
        column.addStretch()
        self.set_content(content, self.buttons)
        place = self.licences.findData(first.licence)
        if place < 0:
            place = self.licences.findData(OWN_WORDS)
            self.text.setPlainText(first.licence)
        self.licences.setCurrentIndex(place)
        self.licences.currentIndexChanged.connect(self._show_licence)
        self.text.textChanged.connect(self._show_licence)
        self.buttons.accepted.connect(self._wish)
        self.buttons.rejected.connect(self.reject)
        self._show_licence()

    def _licence(self) -> str:
        key = str(self.licences.currentData())
        return self.text.toPlainText().strip() if key == OWN_WORDS else key

    def _show_licence(self) -> None:
        licence = LICENCES[self.licences.currentIndex()]
        set_text(self.summary, f"{licence.summary}.")
        self.text.setVisible(licence.key == OWN_WORDS)
        self.save_button.setEnabled(0 < len(self._licence()) <= LONGEST_LICENCE)
        self.grow()

    def _wish(self) -> None:
        self.accept()
        self.wished.emit(ShareWish(self._licence(), self.maker.text().strip()))
