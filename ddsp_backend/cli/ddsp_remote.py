r"""Train on another machine: add it once, then run there what ddsp_run runs here.

ddsp_remote add me@box
ddsp_remote run me@box --save_dir=RUN --gin_file=models/solo_instrument.gin --gin_file=datasets/tfrecord.gin \
  --gin_param="TFRecordProvider.file_pattern='/data/data.tfrecord*'"
ddsp_remote attach RUN/jobs/20260131-120000
"""

import argparse
import itertools
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ddsp_backend.cli import ddsp_run, machine_commands
from ddsp_backend.cli.console import EXIT_FAILED, run_in_terminal, show, show_until_stopped
from ddsp_backend.cli.flags import FlagParser, arguments, spec_from
from ddsp_backend.errors import DdspError
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.detached_process import detached
from ddsp_backend.jobs.events import HostKeyShown
from ddsp_backend.jobs.folder import JobFolder, follow
from ddsp_backend.jobs.place import Place, create_job, joined_where_left, new_place
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import HostSpec, JobSpec
from ddsp_backend.remote.hosts import Host, HostBook
from ddsp_backend.storage import is_bucket_path

_POLL_SECONDS = 0.1


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0 finished, 1 failed, 2 wrong flags, 130 stopped."""
    given = list(sys.argv[1:] if argv is None else argv)
    if given[:1] == ["run"] and len(given) > 1 and not given[1].startswith("-"):
        addresses = list(itertools.takewhile(lambda word: not word.startswith("-"), given[1:]))
        return _run(addresses, given[1 + len(addresses) :])
    flags = _parser().parse_args(given)
    try:
        if flags.command == "add":
            return _add(flags)
        if flags.command == "attach":
            return _attach(JobFolder(Path(flags.folder).absolute()))
        book = str(default_book().folder)
        if flags.command in machine_commands.COMMANDS:
            return machine_commands.run_command(flags, book)
        return run_in_terminal(
            spec_from(lambda: HostSpec(book=book, address=flags.address, set_up=flags.command == "setup"))
        )
    except (DdspError, OSError) as error:
        print(error, file=sys.stderr)
        return EXIT_FAILED


def default_book() -> HostBook:
    """The one that the window uses too."""
    return HostBook(config_folder(sys.platform) / "timbre-studio" / "hosts")


def config_folder(system: str) -> Path:
    """Where Qt, and so the window, keeps settings on a system that calls itself so (see `sys.platform`)."""
    match system:
        case "win32":
            return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
        case "darwin":
            return Path.home() / "Library" / "Preferences"
        case _:
            return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")


def _add(flags: argparse.Namespace) -> int:
    book = default_book()
    settings = ("python", "folder", "ssh_config", "open_port")
    named = {name: getattr(flags, name) for name in settings if getattr(flags, name)}
    book.put(Host(address=flags.address, **named))
    accepted = flags.accept
    while True:
        looked = list(run(HostSpec(book=str(book.folder), address=flags.address, accepted=accepted), CancelToken()))
        shown = next((event for event in looked if isinstance(event, HostKeyShown)), None)
        if shown is None:
            return show(looked)
        whose = f"{shown.jump}, on the way to {flags.address}," if shown.jump else flags.address
        print(f"{whose} is new here. The fingerprint of its key is\n  {shown.fingerprint}")
        if not sys.stdin.isatty():
            print(f"If it is the right one, go on with --accept={shown.fingerprint}", file=sys.stderr)
            return EXIT_FAILED
        if input("Is it the right one? [yes/no] ").strip().lower() not in ("y", "yes"):
            book.remove(flags.address)
            return EXIT_FAILED
        accepted = shown.fingerprint


def _run(addresses: list[str], rest: list[str]) -> int:
    spec = spec_from(lambda: ddsp_run.spec_of(arguments(rest)))
    save_dir: str = getattr(spec, "save_dir")  # noqa: B009 - every spec of ddsp_run has one
    base = _state_folder() if is_bucket_path(save_dir) else Path(save_dir)
    try:
        for address in addresses:
            default_book().get(address)
        return _start(base, spec, new_place(str(default_book().folder), *addresses))
    except (DdspError, OSError) as error:
        print(error, file=sys.stderr)
        return EXIT_FAILED


def _state_folder() -> Path:
    """Where the journal of a run is kept whose folder is in a bucket: an object cannot grow."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "timbre-studio"


def _start(base: Path, spec: JobSpec, place: Place) -> int:
    folder = JobFolder(base / "jobs" / time.strftime("%Y%m%d-%H%M%S"))
    create_job(folder, spec, place)
    process = subprocess.Popen(
        [sys.executable, "-m", "ddsp_backend", "run", str(folder.path)],
        cwd=Path(__file__).resolve().parents[2],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **detached(),
    )
    print(f"Follow it again with: ddsp_remote attach {folder.path}")
    return _show(folder, lambda: process.poll() is None)


def _attach(folder: JobFolder) -> int:
    """Follows a run; where nobody does any more, a new follower goes on where the last one ended."""
    left = joined_where_left(folder)
    if left is not None:
        return _start(folder.path.parents[1], folder.read_spec(), left)
    return _show(folder, folder.is_alive)


def _show(folder: JobFolder, is_alive: Callable[[], bool]) -> int:
    cancel = CancelToken()

    def pause() -> bool:
        if cancel.is_set():
            folder.request_cancel()
        time.sleep(_POLL_SECONDS)
        return True

    parting = f"The run goes on. Follow it again with: ddsp_remote attach {folder.path}"
    return show_until_stopped(follow(folder, 0, is_alive, pause), cancel, parting)


def _parser() -> FlagParser:
    parser = FlagParser("ddsp_remote", "Train on another machine that you reach with ssh.")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=argparse.ArgumentParser)
    adding = commands.add_parser("add", help="add a host: compare its fingerprint, look at its hardware")
    adding.add_argument("address", help="a name from ssh_config, user@host, or user@host:port")
    adding.add_argument("--accept", default="", metavar="SHA256:...", help="accept the key with this fingerprint")
    adding.add_argument("--python", default="", help="a Python there that has TensorFlow, instead of installing one")
    adding.add_argument("--folder", default="", help="folder for all files there (.cache/timbre-studio)")
    adding.add_argument("--ssh_config", default="", help="the ssh_config to read instead of your own")
    adding.add_argument("--open_port", action="store_true", help="several workers: allow TensorFlow's open port there")
    for name, text in (
        ("probe", "show the hardware and software of a host"),
        ("setup", "install everything that a run needs there"),
    ):
        commands.add_parser(name, help=text).add_argument("address")
    commands.add_parser("run", help="ddsp_remote run ADDRESS [ADDRESS ...], and the flags of ddsp_run").add_argument(
        "address"
    )
    machine_commands.add_commands(commands)
    commands.add_parser("attach", help="follow a run again").add_argument("folder", help="the job's folder")
    return parser


if __name__ == "__main__":
    sys.exit(main())
