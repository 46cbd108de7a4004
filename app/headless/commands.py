"""`--train` and `--demo` in a terminal: an instrument found again or made, its way, an exit code."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from app.controllers.rendering import Rendering
from app.headless.open_instruments import OpenInstruments
from app.headless.terminal_run import TerminalRun
from app.interrupts import InterruptListener
from app.jobs.succession import heir_of
from app.paths import default_library, settings_file
from app.state.goal import Goal
from app.state.instrument import Instrument, create, save
from app.state.library import running_job, scan
from app.state.plan import DEMO_CHOICES, DEMO_NAME
from app.state.renders import load_renders
from ddsp_backend.audio.intake import nothing_usable
from ddsp_backend.audio.search import search
from ddsp_backend.cli.console import EXIT_FAILED, Teller
from ddsp_backend.config.presets import list_presets
from ddsp_backend.errors import ConfigError, DdspError
from ddsp_backend.jobs.owner import process_owner


@dataclass(frozen=True, slots=True)
class TrainOptions:
    """What `--train` was given. `folder` is absolute; `preset` a gin file; None: not given."""

    folder: Path
    preset: str | None = None
    goal: Goal | None = None


def train_in_terminal(options: TrainOptions, library: Path | None) -> int:
    """What drop and Train do in the window. The same command goes on with the same instrument."""
    return _in_terminal(library, lambda folder: _instrument_for(options, folder), options.goal)


def demo_in_terminal(library: Path | None) -> int:
    """The whole way on the generated instrument, or on from where a stopped demo was left."""
    return _in_terminal(library, lambda folder: _unfinished_demo(folder) or create(folder, DEMO_NAME, **DEMO_CHOICES))


def _in_terminal(library: Path | None, choose: Callable[[Path], Instrument], goal: Goal | None = None) -> int:
    folder = library or default_library()
    try:
        return _run(choose(folder), goal)
    except DdspError as error:
        Teller().say(f"Failed: {error.title}.", *filter(None, (error.hint,)))
    except OSError as error:
        Teller().say(
            f"Failed: {error.strerror or error}: {error.filename or folder}.",
            "Free some space, or choose another folder for your instruments with --library FOLDER.",
        )
    return EXIT_FAILED


def _run(instrument: Instrument, goal: Goal | None) -> int:
    if running_job(instrument) is not None:
        raise ConfigError(
            f"{instrument.name} is being worked on already, in the window or in the background",
            "Wait until that is done, or stop it in the window.",
        )
    application = QCoreApplication.instance() or QCoreApplication([])
    interrupts = InterruptListener()
    heir, ourselves = heir_of(instrument.path.parent), process_owner()
    instruments = OpenInstruments(list_presets(), settings_file().parent / "hosts", heir=heir, by=ourselves)
    rendering = Rendering(instruments.queue)
    session = instruments.opened(instrument)
    if goal is not None:
        session.choose_goal(_counted_on(goal, instrument.goal))
    run = TerminalRun(session, rendering)
    run.ended.connect(application.exit)
    interrupts.interrupted.connect(run.stop)
    run.start()
    code = application.exec()
    instruments.queue.leave_all()
    rendering.close()
    instruments.close()
    interrupts.close()
    return code


def _instrument_for(options: TrainOptions, library: Path) -> Instrument:
    """The newest one of this folder and model; a new one where there is none."""
    inputs = (str(options.folder),)
    found = (item.instrument for item in scan(library) if item.instrument.inputs == inputs)
    known = next((each for each in found if options.preset in (None, each.preset)), None)
    if known is not None:
        return known
    recordings = search(inputs)
    if not recordings.files:
        raise nothing_usable(inputs, recordings, ())
    name = options.folder.name if options.folder.is_dir() else options.folder.parent.name
    made = replace(create(library, name or "Instrument", preset=options.preset or ""), inputs=inputs)
    save(made)
    return made


def _unfinished_demo(library: Path) -> Instrument | None:
    """A demo that was stopped or interrupted, and that nobody works on now."""
    demos = (item.instrument for item in scan(library) if item.instrument.is_demo)
    left = (demo for demo in demos if not load_renders(demo.renders_path) and running_job(demo) is None)
    return next(left, None)


def _counted_on(goal: Goal, before: Goal) -> Goal:
    """The same command again is the same goal, not one more: it counts from where the first one did."""
    return replace(goal, after_minutes=before.after_minutes, after_step=before.after_step)
