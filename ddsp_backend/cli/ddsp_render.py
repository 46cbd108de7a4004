r"""Play a recording of any length, or ready features, through a trained model.

ddsp_render --model_path=RUN_OR_CHECKPOINT --input=FILE --output=OUT.wav
"""

import sys
from collections.abc import Sequence

from ddsp_backend.cli.console import run_in_terminal
from ddsp_backend.cli.flags import FlagParser, arguments, fields_in, spec_from
from ddsp_backend.jobs.limits import CREPE_CAPACITIES, TRACKERS
from ddsp_backend.jobs.model_specs import RenderSpec

_FILES = {
    "input": "a recording of any length",
    "features": "npz with audio, f0_hz, loudness_db, each with a batch axis",
    "output": "the wav to write",
    "controls": "the npz to write with what the model answered",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0 finished, 1 failed, 2 wrong flags, 130 stopped."""
    parser = _parser()
    flags = parser.parse_args(arguments(argv))
    if bool(flags.input_path) == bool(flags.features_path):
        parser.error("say what to play: --input=RECORDING or --features=FILE.npz, one of them")
    if not flags.output_path and not flags.controls_path:
        parser.error("say where to write: --output=OUT.wav for audio, --controls=FILE.npz for what the model answered")
    return run_in_terminal(spec_from(lambda: RenderSpec(**fields_in(flags, RenderSpec))))


def _parser() -> FlagParser:
    parser = FlagParser("ddsp_render", "Play a recording, or ready features, through a trained model.")
    add = parser.add_argument
    add("--model_path", required=True, metavar="PATH", help="folder of a run, or a checkpoint without its ending")
    for name, text in _FILES.items():
        add(f"--{name}", dest=f"{name}_path", default="", metavar="FILE", help=text)
    parser.add_switch("reverb", True, "play in the room that the model learned")
    add("--pitch_shift", type=float, default=0.0, metavar="SEMITONES", help="move the pitch (0)")
    add("--loudness_shift", type=float, default=0.0, metavar="DB", help="play louder or more softly (0)")
    add("--tracker", choices=TRACKERS, default="crepe", help="pitch tracker (crepe)")
    add("--crepe_capacity", choices=CREPE_CAPACITIES, default="full", help="size of CREPE (full)")
    add("--cache_dir", default="", metavar="FOLDER", help="where the recording's features are kept (not at all)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
