r"""Generate the demo instrument: recordings whose pitch, harmonics, noise and room are known.

ddsp_generate_synthetic_dataset --output_dir=DIR --seconds=64

Or invent notes, as controls of the synthesizers, for `SyntheticNotes`:

ddsp_generate_synthetic_dataset --output_tfrecord_path=PATH --num_examples=1000
"""

import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from ddsp_backend.cli.console import EXIT_FINISHED, run_in_terminal
from ddsp_backend.cli.flags import FlagParser, arguments, spec_from
from ddsp_backend.jobs.spec import GenerateNotesSpec, GenerateSpec, PrepareSpec


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0 finished, 1 failed, 2 wrong flags, 130 stopped."""
    parser = _parser()
    flags = parser.parse_args(arguments(argv))
    if not flags.output_dir and not flags.output_tfrecord_path:
        parser.error(
            "say where to write: --output_dir=FOLDER for recordings or --output_tfrecord_path=PATH for a data set"
        )
    if flags.num_examples:
        if not flags.output_tfrecord_path:
            parser.error("say where to write the notes: --output_tfrecord_path=PATH")
        return run_in_terminal(spec_from(lambda: _notes(flags)))
    folder = flags.output_dir or str(Path(flags.output_tfrecord_path).with_name("demo_instrument"))
    recordings = spec_from(
        lambda: GenerateSpec(
            output_dir=folder, seconds=flags.seconds, sample_rate=flags.sample_rate, seed=flags.random_seed
        )
    )
    code = run_in_terminal(recordings)
    if code != EXIT_FINISHED or not flags.output_tfrecord_path:
        return code
    data_set = spec_from(
        lambda: PrepareSpec(
            inputs=(folder,),
            output_path=flags.output_tfrecord_path,
            n_shards=flags.num_shards,
            sample_rate=flags.sample_rate,
            crepe_capacity="tiny",
        )
    )
    return run_in_terminal(data_set)


def _notes(flags: Namespace) -> GenerateNotesSpec:
    return GenerateNotesSpec(
        output_path=flags.output_tfrecord_path,
        n_examples=flags.num_examples,
        n_shards=flags.num_shards,
        n_timesteps=flags.n_timesteps,
        n_harmonics=flags.n_harmonics,
        n_mags=flags.n_mags,
        seed=flags.random_seed,
    )


def _parser() -> FlagParser:
    parser = FlagParser("ddsp_generate_synthetic_dataset", "Generate the demo instrument, and a data set from it.")
    add = parser.add_argument
    add("--output_dir", default="", help="folder for the recordings (wav) and their exact pitch and loudness (npz)")
    add("--output_tfrecord_path", default="", metavar="PATH", help="also prepare a data set with this prefix")
    add("--seconds", type=float, default=64.0, help="length of the whole performance (64)")
    add("--sample_rate", type=int, default=16000, help="Hz (16000)")
    add("--random_seed", type=int, default=0, help="the same seed gives the same samples (0)")
    add("--num_shards", type=int, default=10, help="number of files of the data set (10)")
    add("--num_examples", type=int, default=0, help="invent this many examples of notes, instead of the instrument")
    add("--n_timesteps", type=int, default=125, help="control frames of such an example (125)")
    add("--n_harmonics", type=int, default=100, help="harmonics of such an example (100)")
    add("--n_mags", type=int, default=65, help="noise bands of such an example (65)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
