"""The list of instruments, each with how far it is, and what is being worked on now."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QFont,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QStandardItem,
    QStandardItemModel,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.plots.colors import Ink
from app.plots.sizes import font_of, scaled, widened
from app.state.notices import Activity, Tone
from app.state.window import SidebarEntry, WindowState
from app.views.icons import icon_button, set_icon, set_picture
from app.views.main_menu import MainMenu
from app.views.progress_line import ProgressLine
from app.views.style import label, set_text

_WIDTH = 240
_ENTRY = Qt.ItemDataRole.UserRole
_DOTS = {Tone.PLAIN: Ink.TEXT_FAINT, Tone.GOOD: Ink.GOOD, Tone.WARNING: Ink.WARNING, Tone.BAD: Ink.BAD}


class Sidebar(QWidget):
    """Signals: a key is the folder of an instrument."""

    new_requested = Signal()
    selected = Signal(str)
    rename_requested = Signal(str)
    remove_requested = Signal(str)
    folder_requested = Signal(str)  # to see its files
    library_requested = Signal()  # to open another

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sidebar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(widened(_WIDTH))
        logo = QLabel()
        set_picture(logo, "logo", 24, Ink.ACCENT)
        head = QHBoxLayout()
        head.setContentsMargins(4, 0, 0, 0)
        head.setSpacing(8)
        head.addWidget(logo)
        head.addWidget(label("Timbre Studio", "heading"), 1)
        self.new_button = icon_button("plus", " New instrument")
        self.new_button.setToolTip("New instrument (Ctrl+N)")
        self.new_button.clicked.connect(self.new_requested)
        self.library_button = QToolButton()
        set_icon(self.library_button, "folder", Ink.TEXT_DIM)
        self.library_button.setAccessibleName("Library")
        self.library_button.clicked.connect(self._open_library_menu)
        self._selected = ""
        self.menu = MainMenu()
        self.menu.new_requested.connect(self.new_requested)
        self.menu.rename_requested.connect(lambda: self.rename_requested.emit(self._selected))
        self.menu.remove_requested.connect(lambda: self.remove_requested.emit(self._selected))
        head.addWidget(self.library_button)
        head.addSpacing(-head.spacing())
        head.addWidget(self.menu)
        self.list = _List()
        self.list.setAccessibleName("Instruments")
        self.list.setItemDelegate(_EntryDelegate(self.list))
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.setMouseTracking(True)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._open_menu)
        self.list.remove_requested.connect(self._remove_current)
        self._model = QStandardItemModel(self)
        self.list.setModel(self._model)
        self.list.selectionModel().currentChanged.connect(self._on_current_changed)
        self._entries: tuple[SidebarEntry, ...] = ()
        self._library = ""
        self._is_telling = False  # true while the list is being told its state, which is nobody's choice
        self.working = _Working()
        self.working.clicked.connect(self.selected)

        column = QVBoxLayout(self)
        column.setContentsMargins(10, 18, 10, 12)
        column.setSpacing(8)
        column.addLayout(head)
        column.addSpacing(10)
        column.addWidget(self.new_button)
        column.addSpacing(6)
        column.addWidget(self.list, 1)
        column.addWidget(self.working)
        self.setTabOrder(self.new_button, self.library_button)
        self.setTabOrder(self.library_button, self.menu)

    def set_state(self, state: WindowState) -> None:
        self._library = state.library
        self._selected = state.selected
        self.menu.set_has_instrument(bool(state.selected))
        self.library_button.setToolTip(f"Library: {state.library}")
        self._is_telling = True
        if state.entries != self._entries:
            self._set_entries(state.entries)
        keys = [entry.key for entry in state.entries]
        selection = self.list.selectionModel()
        if state.selected in keys:
            index = self._model.index(keys.index(state.selected), 0)
            if selection.currentIndex() != index:
                self.list.setCurrentIndex(index)
        else:
            selection.clear()
        self._is_telling = False
        self.working.set_working(state.working, state.working_name, state.working_key)

    def _set_entries(self, entries: tuple[SidebarEntry, ...]) -> None:
        if [entry.key for entry in entries] != [entry.key for entry in self._entries]:
            self._model.clear()
            for _ in entries:
                self._model.appendRow(QStandardItem())
        for row, entry in enumerate(entries):
            item = self._model.item(row)
            if item.data(_ENTRY) != entry:
                item.setData(entry, _ENTRY)
                item.setToolTip(entry.key)
                item.setData(f"{entry.name}, {entry.detail}", Qt.ItemDataRole.AccessibleTextRole)
        self._entries = entries

    def _on_current_changed(self, current: QModelIndex) -> None:
        if not self._is_telling and current.isValid():
            self.selected.emit(self._entries[current.row()].key)

    def _remove_current(self) -> None:
        current = self.list.currentIndex()
        if current.isValid():
            self.remove_requested.emit(self._entries[current.row()].key)

    def _open_library_menu(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Open another library...").triggered.connect(self.library_requested)
        menu.addAction("Show in file manager").triggered.connect(lambda: self.folder_requested.emit(self._library))
        menu.popup(self.library_button.mapToGlobal(QPoint(0, self.library_button.height())))

    def _open_menu(self, at: QPoint) -> None:
        index = self.list.indexAt(at)
        if not index.isValid():
            return
        key = self._entries[index.row()].key
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Rename").triggered.connect(lambda: self.rename_requested.emit(key))
        menu.addAction("Show in file manager").triggered.connect(lambda: self.folder_requested.emit(key))
        menu.addSeparator()
        menu.addAction("Move to the bin").triggered.connect(lambda: self.remove_requested.emit(key))
        menu.popup(self.list.viewport().mapToGlobal(at))


class _List(QListView):
    """Signals: remove_requested: The key that deletes was pressed."""

    remove_requested = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.remove_requested.emit()
        else:
            super().keyPressEvent(event)


class _EntryDelegate(QStyledItemDelegate):
    """A dot, the name, and how far it is."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(widened(_WIDTH) - 20, scaled(50))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        entry: SidebarEntry | None = index.data(_ENTRY)
        if entry is None:
            return
        rect: QRect = option.rect  # type: ignore[attr-defined]
        state: QStyle.StateFlag = option.state  # type: ignore[attr-defined]
        font: QFont = option.font  # type: ignore[attr-defined]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            painter.setBrush(Ink.RAISED.color)
            painter.drawRoundedRect(rect.adjusted(0, 1, 0, -1), 6, 6)
        painter.setBrush(_DOTS[entry.tone].color)
        painter.drawEllipse(rect.left() + 11, rect.top() + scaled(19) - 4, 8, 8)
        small = font_of(font, 12)
        x, width = rect.left() + 30, rect.width() - 38
        for y, text, a_font, ink in (
            (rect.top() + scaled(7), entry.name, font, Ink.TEXT),
            (rect.top() + scaled(26), entry.detail, small, Ink.TEXT_DIM),
        ):
            painter.setFont(a_font)
            painter.setPen(ink.color)
            shown = QFontMetrics(a_font).elidedText(text, Qt.TextElideMode.ElideRight, width)
            line = QRect(x, y, width, scaled(20))
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
        painter.restore()


class _Working(QFrame):
    """What runs now, for whichever instrument; a click goes there."""

    clicked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._key = ""
        self._name = label("", "heading")
        self._title = label("", "small", wraps=True)
        self._line = ProgressLine()
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 9, 12, 11)
        column.setSpacing(5)
        column.addWidget(self._name)
        column.addWidget(self._title)
        column.addWidget(self._line)
        self.setVisible(False)

    def set_working(self, activity: Activity | None, name: str, key: str) -> None:
        self._key = key
        self.setVisible(activity is not None)
        if activity is None:
            return
        width = widened(_WIDTH) - 48
        set_text(self._name, self._name.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, width))
        set_text(self._title, activity.title)
        self._line.set_fraction(activity.fraction)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.clicked.emit(self._key)
