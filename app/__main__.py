"""`timbre-studio`, or `python -m app`: opens the window, or does its work in the terminal."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from app.state.goal import MOST_MINUTES, MOST_STEPS, Goal, GoalKind

EXIT_CODES = "exit codes of --train and --demo: 0 finished, 1 failed, 2 wrong flags, 130 stopped (with all work saved)"

NO_DISPLAY = """\
The window cannot open: this session has no display (neither DISPLAY nor WAYLAND_DISPLAY is set).
Start it from a desktop, or train in the terminal: --train FOLDER on your own recordings, --demo on generated ones.
"""


def main(argv: list[str] | None = None) -> int:
    """Returns the exit code."""
    parser = _parser()
    options = parser.parse_args(argv)
    if options.models and (options.carry_on or options.demo or options.train is not None):
        parser.error("a shared model opens in the window; give FILE without --train, --demo and --carry-on")
    if options.carry_on:
        return _carry_on(options.library)
    if options.train is not None:
        return _uninterrupted(lambda: _train(parser, options))
    if any(value is not None for value in (options.minutes, options.steps, options.preset)):
        parser.error(
            "--minutes, --steps and --preset only go with --train FOLDER; without it, choose them in the window"
        )
    if options.demo and not _has_display():
        from app.headless.commands import demo_in_terminal

        return _uninterrupted(lambda: demo_in_terminal(options.library))
    if not _has_display():
        sys.stderr.write(NO_DISPLAY)
        return 1
    return _open_window(options)


def _open_window(options: argparse.Namespace) -> int:
    from app.application import TimbreStudio, make_application
    from app.interrupts import InterruptListener
    from app.paths import settings_file

    application = make_application(sys.argv[:1])
    studio = TimbreStudio(options.library, settings_file())
    application.file_opened.connect(lambda path: studio.opening.open((path,)))
    interrupts = InterruptListener()
    interrupts.interrupted.connect(studio.window.close)
    studio.show(demo=options.demo, models=tuple(map(str, options.models)))
    code = application.exec()
    interrupts.close()
    studio.shut_down()
    return code


def _carry_on(library: Path | None) -> int:
    from app.headless.caretaker import carry_on
    from app.paths import default_library

    return carry_on(library or default_library())


def _train(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    from app.headless.commands import TrainOptions, train_in_terminal

    if not options.train.exists():
        parser.error(f"there is no folder or recording at {options.train}")
    preset = _preset(parser, options.preset) if options.preset is not None else None
    return train_in_terminal(TrainOptions(options.train, preset, _goal(options)), options.library)


def _uninterrupted(work: Callable[[], int]) -> int:
    """Ctrl+C in the first moments, when nothing is begun and nobody listens to it yet, is no fault of the program."""
    try:
        return work()
    except KeyboardInterrupt:
        return 130


def _preset(parser: argparse.ArgumentParser, name: str) -> str:
    """The gin file of a preset by its short name."""
    from ddsp_backend.config.presets import list_presets

    names = {Path(preset.gin_file).stem: preset.gin_file for preset in list_presets()}
    if name not in names:
        parser.error(f"there is no preset {name!r}; choose one of {', '.join(names)}")
    return names[name]


def _goal(options: argparse.Namespace) -> Goal | None:
    if options.minutes is not None:
        return Goal(GoalKind.MINUTES, minutes=options.minutes)
    return Goal(GoalKind.STEPS, steps=options.steps) if options.steps is not None else None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="timbre-studio",
        description="Train, hear and play models of an instrument's or voice's timbre, on your own recordings.",
        epilog=EXIT_CODES,
    )
    parser.add_argument(
        "models",
        type=_path,
        nargs="*",
        metavar="FILE",
        help="a model that was shared as a .timbre file: it becomes an instrument of the library, and is shown",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--demo",
        action="store_true",
        help="generate a demo instrument, train on it and resynthesize it; in the terminal if there is no display",
    )
    what.add_argument(
        "--train",
        type=_path,
        metavar="FOLDER",
        help="train on the recordings in a folder, in the terminal; run the same command again to continue a "
        "stopped training",
    )
    what.add_argument(
        "--carry-on",
        action="store_true",
        help="finish the remaining work of the library without a window; the window starts this by itself when "
        "it closes",
    )
    goal = parser.add_mutually_exclusive_group()
    goal.add_argument(
        "--minutes",
        type=lambda text: _number(float(text), 0.1, MOST_MINUTES),
        metavar="N",
        help="with --train: how many minutes to train; without --minutes and --steps, until the model no longer "
        "improves",
    )
    goal.add_argument(
        "--steps",
        type=lambda text: int(_number(int(text), 1, MOST_STEPS)),
        metavar="N",
        help="with --train: how many steps to train",
    )
    parser.add_argument(
        "--preset",
        metavar="NAME",
        help="with --train: the kind of model (default: the first one that the window offers)",
    )
    parser.add_argument(
        "--library",
        type=_path,
        default=None,
        metavar="FOLDER",
        help="the folder for your instruments (default: the one opened last, else 'Timbre Studio' in your documents)",
    )
    return parser


def _path(text: str) -> Path:
    return Path(text).expanduser().resolve()


def _number(value: float, least: float, most: float) -> float:
    if not least <= value <= most:
        raise argparse.ArgumentTypeError(f"{value:g} is not between {least:g} and {most:g}")
    return value


def _has_display() -> bool:
    """Whether Qt could open a window. Asked without Qt, which ends the process where it cannot."""
    if sys.platform in ("win32", "darwin") or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


if __name__ == "__main__":
    sys.exit(main())
