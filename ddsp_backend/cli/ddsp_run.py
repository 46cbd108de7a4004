r"""Train, evaluate or sample, with the flags of the reference.

ddsp_run --mode=train --save_dir=RUN --gin_file=models/solo_instrument.gin --gin_file=datasets/tfrecord.gin \
  --gin_file=eval/basic_f0_ld.gin --gin_param="TFRecordProvider.file_pattern='OUT/data.tfrecord*'" \
  --gin_param="batch_size=16"
ddsp_run --mode=eval --save_dir=RUN --gin_file=datasets/tfrecord.gin --gin_file=eval/basic_f0_ld.gin --run_once
"""

import os
import sys
import time
from argparse import Namespace
from collections.abc import Sequence
from typing import Any

from ddsp_backend.cli.console import run_in_terminal
from ddsp_backend.cli.flags import FlagParser, arguments, spec_from
from ddsp_backend.cli.signals import EXIT_STOPPED
from ddsp_backend.errors import ConfigError
from ddsp_backend.jobs.spec import EvaluateSpec, JobSpec, SampleSpec, TrainSpec
from ddsp_backend.storage import any_path

_NOT_OFFERED = {
    "hypertune": "Timbre Studio does not report to Google's hyperparameter service",
}
_LONGEST_DELAY = 24 * 3600


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0 finished, 1 failed, 2 wrong flags, 130 stopped."""
    flags = _parser().parse_args(arguments(argv))
    spec = spec_from(lambda: _spec(flags))
    if flags.allow_memory_growth:
        os.environ["TF_FORCE_GPU_ALLOW_GROWTH"] = "true"  # read when TensorFlow is loaded, which the job does
    if flags.initial_delay_secs and flags.mode != "train":
        try:
            time.sleep(flags.initial_delay_secs)
        except KeyboardInterrupt:
            return EXIT_STOPPED
    return run_in_terminal(spec)


def spec_of(words: Sequence[str]) -> JobSpec:
    """The job that the command line asks for, its folder absolute. Raises ConfigError."""
    flags = _parser().parse_args(words)
    flags.save_dir = str(any_path(flags.save_dir).absolute())
    return _spec(flags)


def _spec(flags: Namespace) -> JobSpec:
    for name in _NOT_OFFERED:
        if getattr(flags, name):
            raise ConfigError(f"--{name} is not offered: {_NOT_OFFERED[name]}", f"Leave out --{name}.")
    if flags.initial_delay_secs is not None and not 0 <= flags.initial_delay_secs <= _LONGEST_DELAY:
        raise ConfigError(
            f"--initial_delay_secs={flags.initial_delay_secs} cannot be used", f"It must be from 0 to {_LONGEST_DELAY}."
        )
    common: dict[str, Any] = {
        "save_dir": flags.save_dir,
        "restore_dir": flags.restore_dir,
        "gin_files": tuple(flags.gin_file),
        "gin_params": tuple(flags.gin_param),
        "gin_search_paths": tuple(flags.gin_search_path),
        "allow_modules": tuple(flags.allow_modules),
    }
    if flags.mode == "train":
        return TrainSpec(
            **common,
            minutes=flags.minutes,
            until_flat=flags.until_flat,
            early_stop_loss_value=flags.early_stop_loss_value,
            tpu=flags.tpu,
            cluster_config=flags.cluster_config,
        )
    kind = EvaluateSpec if flags.mode == "eval" else SampleSpec
    return kind(**common, run_once=flags.run_once)


def _parser() -> FlagParser:
    parser = FlagParser("ddsp_run", "Train a model, measure it, or resynthesize held-out examples with it.")
    add = parser.add_argument
    add(
        "--mode", choices=("train", "eval", "sample"), default="train", help="what to do: train, eval or sample (train)"
    )
    add("--save_dir", required=True, help="folder of the run: checkpoints, config, summaries, samples")
    add("--restore_dir", default="", help="folder of the checkpoints to start from, or to measure (save_dir)")
    add("--gin_file", action="append", default=[], metavar="FILE", help="config file; may be given several times")
    add("--gin_param", action="append", default=[], metavar="NAME=VALUE", help="single binding, read after the files")
    add("--gin_search_path", action="append", default=[], metavar="DIR", help="another folder with gin files")
    parser.add_allowed_modules(
        "a Python module of your own, whose layers, losses and evaluators gin files may name (docs/python.md)"
    )
    add(
        "--early_stop_loss_value",
        type=float,
        metavar="LOSS",
        help="end training when the smoothed loss falls to this value",
    )
    add("--minutes", type=float, help="end training after this many minutes of steps, even before train.num_steps")
    parser.add_switch("until_flat", False, "end training when it no longer improves the model")
    parser.add_switch("run_once", False, "eval, sample: use the newest checkpoint and end, without waiting for others")
    add("--initial_delay_secs", type=int, metavar="SECONDS", help="eval, sample: wait before the start")
    parser.add_switch("allow_memory_growth", False, "take memory of a graphics card only as needed, not all at once")
    add("--tpu", default="", metavar="ADDRESS", help="train on TPU chips: local, or grpc://ADDRESS:8470")
    add("--cluster_config", default="", metavar="JSON", help="train with other machines (TF_CONFIG, if left out)")
    parser.add_switch("hypertune", False, "not offered")
    return parser


if __name__ == "__main__":
    sys.exit(main())
