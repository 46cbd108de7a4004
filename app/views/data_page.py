"""The first page: recordings in, choices made, Train pressed."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.plots.sizes import widened
from app.state.data_page import DataPageState
from app.views.activity_bar import ActivityBar
from app.views.choice_cards import ChoiceCards
from app.views.drop_zone import DropZone
from app.views.goal_box import GoalBox
from app.views.page_view import CurrentOnly
from app.views.place_box import PlaceBox
from app.views.recordings_panel import RecordingsPanel
from app.views.start_box import StartBox
from app.views.style import label, set_text

_SETTINGS_WIDTH = 312


class DataPage(QWidget):
    """Signals: requests of the user; the choices carry their keys."""

    folder_requested = Signal()
    files_requested = Signal()
    bucket_requested = Signal()
    demo_requested = Signal()
    record_requested = Signal()
    preset_chosen = Signal(str)
    pitch_chosen = Signal(str)
    settings_requested = Signal()
    start_chosen = Signal(str)
    goal_chosen = Signal(object)  # a `Goal`
    train_requested = Signal()
    stop_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.large_zone = DropZone()
        self.recordings = RecordingsPanel()
        for source in (self.large_zone, self.recordings):
            source.folder_requested.connect(self.folder_requested)
            source.files_requested.connect(self.files_requested)
            source.bucket_requested.connect(self.bucket_requested)
            source.record_requested.connect(self.record_requested)
        self.large_zone.demo_requested.connect(self.demo_requested)
        self.large_zone.undo_requested.connect(self.recordings.undo_requested)
        self.presets = ChoiceCards("Model")
        self.presets.chosen.connect(self.preset_chosen)
        self.preset_lock = label("", "small", wraps=True)
        self.settings_button = QPushButton("Settings...")
        self.settings_button.setProperty("role", "quiet")
        self.settings_button.setToolTip("Network sizes, learning rate, loss weights and everything else")
        self.settings_button.clicked.connect(self.settings_requested)
        self.settings_note = label("", "small")
        self.pitches = ChoiceCards("Pitch analysis")
        self.pitches.chosen.connect(self.pitch_chosen)
        self.activity = ActivityBar()
        self.activity.stop_requested.connect(self.stop_requested)
        self.start = StartBox()
        self.start.chosen.connect(self.start_chosen)
        self.goal = GoalBox()
        self.goal.chosen.connect(self.goal_chosen)
        self.place = PlaceBox()
        self.train_button = QPushButton("Train")
        self.train_button.setProperty("role", "primary")
        self.train_button.setMinimumHeight(38)
        self.train_button.setToolTip(
            "Prepares the ticked recordings, then trains. Stop it whenever you like: nothing is lost."
        )
        self.train_button.clicked.connect(self._train)
        self.reason = label("", "small", wraps=True)
        self.reason.setAlignment(Qt.AlignmentFlag.AlignHCenter)

        self.addActions([self.recordings.undo_action, self.recordings.redo_action])  # also while the list is empty

        self._stack = CurrentOnly(self)
        self._stack.addWidget(self.large_zone)
        self._stack.addWidget(self._filled_page())

    def _filled_page(self) -> QWidget:
        settings = QVBoxLayout()
        settings.setContentsMargins(0, 0, 0, 0)
        settings.setSpacing(8)
        settings.addWidget(label("Model", "section"))
        settings.addWidget(self.presets)
        settings.addWidget(self.preset_lock)
        beneath = QHBoxLayout()
        beneath.addWidget(self.settings_note, 1)
        beneath.addWidget(self.settings_button)
        settings.addLayout(beneath)
        settings.addSpacing(8)
        settings.addWidget(label("Pitch analysis", "section"))
        settings.addWidget(self.pitches)
        settings.addStretch()
        inner = QWidget()
        inner.setLayout(settings)
        scroll = QScrollArea()
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(inner)

        right = QVBoxLayout()
        right.setSpacing(8)
        right.addWidget(scroll, 1)
        right.addWidget(self.activity)
        right.addWidget(self.start)
        right.addWidget(self.goal)
        right.addWidget(self.place)
        right.addWidget(self.train_button)
        right.addWidget(self.reason)
        self._side = right_side = QWidget()
        right.setContentsMargins(0, 0, 0, 0)
        right_side.setLayout(right)

        page = QWidget()
        row = QHBoxLayout(page)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(22)
        row.addWidget(self.recordings, 1)
        row.addWidget(right_side)
        return page

    def set_state(self, state: DataPageState) -> None:
        recordings = state.recordings
        is_filled = not (recordings.is_empty and state.activity is None)
        self._stack.setCurrentIndex(1 if is_filled else 0)
        self.large_zone.set_undo(recordings.undo)
        self.large_zone.set_came(state.came)
        self.recordings.set_state(recordings)
        is_idle = state.activity is None and not recordings.is_looking
        self.presets.set_choices(state.presets, state.preset)
        self.presets.setEnabled(is_idle and not state.preset_lock)
        set_text(self.preset_lock, state.preset_lock)
        self.preset_lock.setVisible(bool(state.preset_lock))
        set_text(self.settings_note, state.settings_note)
        self.settings_button.setEnabled(is_idle and state.has_settings)
        self.pitches.set_choices(state.pitches, state.pitch)
        self.pitches.setEnabled(is_idle)
        self.activity.set_activity(state.activity)
        self.train_button.setText(state.action)
        self._side.setFixedWidth(max(widened(_SETTINGS_WIDTH), self.train_button.minimumSizeHint().width()))
        self.train_button.setEnabled(state.can_act)
        self.train_button.setVisible(state.activity is None)
        self.start.set_choices(state.starts, state.start)
        self.start.setVisible(state.activity is None and len(state.starts) > 1)
        self.goal.set_goal(state.goal)
        self.goal.setVisible(state.activity is None)
        self.place.setVisible(state.activity is None)
        set_text(self.reason, state.reason)
        self.reason.setVisible(bool(state.reason))

    def _train(self) -> None:
        self.goal.finish_typing()
        self.train_requested.emit()
