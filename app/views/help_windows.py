"""The guide, the keys, and what this program is, each in a window beside the work."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QTextBlock, QTextCursor
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QTextBrowser, QVBoxLayout, QWidget

from app.plots.colors import Ink
from app.plots.sizes import widened
from app.state.help import KeyGroup
from app.views.growing_dialog import GrowingDialog
from app.views.icons import set_picture
from app.views.style import label

_GUIDE_SIZE = (760, 680)


class GuideWindow(QDialog):
    def __init__(self, markdown: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Guide")
        self.resize(*_GUIDE_SIZE)
        self.text = QTextBrowser()
        self.text.setAccessibleName("Guide")
        self.text.setOpenExternalLinks(True)
        self.text.setMarkdown(markdown)
        self.text.document().setDocumentMargin(18)
        self._space_out()
        column = QVBoxLayout(self)
        column.addWidget(self.text)

    def _space_out(self) -> None:
        """Qt sets paragraphs of Markdown without a space between them."""
        block = self.text.document().begin()
        while block.isValid():
            if not QTextCursor(block).currentTable():
                form = block.blockFormat()
                form.setTopMargin(16 if form.headingLevel() else 0)
                form.setBottomMargin(8)
                QTextCursor(block).setBlockFormat(form)
            block = block.next()

    def show_section(self, heading: str) -> None:
        """Scrolls so that this heading is at the top; stays where it is if there is none."""
        block: QTextBlock = self.text.document().begin()
        while block.isValid() and not (block.blockFormat().headingLevel() and block.text() == heading):
            block = block.next()
        if block.isValid():
            self.text.moveCursor(QTextCursor.MoveOperation.End)  # so that the heading comes in from above
            self.text.setTextCursor(QTextCursor(block))


class KeysWindow(GrowingDialog):
    def __init__(self, groups: Sequence[KeyGroup], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys")
        content = QWidget()
        grid = QGridLayout(content)
        grid.setContentsMargins(12, 6, 12, 10)
        grid.setHorizontalSpacing(28)
        grid.setVerticalSpacing(5)
        for group in groups:
            row = grid.rowCount()
            if row > 1:
                grid.setRowMinimumHeight(row, 10)
                row += 1
            grid.addWidget(label(group.place, "heading"), row, 0, 1, 2)
            for place, (keys, what) in enumerate(group.keys, row + 1):
                grid.addWidget(label(keys), place, 0)
                grid.addWidget(label(what, "dim"), place, 1)
        self.set_content(content)


class AboutWindow(QDialog):
    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("About Timbre Studio")
        logo = QLabel()
        set_picture(logo, "logo", 48, Ink.ACCENT)
        self.text = label(text, "dim", wraps=True)
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.text.setMinimumWidth(widened(380))
        words = QVBoxLayout()
        words.addWidget(label("Timbre Studio", "heading"))
        words.addWidget(self.text)
        row = QHBoxLayout(self)
        row.setContentsMargins(24, 20, 28, 22)
        row.setSpacing(20)
        row.addWidget(logo, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words)
