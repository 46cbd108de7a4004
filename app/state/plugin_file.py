"""An instrument's file for the DDSP-VST plug-in: where it goes, how far it is, and what is said of it."""

from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from app.state.instrument import Instrument
from app.state.notices import Notice, Tone
from app.state.question import Question
from ddsp_backend.folder_names import safe_folder_name
from ddsp_backend.jobs.events import Event, Failed, Finished, Noted, Progressed, Stopped
from ddsp_backend.jobs.spec import PluginSpec

_OFFER = "Play this instrument in your music program, with the free DDSP-VST plug-in"


class SendPhase(Enum):
    WORKING = "working"
    SENT = "sent"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Sending:
    """One file that is made of a model, on its way to where it is wanted."""

    target: Path
    phase: SendPhase = SendPhase.WORKING
    stage: str = ""
    notes: tuple[Noted, ...] = ()
    failure: Failed | None = None

    def after(self, event: Event) -> "Sending":
        """What it is once the job has said this."""
        match event:
            case Progressed():
                return replace(self, stage=event.stage)
            case Noted():
                return replace(self, notes=(*self.notes, event))
            case Finished():
                return replace(self, phase=SendPhase.SENT)
            case Failed():
                return replace(self, phase=SendPhase.FAILED, failure=event)
            case Stopped():
                return replace(self, phase=SendPhase.STOPPED)
            case _:
                return self

    @property
    def notice(self) -> Notice | None:
        """What went wrong; else what should be known of it."""
        if self.failure is not None:
            return Notice(Tone.BAD, self.failure.title, self.failure.hint, self.failure.traceback)
        if self.phase is SendPhase.SENT and self.notes:
            return Notice(Tone.WARNING, self.notes[-1].title, self.notes[-1].hint)
        return None


@dataclass(frozen=True, slots=True)
class PluginLine:
    """What stands beside the button *Send to DDSP-VST*."""

    words: str = _OFFER
    tip: str = ""
    can_send: bool = False


def models_folder(documents: Path) -> Path:
    """Where the plug-in looks for models, in the folders below it too. Args: documents: The user's."""
    return documents / "Magenta" / "DDSP" / "Models"


def target_of(instrument: Instrument, documents: Path) -> Path:
    """The file's name without its ending is what the plug-in shows."""
    return models_folder(documents) / f"{safe_folder_name(instrument.name)}.tflite"


def plugin_spec(instrument: Instrument, target: Path, *, replace: bool) -> PluginSpec:
    """The job that makes it."""
    return PluginSpec(
        model_path=str(instrument.model_path),
        output_path=str(target),
        manifest_path=str(instrument.manifest_path),
        replace=replace,
    )


def plugin_line(sending: Sending | None, *, is_trained: bool) -> PluginLine:
    if sending is None or sending.phase is SendPhase.STOPPED:
        return PluginLine(can_send=is_trained)
    if sending.failure is not None:
        return PluginLine(f"{sending.failure.title}.", sending.failure.hint, can_send=is_trained)
    if sending.phase is SendPhase.WORKING:
        return PluginLine(f"{sending.stage or 'Waiting for its turn'} ...")
    return PluginLine(
        f"{sending.target.name} is in {sending.target.parent}. In the plug-in press Refresh, then choose "
        f"{sending.target.stem}.",
        str(sending.target),
        can_send=is_trained,
    )


def replace_question(target: Path) -> Question:
    return Question(
        f"Replace {target.name}?",
        f"There is a model of this name in the plug-in's folder already: {target.parent}. If you replace it, what you "
        "play with it in the plug-in will sound like the new one.",
        "Replace it",
        "Keep it",
    )
