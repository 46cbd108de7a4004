"""`python -m benchmarks [NAME ...] [--json FILE] [--smoke]`: times the work and prints a table.

`preparation` takes real recordings where --recordings names their folder.
`learning` runs only if it is named, with --recordings, --features and --curve: see benchmarks/learning.py.
`side_by_side` runs only if it is named, with --reference: see benchmarks/side_by_side.py.
`sound` runs only if it is named, and alone: it judges a training's folder, --run: see benchmarks/sound.py.

--smoke runs everything in a tiny size and compares it with its plain formulation instead; the times then mean nothing.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from benchmarks import sound
from benchmarks.measurement import REFERENCE_GFLOPS, Measurement, matrix_product_gflops

NAMES = (
    *("train_step", "memory", "first_step", "workers"),
    *("crepe", "preparation", "render", "streaming", "live", "window", "growth", "upload", "following"),
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; all if none is given")
    parser.add_argument("--json", type=Path, help="write the figures there")
    parser.add_argument("--smoke", action="store_true", help="run tiny sizes and check results, not times")
    for name in ("recordings", "features", "curve"):
        parser.add_argument(f"--{name}", type=Path, help="for learning; recordings for preparation and sound too")
    parser.add_argument("--seed", type=int, default=1, help="for learning")
    parser.add_argument("--run", type=Path, help="for sound: the folder of a training")
    parser.add_argument("--reference", type=Path, help="for side_by_side: a Python that has magenta/ddsp")
    options = parser.parse_args()
    material = [options.recordings, options.features, options.curve]
    if "learning" in options.names and None in material:
        parser.error("learning needs --recordings FOLDER, --features FILE and --curve FILE")
    if "side_by_side" in options.names and options.reference is None:
        parser.error("side_by_side needs --reference PYTHON, one that has magenta/ddsp")
    if "sound" in options.names:
        if options.run is None or options.names != ["sound"]:
            parser.error("sound needs --run FOLDER, and is named alone")
        sound.report(options.run, options.recordings, options.json)
        return
    unknown = set(options.names) - {*NAMES, "learning", "side_by_side"}
    if unknown:
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    gflops = matrix_product_gflops(256 if options.smoke else 4096)
    print(
        f"This machine's limit: {gflops:.0f} GFLOP/s (float32 matrix product); the reference's: {REFERENCE_GFLOPS:.0f}"
    )
    print(f"{'work':48} {'median':>18} {'spread':>7} {'of limit':>8} {'ratio':>7} {'at equal speed':>14}")
    found: list[Measurement] = []
    for name in options.names or NAMES:
        module = import_module(f"benchmarks.{name}")
        given = {
            "learning": [*material, options.seed],
            "side_by_side": [options.reference],
            "preparation": [options.smoke, options.recordings],
        }.get(name, [options.smoke])
        measurements: Iterator[Measurement] = module.measure(*given)
        for measurement in measurements:
            found.append(measurement)
            print(_line(measurement, gflops), flush=True)
    if options.json:
        rows = [{**asdict(m), "median": m.median, "ratio": m.ratio} for m in found]
        options.json.write_text(json.dumps({"gflops": gflops, "measurements": rows}, indent=1))


def _line(m: Measurement, gflops: float) -> str:
    share, ratio, equal = m.share_of_limit(gflops), m.ratio, m.ratio_at_equal_speed(gflops)
    value = f"{m.median:.3g} {m.unit}"
    cells = ["" if share is None else f"{share:.0%}", *("" if x is None else f"{x:.1f} x" for x in (ratio, equal))]
    note = "" if m.limit is None else f"  (limit {m.limit:g} {m.unit})"
    return f"{m.work:48} {value:>18} {m.spread:>7.0%} {cells[0]:>8} {cells[1]:>7} {cells[2]:>14}{note}"


if __name__ == "__main__":
    main()
