r"""Generate the demo instrument: recordings whose pitch, harmonics, noise and room are known.

ddsp_generate_synthetic_dataset --output_dir=DIR --seconds=64

Or invent notes, as controls of the synthesizers, for `SyntheticNotes`, with the flags of the reference:

ddsp_generate_synthetic_dataset --output_tfrecord_path=PATH --num_examples=1000 \
  --gin_param="generate_examples.generate_fn = @generate_notes_v2"
"""

import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from ddsp_backend.cli.console import EXIT_FINISHED, run_in_terminal
from ddsp_backend.cli.flags import FlagParser, arguments, spec_from
from ddsp_backend.jobs.spec import GenerateNotesSpec, GenerateSpec, PrepareSpec

_N_EXAMPLES, _SEED = 1_000_000, 42  # of notes, as in the reference


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0 finished, 1 failed, 2 wrong flags, 130 stopped."""
    parser = _parser()
    flags = parser.parse_args(arguments(argv))
    if not flags.output_dir and not flags.output_tfrecord_path:
        parser.error(
            "say where to write: --output_dir=FOLDER for recordings or --output_tfrecord_path=PATH for a data set"
        )
    if flags.num_examples is None and (flags.gin_file or flags.gin_param):
        flags.num_examples = _N_EXAMPLES
    if flags.num_examples:
        if not flags.output_tfrecord_path:
            parser.error("say where to write the notes: --output_tfrecord_path=PATH")
        return run_in_terminal(spec_from(lambda: _notes(flags)))
    folder = flags.output_dir or str(Path(flags.output_tfrecord_path).with_name("demo_instrument"))
    recordings = spec_from(
        lambda: GenerateSpec(
            output_dir=folder, seconds=flags.seconds, sample_rate=flags.sample_rate, seed=flags.random_seed or 0
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
        gin_files=tuple(flags.gin_file),
        gin_params=tuple(flags.gin_param),
        gin_search_paths=tuple(flags.gin_search_path),
        pipeline_options=tuple(option for option in flags.pipeline_options.split(",") if option),
        seed=_SEED if flags.random_seed is None else flags.random_seed,
    )


def _parser() -> FlagParser:
    parser = FlagParser("ddsp_generate_synthetic_dataset", "Generate the demo instrument, and a data set from it.")
    add = parser.add_argument
    add("--output_dir", default="", help="folder for the recordings (wav) and their exact pitch and loudness (npz)")
    add("--output_tfrecord_path", default="", metavar="PATH", help="also prepare a data set with this prefix")
    add("--seconds", type=float, default=64.0, help="length of the whole performance (64)")
    add("--sample_rate", type=int, default=16000, help="Hz (16000)")
    add("--random_seed", type=int, help="the same seed gives the same samples (0) or notes (42)")
    add("--num_shards", type=int, default=10, help="number of files of the data set (10)")
    text = "invent this many examples of notes instead of the instrument (1000000, if gin says how)"
    add("--num_examples", type=int, help=text)
    add("--n_timesteps", type=int, help="control frames of such an example (125)")
    add("--n_harmonics", type=int, help="harmonics of such an example (100)")
    add("--n_mags", type=int, help="noise bands of such an example (65)")
    text = "how notes are invented, e.g. generate_examples.generate_fn = @generate_notes"
    add("--gin_param", action="append", default=[], metavar="NAME=VALUE", help=text)
    add("--gin_file", action="append", default=[], metavar="FILE", help="config file; may be given several times")
    add("--gin_search_path", action="append", default=[], metavar="DIR", help="another folder with gin files")
    text = "invent notes in an Apache Beam pipeline with these options, commas between them (not in one)"
    add("--pipeline_options", default="", metavar="OPTIONS", help=text)
    return parser


if __name__ == "__main__":
    sys.exit(main())
