r"""Take a model that was shared as a file into a library, as an instrument that the window shows.

ddsp_import Tuba.timbre --library=FOLDER
"""

import sys
from collections.abc import Sequence

from ddsp_backend.cli.console import run_in_terminal
from ddsp_backend.cli.flags import FlagParser, arguments, fields_in, spec_from
from ddsp_backend.jobs.sharing_specs import ImportSpec


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0 finished, 1 failed, 2 wrong flags, 130 stopped."""
    parser = FlagParser("ddsp_import", "Make an instrument of a model that was shared as a .timbre file.")
    parser.add_argument("file_path", metavar="FILE", help="the .timbre file")
    parser.add_argument("--library", required=True, metavar="FOLDER", help="the folder for your instruments")
    flags = parser.parse_args(arguments(argv))
    return run_in_terminal(spec_from(lambda: ImportSpec(**fields_in(flags, ImportSpec))))


if __name__ == "__main__":
    sys.exit(main())
