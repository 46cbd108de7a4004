"""Runs a player in a process of its own: one command a line on stdin, one answer a line on stdout."""

import json
import sys
from pathlib import Path

import numpy as np

from app.audio.player import Player
from app.audio.tracks import matched


def main() -> None:
    player = Player()
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        answer: object = None
        if name == "load":
            paths, sample_rate, keeps_position = arguments
            sounds = [(Path(path).stem, np.load(path)) for path in paths]
            tracks = matched(sounds, sample_rate, range(len(sounds)))
            player.load(tracks, sample_rate, keeps_position=keeps_position)
        elif name == "snapshot":
            now = player.snapshot()
            answer = {
                "is_playing": now.is_playing,
                "seconds": now.seconds,
                "length": now.length,
                "problem": str(now.problem) if now.problem else "",
            }
        else:
            answer = getattr(player, name)(*arguments)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    player.close()


main()
