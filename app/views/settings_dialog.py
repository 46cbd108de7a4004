"""Everything that can be set about a model's training, in a list that can be searched and edited in place."""

from itertools import groupby
from typing import cast

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QFont, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from app.plots.colors import Ink
from app.plots.sizes import scaled
from app.state.settings_form import FormPhase, Row, SettingsForm, is_found, shown
from app.views.style import label, set_text

_SIZE = (760, 680)
_TITLE_WIDTH = 300
_NAME = Qt.ItemDataRole.UserRole
_IS_SWITCH = Qt.ItemDataRole.UserRole + 1

_Index = QModelIndex | QPersistentModelIndex


class SettingsDialog(QDialog):
    """Signals:

    edited: Name of a setting, and what was typed for it.
    put_back_requested: A tuple of names that are to have the preset's values again.
    keep_requested: The user is done.
    """

    edited = Signal(str, str)
    put_back_requested = Signal(object)
    keep_requested = Signal()

    def __init__(self, model: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Settings of {model}")
        self.resize(*_SIZE)
        self._form = SettingsForm()
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search")
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName("Search for a setting")
        self.search.textChanged.connect(self._filter)
        self.busy = QProgressBar()
        self.busy.setRange(0, 0)
        self.busy.setTextVisible(False)
        self.tree = QTreeView()
        self.tree.setAccessibleName("Settings")
        self.tree.setEditTriggers(
            QAbstractItemView.EditTrigger.EditKeyPressed | QAbstractItemView.EditTrigger.AnyKeyPressed
        )
        self.tree.clicked.connect(self._edit)
        self.tree.setRootIsDecorated(False)
        self.tree.setIndentation(14)
        self.tree.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self._delegate = _ValueDelegate(self.tree)
        self.tree.setItemDelegateForColumn(1, self._delegate)
        self._model = QStandardItemModel(0, 2, self)
        self._model.setHorizontalHeaderLabels(["Setting", "Value"])
        self._model.itemChanged.connect(self._on_item_changed)
        self.tree.setModel(self._model)
        self.tree.header().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.tree.setColumnWidth(0, scaled(_TITLE_WIDTH))
        self.tree.selectionModel().currentChanged.connect(lambda *_: self._show_meaning())
        self._is_telling = False
        self._items: dict[str, QStandardItem] = {}
        self.message = label("", "", wraps=True)
        self.hint = label("", "small", wraps=True)
        self.back_button = QPushButton("Back to the preset")
        self.back_button.setAutoDefault(False)
        self.back_button.clicked.connect(lambda: self.put_back_requested.emit((self._chosen_name(),)))
        self.all_back_button = QPushButton("Reset all")
        self.all_back_button.setProperty("role", "quiet")
        self.all_back_button.setAutoDefault(False)
        self.all_back_button.clicked.connect(
            lambda: self.put_back_requested.emit(tuple(row.name for row in self._form.rows))
        )
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel | QDialogButtonBox.StandardButton.Ok)
        self.keep_button = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        self.keep_button.setText("Use these")
        for button in self.buttons.buttons():
            cast(QPushButton, button).setAutoDefault(False)  # Enter ends the editing of a value, not the dialog
        self.buttons.accepted.connect(self.keep_requested)
        self.buttons.rejected.connect(self.reject)
        self._lay_out(model)
        self.set_form(self._form)

    def _lay_out(self, model: str) -> None:
        intro = label(
            f"Settings for the next training of {model}. The preset's values are tested; anything that you "
            "change is marked and can be reset.",
            "dim",
            wraps=True,
        )
        self.meaning_title = label("", "heading", wraps=True)
        self.meaning = label("", "dim", wraps=True)
        self.meaning_preset = label("", "small", wraps=True)
        meaning = QFrame()
        meaning.setProperty("role", "card")
        inner = QVBoxLayout(meaning)
        inner.setContentsMargins(14, 10, 14, 10)
        head = QHBoxLayout()
        head.addWidget(self.meaning_title, 1)
        head.addWidget(self.back_button)
        inner.addLayout(head)
        inner.addWidget(self.meaning)
        inner.addWidget(self.meaning_preset)
        feet = QHBoxLayout()
        feet.addWidget(self.all_back_button)
        feet.addWidget(self.buttons, 1)
        column = QVBoxLayout(self)
        column.setSpacing(10)
        for above in (intro, self.search, self.busy):
            column.addWidget(above)
        column.addWidget(self.tree, 1)
        for below in (meaning, self.message, self.hint):
            column.addWidget(below)
        column.addLayout(feet)

    def set_form(self, form: SettingsForm) -> None:
        names = [row.name for row in form.rows]
        is_whole = form.phase is not FormPhase.READING
        self._is_telling = True
        if is_whole and names != list(self._items):
            self._rebuild(form.rows)
        self._form = form
        for row in form.rows if is_whole else ():
            self._show_value(row)
        self._is_telling = False
        self.busy.setVisible(form.phase in (FormPhase.READING, FormPhase.JUDGING))
        self.tree.setEnabled(form.phase is not FormPhase.JUDGING)
        problem = next((row.problem for row in form.rows if row.problem), "")
        set_text(self.message, problem or (f"{form.title}." if form.title else ""))
        set_text(self.hint, "" if problem else form.hint)
        self.message.setVisible(bool(self.message.text()))
        self.hint.setVisible(bool(self.hint.text()))
        self.keep_button.setEnabled(form.can_keep and bool(form.rows))
        self.all_back_button.setEnabled(any(row.is_changed and not row.is_locked for row in form.rows))
        self._show_meaning()

    def recolor(self) -> None:
        self.set_form(self._form)

    def _rebuild(self, rows: tuple[Row, ...]) -> None:
        self._model.removeRows(0, self._model.rowCount())
        self._items.clear()
        bold = QFont(self.tree.font())
        bold.setBold(True)
        for owner, owned in groupby(rows, key=lambda row: row.owner):
            head = QStandardItem(owner)
            head.setFont(bold)
            head.setEditable(False)
            beside = QStandardItem()
            beside.setEditable(False)
            for row in owned:
                head.setToolTip(row.owner_documentation)
                title, value = QStandardItem(row.title), QStandardItem()
                title.setEditable(False)
                title.setToolTip(row.documentation)
                for item in (title, value):
                    item.setData(row.name, _NAME)
                value.setData(row.is_switch, _IS_SWITCH)
                value.setEditable(not row.is_locked)
                head.appendRow([title, value])
                self._items[row.name] = value
            self._model.appendRow([head, beside])
            self.tree.setFirstColumnSpanned(self._model.rowCount() - 1, QModelIndex(), True)
        self.tree.expandAll()
        self._filter(self.search.text())

    def _show_value(self, row: Row) -> None:
        item = self._items[row.name]
        ink = Ink.TEXT
        if row.problem:
            ink = Ink.BAD
        elif row.is_locked:
            ink = Ink.TEXT_FAINT
        elif row.is_changed:
            ink = Ink.ACCENT
        item.setText(shown(row.value))
        item.setForeground(ink.color)
        item.setToolTip(row.problem)
        item.setAccessibleText(f"{row.title}: {shown(row.value)}")

    def _show_meaning(self) -> None:
        row = next((row for row in self._form.rows if row.name == self._chosen_name()), None)
        set_text(self.meaning_title, f"{row.owner}: {row.title}" if row else "Choose a setting")
        set_text(self.meaning, (row.documentation or row.owner_documentation) if row else "It is explained here.")
        lock = " It sets the shape of the network, so you cannot change it once there is a model." if row else ""
        words = f"{row.name}, {row.wanted}. The preset says {shown(row.preset)}." if row else ""
        set_text(self.meaning_preset, words + (lock if row and row.is_locked else ""))
        self.back_button.setVisible(row is not None and row.is_changed and not row.is_locked)

    def _chosen_name(self) -> str:
        return cast(str, self.tree.currentIndex().data(_NAME) or "")

    def _on_item_changed(self, item: QStandardItem) -> None:
        if not self._is_telling and item.data(_NAME):
            self.edited.emit(item.data(_NAME), item.text())

    def _edit(self, index: QModelIndex) -> None:
        """One click on a value is enough; one on its name shows what it means."""
        if index.column() == 1 and index.flags() & Qt.ItemFlag.ItemIsEditable:
            self.tree.edit(index)

    def _filter(self, query: str) -> None:
        found = {row.name for row in self._form.rows if is_found(row, query)}
        for place in range(self._model.rowCount()):
            head = self._model.item(place)
            names = [head.child(child).data(_NAME) for child in range(head.rowCount())]
            for child, name in enumerate(names):
                self.tree.setRowHidden(child, head.index(), name not in found)
            self.tree.setRowHidden(place, QModelIndex(), not found.intersection(names))


class _ValueDelegate(QStyledItemDelegate):
    """Two words to choose from where there are only two values, a field for all others."""

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: _Index) -> QWidget:
        if not index.data(_IS_SWITCH):
            return super().createEditor(parent, option, index)
        box = QComboBox(parent)
        box.addItems(["True", "False"])
        box.activated.connect(lambda: self.commitData.emit(box))
        return box

    def setEditorData(self, editor: QWidget, index: _Index) -> None:
        if isinstance(editor, QComboBox):
            editor.setCurrentText(index.data())
        else:
            super().setEditorData(editor, index)

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: _Index) -> None:
        if isinstance(editor, QComboBox):
            model.setData(index, editor.currentText())  # type: ignore[arg-type]
        else:
            super().setModelData(editor, model, index)  # type: ignore[arg-type]
