r"""Write a trained model as a SavedModel, for the DDSP-VST plug-in (with the flags of the reference), or for others.

ddsp_export --model_path=RUN_OR_CHECKPOINT --save_dir=DIR --inference_model=autoencoder
ddsp_export --name=Tuba --model_path=RUN_OR_CHECKPOINT --inference_model=vst_stateless_predict_controls --tflite
ddsp_export --model_path=RUN_OR_CHECKPOINT --share=Tuba.timbre --licence="CC BY 4.0"
"""

import argparse
import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ddsp_backend.cli.console import run_in_terminal
from ddsp_backend.cli.flags import FlagParser, arguments, fields_in, spec_from
from ddsp_backend.errors import ConfigError
from ddsp_backend.jobs.model_specs import INFERENCE_MODELS, ExportSpec
from ddsp_backend.jobs.sharing_specs import ShareSpec
from ddsp_backend.jobs.tracker_table import CREPE_CAPACITIES
from ddsp_backend.storage import any_path

_NO_TFJS = (
    "--tfjs: files for the web are not written. Their converter, tensorflowjs 4.22, needs TensorFlow 2.19, and this "
    "program works with 2.20 or later. Leave --tfjs out, and convert the SavedModel in an environment of its own"
)

_BINDINGS: dict[str, tuple[str, tuple[type, ...]]] = {
    "AutoencoderInference.length_seconds": ("length_seconds", (float, int)),
    "AutoencoderInference.remove_reverb": ("remove_reverb", (bool,)),
    **{f"VSTSynthesize{part}.new_hop_size": ("new_hop_size", (int,)) for part in ("", "Harmonic", "Noise")},
}
"""What --gin_param can bind, the field of the spec that it is, and its types."""


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0 finished, 1 failed, 2 wrong flags, 130 stopped."""
    parser = _parser()
    flags = parser.parse_args(arguments(argv))
    if flags.share:
        return _share(flags, parser)
    if flags.tfjs:
        parser.error(_NO_TFJS)
    if flags.metadata is None:
        flags.metadata = flags.tflite  # it is on in the reference too
    if flags.name and not flags.save_dir:
        flags.save_dir = _beside(flags.model_path, flags.name)
    return run_in_terminal(spec_from(lambda: _spec(flags)))


def _spec(flags: Namespace) -> ExportSpec:
    fields = {**fields_in(flags, ExportSpec), **_bound(flags.gin_param)}
    return ExportSpec(**fields, impulse_response=flags.reverb)


def _bound(gin_params: Sequence[str]) -> dict[str, Any]:
    """The spec's fields that bindings of the reference's inference models stand for. Raises ConfigError."""
    if not gin_params:
        return {}
    from ddsp_backend.config.statements import statements_of_text  # gin, which few need here

    found: dict[str, Any] = {}
    for text in gin_params:
        for statement in statements_of_text(text, f'--gin_param="{text}"', ()):
            name = f"{statement.name.rsplit('.', 1)[-1]}.{statement.parameter}"
            if name not in _BINDINGS:
                raise ConfigError(f"--gin_param: there is no {name} here", f"There are {', '.join(_BINDINGS)}.")
            field, kinds = _BINDINGS[name]
            if type(statement.value) not in kinds:
                kind = " or ".join(each.__name__ for each in kinds)
                raise ConfigError(f"--gin_param: {name} = {statement.value!r} cannot be used", f"It must be {kind}.")
            found[field] = statement.value
    return found


def _share(flags: argparse.Namespace, parser: FlagParser) -> int:
    """Writes the file for others, and nothing else."""
    if not flags.licence:
        parser.error('--share needs --licence: what others may do with the model, such as "CC0" or "CC BY 4.0"')
    name = flags.name or Path(flags.share).stem
    spec = spec_from(
        lambda: ShareSpec(
            model_path=flags.model_path, output_path=flags.share, name=name, licence=flags.licence, maker=flags.maker
        )
    )
    return run_in_terminal(spec)


def _beside(model_path: str, name: str) -> str:
    """A folder in that of the run."""
    source = any_path(model_path)
    return str((source if source.is_dir() else source.parent) / name)


def _parser() -> FlagParser:
    parser = FlagParser(
        "ddsp_export", "Write a trained model as a SavedModel, for the DDSP-VST plug-in, or for others."
    )
    add = parser.add_argument
    add(
        "--model_path",
        required=True,
        metavar="PATH",
        help="folder of a run, or path of a checkpoint without its ending",
    )
    add("--save_dir", default="", metavar="FOLDER", help="where to write (a folder of --name in that of the run)")
    add("--name", default="", help="name of that folder (export), of the plug-in's file (model), or of what is shared")
    add("--inference_model", choices=INFERENCE_MODELS, default="autoencoder", help="what to export (autoencoder)")
    add("--length_seconds", type=float, default=4.0, help="length of what the autoencoder plays (4)")
    parser.add_switch("remove_reverb", True, "leave the learned room out of the autoencoder")
    add("--new_hop_size", type=int, default=0, metavar="SAMPLES", help="hop of vst_synthesize (the model's own)")
    add("--crepe_capacity", choices=CREPE_CAPACITIES, default="full", help="size of CREPE in vst_extract_features")
    parser.add_switch("reverb", True, "also write the learned room as a wav file")
    text = "write it at this rate too (44100; 0: no)"
    add("--reverb_sample_rate", dest="impulse_response_rate", type=int, default=44100, metavar="HZ", help=text)
    parser.add_switch("tflite", False, "also write the file that DDSP-VST loads (vst_stateless_predict_controls)")
    parser.add_switch("tfjs", False, "not offered: files for the web")
    parser.add_switch("metadata", None, "also write metadata.json beside it; as --tflite if left out")
    text = "JSON file that the plug-in's file shall hold instead (it is written from the model and its data set)"
    add("--metadata_file", default="", metavar="FILE", help=text)
    text = "pattern of the data set whose notes tell the instrument's range (that of the run)"
    add("--dataset_path", default="", metavar="PATTERN", help=text)
    add("--share", default="", metavar="FILE", help="write one file for others instead, ending in .timbre")
    add("--licence", default="", metavar="TEXT", help="with --share: what others may do with the model")
    add("--maker", default="", metavar="NAME", help="with --share: who made it")
    parser.add_switch("debug", False, "make and check everything, but write nothing")
    text = "a flag as the reference has it, e.g. AutoencoderInference.length_seconds = 4"
    add("--gin_param", action="append", default=[], metavar="NAME=VALUE", help=text)
    parser.add_allowed_modules("a Python module of your own that the model was trained with (docs/python.md)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
