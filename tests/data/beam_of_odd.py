"""Prints as JSON what a pipeline of odd pieces of work gives, and how one of them that complains ends it.

python beam_of_odd.py FOLDER OPTION ...
"""

import json
import sys
from pathlib import Path

from ddsp_backend.data.beam_pipeline import BeamRunner
from ddsp_backend.data.stages import Stage
from ddsp_backend.errors import DdspError
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.kinds import Unit
from ddsp_backend.jobs.steps import drain
from tests.data.odd import Odd


def results(runner: BeamRunner, stages: list[list[str]]) -> list[list[dict]]:
    named = [Stage(f"{n}", len(wishes), Unit.FILES, [Odd(wish) for wish in wishes]) for n, wishes in enumerate(stages)]
    return drain(runner.run(named, CancelToken()))


if __name__ == "__main__":
    folder, *options = sys.argv[1:]
    runner = BeamRunner(options, Path(folder))
    found = results(runner, [[f"{number}" for number in range(40)], ["later"]])
    try:
        results(runner, [["complain", "a"], ["never"]])
    except DdspError as error:
        sys.stdout.write(json.dumps({"results": found, "error": [type(error).__name__, error.title, error.hint]}))
