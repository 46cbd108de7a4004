"""The commands of ddsp_remote that make virtual machines in Google Cloud, list them, reach them again, delete them."""

import argparse
import sys
from typing import Any

from ddsp_backend.cli.console import EXIT_FAILED, run_in_terminal
from ddsp_backend.cli.flags import fields_in, spec_from
from ddsp_backend.jobs.machine_specs import CreateMachineSpec, DeleteMachineSpec, JoinMachineSpec, ListMachinesSpec
from ddsp_backend.jobs.spec import JobSpec
from ddsp_backend.machines.book import greatest_cost, new_machine_name
from ddsp_backend.machines.kinds import KINDS

_SPECS: dict[str, type[JobSpec]] = {
    "create": CreateMachineSpec,
    "machines": ListMachinesSpec,
    "join": JoinMachineSpec,
    "delete": DeleteMachineSpec,
}
COMMANDS = tuple(_SPECS)


def add_commands(commands: Any) -> None:
    """Adds them to argparse's subparsers."""
    kinds = "; ".join(f"{kind.key}: {kind.title}" for kind in KINDS)
    creating = commands.add_parser("create", help="make a virtual machine in Google Cloud that deletes itself")
    creating.add_argument("--kind", required=True, choices=[kind.key for kind in KINDS], help=kinds)
    creating.add_argument("--zone", required=True, help="such as us-central1-a; each kind is only in some")
    creating.add_argument(
        "--limit_hours", required=True, type=float, help="Google deletes it after this time, whatever happens"
    )
    creating.add_argument(
        "--price_per_hour",
        required=True,
        type=float,
        help="price of an hour from Google's price list, as no live prices are available",
    )
    creating.add_argument("--accept_cost", default="", metavar="COST", help="agree to the highest possible cost")
    creating.add_argument("--is_spot", action="store_true", help="cheaper; Google may take it back at any moment")
    creating.add_argument("--keeps", action="store_true", help="keep it when its training is over")
    listing = commands.add_parser("machines", help="list the machines that were made, as Google reports them")
    joining = commands.add_parser("join", help="connect again to a machine that was made from this computer")
    deleting = commands.add_parser("delete", help="delete a machine with its disk")
    deleting.add_argument("--zone", default="", help="only for one that was made on another computer")
    for parser in (joining, deleting):
        parser.add_argument("name", help="timbre-...")
    for parser in (creating, listing, deleting):
        parser.add_argument("--project", default="", help="ID of the project, if it is not the one of the credentials")


def run_command(flags: argparse.Namespace, book: str) -> int:
    """Does one of COMMANDS and returns the exit code. `book` is the host book's folder."""
    if flags.command == "create":
        flags.name = new_machine_name()
    flags.book = book
    kind = _SPECS[flags.command]
    spec = spec_from(lambda: kind(**fields_in(flags, kind)))
    if isinstance(spec, CreateMachineSpec) and not _is_agreed(spec, flags.accept_cost):
        return EXIT_FAILED
    return run_in_terminal(spec)


def _is_agreed(spec: CreateMachineSpec, accepted: str) -> bool:
    cost = greatest_cost(spec.price_per_hour, spec.limit_hours)
    if accepted == cost:
        return True
    print(
        f"{spec.limit_hours:g} hours at {spec.price_per_hour:g} an hour cost {cost} at most, in the price's currency. "
        "After that Google deletes the machine."
    )
    if not sys.stdin.isatty():
        print(f"If that is right, add --accept_cost={cost}", file=sys.stderr)
        return False
    return input("Create it? [yes/no] ").strip().lower() in ("y", "yes")
