"""One worker of a cluster: runs the spec that it is given, its events as lines on stdout."""

import sys

from ddsp_backend.cli.signals import stopped_by_signals
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.codec import spec_from_json, to_json
from ddsp_backend.jobs.run import run

cancel = CancelToken()
with stopped_by_signals(cancel):
    for event in run(spec_from_json(sys.argv[1]), cancel):
        sys.stdout.write(to_json(event) + "\n")
        sys.stdout.flush()
