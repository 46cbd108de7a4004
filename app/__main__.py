"""`timbre-studio`, or `python -m app`: opens the window."""

import argparse
import os
import sys
from pathlib import Path


def main(argv: list[str] | None = None) -> int:
    """Returns the exit code."""
    options = _parser().parse_args(argv)
    if options.demo and not _has_display():
        from app.demo import run_demo

        return run_demo(options.library)
    from app.application import InterruptListener, TimbreStudio, make_application
    from app.paths import settings_file

    application = make_application(sys.argv[:1])
    studio = TimbreStudio(options.library, settings_file())
    interrupts = InterruptListener(studio.window)
    studio.show(demo=options.demo)
    code = application.exec()
    interrupts.close()
    studio.shut_down()
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="timbre-studio",
        description="Train, hear and play models of an instrument's or voice's timbre, on your own recordings.",
    )
    parser.add_argument(
        "--demo",
        action="store_true",
        help="generate an instrument, train it and resynthesize it; in the terminal where there is no display",
    )
    parser.add_argument(
        "--library",
        type=lambda text: Path(text).expanduser().resolve(),
        default=None,
        metavar="FOLDER",
        help="where instruments are kept; else what was opened last, or 'Timbre Studio' in your documents",
    )
    return parser


def _has_display() -> bool:
    """Whether Qt could open a window. Asked without Qt, which ends the process where it cannot."""
    if sys.platform in ("win32", "darwin") or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


if __name__ == "__main__":
    sys.exit(main())
