r"""Play recordings of any length, MIDI files, or ready features, through a trained model.

ddsp_render --model_path=RUN_OR_CHECKPOINT --input=FILE --output=OUT.wav
ddsp_render --model_path=RUN_OR_CHECKPOINT --input FOLDER MORE.wav --output=FOLDER
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from ddsp_backend.audio.formats import AUDIO_SUFFIXES, MIDI_SUFFIXES
from ddsp_backend.audio.search import search
from ddsp_backend.cli.console import EXIT_FAILED, EXIT_FINISHED, run_in_terminal
from ddsp_backend.cli.flags import FlagParser, arguments, fields_in, spec_from
from ddsp_backend.cli.signals import EXIT_STOPPED
from ddsp_backend.jobs.model_specs import RenderSpec
from ddsp_backend.jobs.sound_form import DEPTHS, SAMPLE_RATES, Depth
from ddsp_backend.jobs.tracker_table import CREPE_CAPACITIES, TRACKERS

_FILES = {
    "features": "npz file with audio, f0_hz, loudness_db and optionally f0_confidence, each with a batch axis",
    "output": "the wav file to write; for several recordings, the folder for wav files with the same names",
    "controls": "the npz file to write with the outputs of the model",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0 finished, 1 something failed, 2 wrong flags, 130 stopped."""
    parser = _parser()
    flags = parser.parse_args(arguments(argv))
    if bool(flags.inputs) == bool(flags.features_path):
        parser.error("give either --input=RECORDING or --features=FILE.npz, to say what to play")
    if not flags.output_path and not flags.controls_path:
        parser.error("say where to write: --output=OUT.wav for audio, --controls=FILE.npz for the outputs of the model")
    if len(flags.inputs) > 1 or any(Path(given).expanduser().is_dir() for given in flags.inputs):
        return _render_all(flags, parser)
    flags.input_path = next(iter(flags.inputs), "")
    return run_in_terminal(_spec(flags))


def _render_all(flags: argparse.Namespace, parser: FlagParser) -> int:
    """Plays every recording, each into a file of its name; those that cannot be played do not end the others."""
    folder = Path(flags.output_path).expanduser()
    if flags.controls_path or not flags.output_path or folder.suffix or folder.is_file():
        parser.error("for several recordings give a folder: --output=FOLDER, without --controls")
    found = search(flags.inputs, AUDIO_SUFFIXES | MIDI_SUFFIXES)
    for problem in found.problems.values():
        print(problem, file=sys.stderr)
    n_failed = len(found.problems)
    flags.input_path = flags.model_path  # any name: the spec of each recording has its own
    spec = _spec(flags)
    for path, output in zip(found.files, _outputs(folder, found.files), strict=True):
        code = run_in_terminal(replace(spec, input_path=str(path), output_path=str(output)))
        if code == EXIT_STOPPED:
            return code
        n_failed += code != EXIT_FINISHED
    if not found.files:
        print("The given files and folders contain no recording.", file=sys.stderr)
        return EXIT_FAILED
    n_all = len(found.files) + len(found.problems)
    print(f"{n_all - n_failed} of {n_all} files were played into {folder}")
    return EXIT_FAILED if n_failed else EXIT_FINISHED


def _spec(flags: argparse.Namespace) -> RenderSpec:
    spec = spec_from(lambda: RenderSpec(**fields_in(flags, RenderSpec)))
    assert isinstance(spec, RenderSpec)
    return spec


def _outputs(folder: Path, recordings: Iterable[Path]) -> list[Path]:
    """`take.wav`, and `take 2.wav` for another recording of that name."""
    taken: set[str] = set()
    found = []
    for recording in recordings:
        name, n = recording.stem, 1
        while name.casefold() in taken:
            n += 1
            name = f"{recording.stem} {n}"
        taken.add(name.casefold())
        found.append(folder / f"{name}.wav")
    return found


def _parser() -> FlagParser:
    parser = FlagParser(
        "ddsp_render", "Play recordings, MIDI files, or features that are already computed, through a trained model."
    )
    add = parser.add_argument
    add(
        "--model_path",
        required=True,
        metavar="PATH",
        help="folder of a run, or path of a checkpoint without its ending",
    )
    add(
        "--input",
        dest="inputs",
        nargs="+",
        action="extend",
        default=[],
        metavar="PATH",
        help="recordings of any length, MIDI files, or folders of them",
    )
    for name, text in _FILES.items():
        add(f"--{name}", dest=f"{name}_path", default="", metavar="PATH", help=text)
    parser.add_switch("parts", False, "also write the harmonic and the noise part, dry, beside the output")
    parser.add_switch("reverb", True, "play in the room that the model learned")
    parser.add_switch("as_plugin", False, "sound as in the DDSP-VST plug-in, without any room")
    parser.add_switch("fit", False, "bring pitch (by whole octaves) and loudness into the range that the model learned")
    add(
        "--sample_rate",
        type=int,
        choices=SAMPLE_RATES,
        default=0,
        help="of the output and its parts, in Hz (0: that of the model)",
    )
    add("--bits", choices=DEPTHS, default=Depth.FLOAT_32.value, help="of a sample of the output and its parts (float)")
    add(
        "--level",
        type=float,
        metavar="LUFS",
        help="bring the output to this loudness by ITU-R BS.1770, such as -23 (it keeps its own)",
    )
    add("--octave_shift", type=int, default=0, metavar="OCTAVES", help="move the pitch (0)")
    add("--pitch_shift", type=float, default=0.0, metavar="SEMITONES", help="move the pitch (0)")
    add("--loudness_shift", type=float, default=0.0, metavar="DB", help="play louder or more softly (0)")
    add(
        "--threshold",
        type=float,
        default=0.0,
        metavar="RATIO",
        help="turn down what is probably not a note; 1 is usual, at most 2 (0: off)",
    )
    add("--quiet", type=float, default=20.0, metavar="DB", help="by how many dB --threshold turns down (20)")
    add(
        "--autotune",
        type=float,
        default=0.0,
        metavar="AMOUNT",
        help="bring the pitch to the nearest note of the recording's scale: 0 not at all, 1 wholly (0)",
    )
    add(
        "--manifest",
        dest="manifest_path",
        default="",
        metavar="FILE",
        help="manifest of the model's data set, for --fit (the one that the run names)",
    )
    add(
        "--tracker",
        choices=TRACKERS,
        default="",
        help="pitch tracker (the one that the data set was prepared with, or crepe if that is unknown)",
    )
    add("--crepe_capacity", choices=CREPE_CAPACITIES, default="full", help="size of CREPE, with --tracker (full)")
    add(
        "--cache_dir",
        default="",
        metavar="FOLDER",
        help="folder that keeps the recordings' features (they are not kept)",
    )
    parser.add_allowed_modules("a Python module of your own that the model was trained with (docs/python.md)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
