"""The third page: what the model makes of a phrase, beside the original."""

from PySide6.QtCore import QEvent, QObject, Qt, Signal, SignalInstance
from PySide6.QtGui import QFocusEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QHBoxLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.plots.colors import Ink
from app.plots.sizes import widened
from app.state.listening_page import ListeningPageState, SoundPart
from app.views.icons import icon_button, set_icon
from app.views.making_panel import MakingPanel
from app.views.notice_bar import NoticeBar
from app.views.page_view import CurrentOnly
from app.views.part_switch import PartSwitch
from app.views.plugin_line import PluginLineView
from app.views.render_box import RenderBox
from app.views.save_button import SaveButton
from app.views.sound_lanes import SoundLanes
from app.views.sound_list import SoundList
from app.views.step_timeline import StepTimeline
from app.views.style import label, set_text
from app.views.transport_bar import TransportBar

_SIDE_WIDTH = 240
_TITLE_WIDTH = 260  # the line of steps beside it needs its room
_BY_KEYS = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)


class ListeningPage(QWidget):
    """Signals: requests of the user. Times are in seconds, keys those of `SoundRow`.

    region_requested: From when to when to repeat; None for all of it.
    options_chosen: `RenderOptions`: how recordings are to be played from now on, that on the screen included.
    form_chosen: The `SoundForm` to save in.
    all_requested: All recordings that were played shall be saved.
    model_requested: The model of the chosen step, which is kept, shall play.
    remove_requested: A recording's variant is not wanted any more.
    plugin_requested: The model shall be handed to the DDSP-VST plug-in.
    share_requested: A file of the model shall be made for others.
    """

    sound_chosen = Signal(str)
    step_chosen = Signal(int)
    model_requested = Signal()
    part_chosen = Signal(object)
    play_toggled = Signal()
    loop_toggled = Signal(bool)
    region_requested = Signal(object)
    seek_requested = Signal(float)
    volume_chosen = Signal(float)
    level_match_toggled = Signal(bool)
    options_chosen = Signal(object)
    stop_render_requested = Signal(str)
    remove_requested = Signal(str)
    file_requested = Signal()
    save_requested = Signal()
    form_chosen = Signal(object)
    all_requested = Signal()
    folder_requested = Signal()
    plugin_requested = Signal()
    share_requested = Signal()
    notice_dismissed = Signal()
    notice_action_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = ListeningPageState()
        self.title = label("", "heading")
        self.detail = label("", "small")
        self.timeline = StepTimeline()
        self.timeline.chosen.connect(self.step_chosen)
        self.ask_button = icon_button("play", "", Ink.ON_ACCENT)
        self.ask_button.setProperty("role", "primary")
        self.ask_button.clicked.connect(self.model_requested)
        self.ask_button.hide()
        self.lanes = SoundLanes()
        self.lanes.axis.seek_requested.connect(self.seek_requested)
        self.lanes.axis.region_requested.connect(self.region_requested)
        self.switch = PartSwitch()
        self.switch.chosen.connect(self.part_chosen)
        self.transport = TransportBar()
        self.transport.play_toggled.connect(self.play_toggled)
        self.transport.loop_toggled.connect(self.loop_toggled)
        self.transport.level_match_toggled.connect(self.level_match_toggled)
        self.transport.volume_chosen.connect(self.volume_chosen)
        self.making = MakingPanel()
        self.making.stop_requested.connect(self._stop_making)
        self.save_button = SaveButton()
        self.save_button.clicked.connect(self.save_requested)
        self.save_button.form_chosen.connect(self.form_chosen)
        self.save_button.all_requested.connect(self.all_requested)
        self.folder_button = _tool("folder", "Show the file in its folder", self.folder_requested)
        self.sounds = SoundList()
        self.sounds.chosen.connect(self.sound_chosen)
        self.sounds.stop_requested.connect(self.stop_render_requested)
        self.sounds.remove_requested.connect(self.remove_requested)
        self.render_box = RenderBox()
        self.render_box.file_requested.connect(self.file_requested)
        self.render_box.options_chosen.connect(self.options_chosen)
        self.plugin_line = PluginLineView()
        self.plugin_line.send_requested.connect(self.plugin_requested)
        self.plugin_line.share_requested.connect(self.share_requested)
        self.notice = NoticeBar()
        self.notice.dismissed.connect(self.notice_dismissed)
        self.notice.action_requested.connect(self.notice_action_requested)
        self._empty = label("", "dim", wraps=True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)

        self._stack = CurrentOnly()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self._make_desk())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self.notice)
        column.addLayout(self._stack, 1)
        self._make_shortcuts()

    def _make_desk(self) -> QWidget:
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.title)
        words.addWidget(self.detail)
        tools = QHBoxLayout()
        tools.setSpacing(2)
        tools.addWidget(self.save_button)
        tools.addWidget(self.folder_button)
        head = QHBoxLayout()
        head.setSpacing(20)
        head.addLayout(words)
        head.addWidget(self.timeline, 1)
        head.addLayout(tools)
        main = QVBoxLayout()
        main.setSpacing(10)
        main.addLayout(head)
        main.addWidget(self.ask_button, 0, Qt.AlignmentFlag.AlignLeft)
        main.addWidget(self.making)
        main.addWidget(self.lanes, 1)
        main.addWidget(self.switch)
        main.addWidget(self.transport)
        main.addWidget(self.plugin_line)
        side = QVBoxLayout()
        side.setSpacing(10)
        card = QFrame()
        card.setProperty("role", "card")
        card.setFixedWidth(widened(_SIDE_WIDTH))
        inside = QVBoxLayout(card)
        inside.setContentsMargins(4, 4, 4, 4)
        inside.addWidget(self.sounds)
        self.sounds.setMinimumHeight(48)  # a row; the list scrolls
        side.addWidget(card, 1)
        side.addWidget(self.render_box)
        self.render_box.setFixedWidth(widened(_SIDE_WIDTH))
        desk = QWidget()
        row = QHBoxLayout(desk)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addLayout(main, 1)
        row.addLayout(side)
        return desk

    def _make_shortcuts(self) -> None:
        """Without modifiers: fields that take text keep the keys for themselves."""
        for part in SoundPart:
            self._shortcut(str(part.value + 1)).activated.connect(self.switch.button(part).click)
        self._play_key = self._shortcut("Space")
        self._play_key.activated.connect(self.transport.play_button.click)
        for button in self.findChildren(QAbstractButton):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the focus where it is
            if button is not self.transport.play_button:
                button.installEventFilter(self)
        self._shortcut("L").activated.connect(self.transport.loop_button.click)
        self._shortcut("Home").activated.connect(self._seek_to_start)

    def _shortcut(self, keys: str) -> QShortcut:
        return QShortcut(QKeySequence(keys), self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A button that was reached with the keys has the space bar for itself."""
        if isinstance(event, QFocusEvent):
            self._play_key.setEnabled(not (event.gotFocus() and event.reason() in _BY_KEYS))
        return super().eventFilter(watched, event)

    def _stop_making(self) -> None:
        self.stop_render_requested.emit(self._state.selected)

    def _seek_to_start(self) -> None:
        self.seek_requested.emit(self._state.region[0] if self._state.region else 0.0)

    # --- what is told -------------------------------------------------------------------------------------------------
    @property
    def state(self) -> ListeningPageState:
        """What was told last."""
        return self._state

    def set_state(self, state: ListeningPageState) -> None:
        self._state = state
        set_text(self._empty, state.empty)
        self._stack.setCurrentIndex(0 if state.empty else 1)
        metrics = self.title.fontMetrics()
        set_text(self.title, metrics.elidedText(state.title, Qt.TextElideMode.ElideMiddle, widened(_TITLE_WIDTH)))
        self.title.setToolTip(state.title)
        set_text(self.detail, state.detail)
        self.detail.setWordWrap(not state.steps)  # beside the timeline it is short, and must not be squeezed
        self.timeline.setVisible(len(state.steps) > 1)
        self.timeline.set_steps(state.steps, state.step, state.best_step, state.unplayed)
        self.ask_button.setVisible(bool(state.ask))
        if self.ask_button.text() != state.ask:
            self.ask_button.setText(state.ask)
        self.lanes.set_pictures(state.pictures, state.part)
        self.lanes.axis.set_region(state.region if state.is_looping else None)
        self.switch.set_parts(state.parts, state.part, shows_gain=state.is_level_matched)
        self.transport.set_state(state)
        for button in (self.save_button, self.folder_button):
            button.setEnabled(state.pictures is not None)
        self.sounds.set_rows(state.rows, state.selected)
        self.making.set_activity(state.making)
        self.save_button.set_form(state.sound_form, state.n_played)
        self.plugin_line.set_line(state.plugin, state.sharing)
        self.render_box.setEnabled(state.can_render)
        self.render_box.set_options(state.options)
        self.notice.set_notice(state.notice)

    def set_playhead(self, seconds: float) -> None:
        """Where the sound is; told some thirty times a second, apart from everything else."""
        length = self.lanes.axis.length
        self.lanes.axis.set_playhead(seconds if length > 0 else None)
        self.transport.set_time(seconds, length)


def _tool(name: str, tip: str, request: SignalInstance) -> QToolButton:
    button = QToolButton()
    set_icon(button, name)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.clicked.connect(request)
    return button
