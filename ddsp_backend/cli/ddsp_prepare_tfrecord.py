r"""Create a data set from recordings, with the flags of the reference.

ddsp_prepare_tfrecord --input_audio_filepatterns='DIR/*wav' --output_tfrecord_path=OUT/data.tfrecord --num_shards=10
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from ddsp_backend.cli.console import run_in_terminal
from ddsp_backend.cli.flags import FlagParser, arguments, spec_from
from ddsp_backend.jobs.data_specs import SPLITS, PrepareSpec
from ddsp_backend.jobs.tracker_table import CREPE_CAPACITIES, TRACKERS


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0 finished, 1 failed, 2 wrong flags, 130 stopped."""
    flags = _parser().parse_args(arguments(argv))
    part = "chunk" if flags.chunk_secs else "recording"
    split = flags.held_out or (part if flags.eval_split_fraction else "none")
    spec = spec_from(
        lambda: PrepareSpec(
            inputs=tuple(_whole_or_items(flags.input_audio_filepatterns)),
            output_path=flags.output_tfrecord_path,
            cache_dir=flags.cache_dir,
            n_shards=flags.num_shards,
            sample_rate=flags.sample_rate,
            frame_rate=flags.frame_rate,
            example_secs=flags.example_secs,
            hop_secs=flags.hop_secs,
            center=flags.center,
            tracker=flags.tracker,
            crepe_capacity=flags.crepe_capacity,
            viterbi=flags.viterbi,
            split=split,
            held_out_fraction=flags.eval_split_fraction or (0.2 if split != "none" else 0.0),
            chunk_secs=flags.chunk_secs,
            seed=flags.seed,
            processes=flags.processes,
            pipeline_options=tuple(option for option in flags.pipeline_options.split(",") if option),
        )
    )
    return run_in_terminal(spec)


def _whole_or_items(words: list[str]) -> list[str]:
    """Each word is a comma-separated list, unless a file of that very name exists."""
    return [item for word in words for item in ([word] if Path(word).exists() else word.split(",")) if item]


def _parser() -> FlagParser:
    parser = FlagParser("ddsp_prepare_tfrecord", "Create a data set (TFRecord) from recordings.")
    add = parser.add_argument
    add(
        "--input_audio_filepatterns",
        action="append",
        required=True,
        metavar="PATTERNS",
        help="files, folders (searched recursively) or patterns; commas between several, or the flag again",
    )
    add("--output_tfrecord_path", required=True, metavar="PATH", help="prefix of the files to write")
    add("--num_shards", type=int, default=10, help="number of files (10)")
    add("--sample_rate", type=int, default=16000, help="Hz of the audio (16000)")
    add("--frame_rate", type=int, default=250, help="pitch and loudness values a second (250; 0: audio alone)")
    add("--example_secs", type=float, default=4.0, help="length of one example (4; 0: whole chunks)")
    add("--hop_secs", type=float, default=1.0, help="distance between two examples' starts (1)")
    add("--eval_split_fraction", type=float, default=0.0, help="share of the audio to hold out for evaluation (0)")
    add(
        "--chunk_secs",
        type=float,
        default=20.0,
        help="length of the pieces that are analysed and held out (20; 0: whole recordings)",
    )
    parser.add_switch("center", False, "centre frames on their time stamps, which adds one frame; vst models need it")
    parser.add_switch("viterbi", True, "smooth the pitch with the most likely path")
    add(
        "--pipeline_options",
        default="",
        metavar="OPTIONS",
        help="work in an Apache Beam pipeline with these options, commas between them (not in one)",
    )
    add("--held_out", choices=SPLITS, help="hold out whole recordings, or chunks (chunk, if a fraction is given)")
    add("--tracker", choices=TRACKERS, default="crepe", help="pitch tracker (crepe)")
    add("--crepe_capacity", choices=CREPE_CAPACITIES, default="full", help="size of CREPE (full)")
    add("--cache_dir", default="", help="folder that keeps features (.feature_cache beside the data set)")
    add("--processes", type=int, default=0, help="number of processes (one for each core, if there is enough work)")
    add("--seed", type=int, default=0, help="random seed that chooses what is held out (0)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
