"""Connects the form of a model's settings with the open instrument: lists them, tries them, keeps them."""

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from app.controllers.dialog_job import DialogWithJob
from app.controllers.studio import Studio
from app.state.plan import describe_spec
from app.state.settings_form import FormPhase, SettingsForm, bindings, edited, judged, listed, put_back
from app.views.settings_dialog import SettingsDialog
from ddsp_backend.jobs.events import Event
from ddsp_backend.jobs.spec import DescribeSpec


class SettingsController(DialogWithJob):
    dialog: SettingsDialog | None

    def __init__(self, window: QWidget, studio: Studio) -> None:
        super().__init__(window, studio, studio.look_worker)
        self._form = SettingsForm()
        self._fold: Callable[[SettingsForm, Event], SettingsForm] = listed

    def open(self) -> None:
        session = self._studio.session
        if self._is_raised():
            return
        if session is not None and session.preset is not None:
            self.dialog = SettingsDialog(session.preset.title, self._window)
            self.dialog.edited.connect(self._edit)
            self.dialog.put_back_requested.connect(lambda names: self._show(put_back(self._form, names)))
            self.dialog.keep_requested.connect(self._judge)
            kept = session.instrument.settings_of(session.preset.gin_file)
            self._show(SettingsForm(is_trained=session.is_trained, kept=kept))
            self._show_dialog()
            self._submit(describe_spec(session.preset), listed)

    def _submit(self, spec: DescribeSpec, fold: Callable[[SettingsForm, Event], SettingsForm]) -> None:
        self._fold = fold
        self._start(spec)

    def _edit(self, name: str, text: str) -> None:
        self._show(edited(self._form, name, text))

    def _judge(self) -> None:
        """Tries them as training would, which takes no longer than reading them did."""
        session = self._studio.session
        if session is not None and session.preset is not None and self._form.can_keep:
            spec = describe_spec(session.preset, bindings(self._form))
            self._show(SettingsForm(FormPhase.JUDGING, self._form.rows, self._form.is_trained))
            self._submit(spec, judged)

    def _on_events(self, events: tuple[Event, ...]) -> None:
        if self.dialog is None:
            return
        form = self._form
        for event in events:
            form = self._fold(form, event)
        self._show(form)
        session = self._studio.session
        if form.phase is FormPhase.ACCEPTED and session is not None:
            session.choose_settings(bindings(form))
            self.dialog.accept()

    def _show(self, form: SettingsForm) -> None:
        self._form = form
        if self.dialog is not None:
            self.dialog.set_form(form)

    def _forget_dialog(self) -> None:
        self._stop()
        self._thread = None
        super()._forget_dialog()
