"""Runs a recorder in a process of its own: one command a line on stdin, one answer a line on stdout."""

import json
import os
import sys
from pathlib import Path

from app.audio.recorder import Recorder


def main() -> None:
    recorder = Recorder(float(os.environ.get("SILENCE_SECONDS", "60")))
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        answer: object = None
        if name == "listen":
            device = recorder.snapshot().devices[arguments[0]]
            recorder.listen(device, arguments[1])
        elif name == "begin":
            recorder.begin(Path(arguments[0]))
        elif name == "snapshot":
            now = recorder.snapshot()
            answer = {
                "devices": [device.name for device in now.devices],
                "is_listening": now.device is not None,
                "input": now.device.name if now.device is not None else "",
                "is_recording": now.is_recording,
                "peak": now.peak,
                "is_clipping": now.is_clipping,
                "seconds": now.seconds,
                "takes": [str(path) for path in now.takes],
                "problem": str(now.problem) if now.problem else "",
            }
        else:
            answer = getattr(recorder, name)(*arguments)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    recorder.close()


main()
