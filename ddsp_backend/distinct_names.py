"""Tells files of one name apart, by the folders that they lie in."""

import re
from collections import Counter
from collections.abc import Sequence

_SLASHES = re.compile(r"[/\\]")  # a path may have been written on another system
_DEEPEST = 4


def distinguishing_folders(names: Sequence[str], paths: Sequence[str]) -> list[str]:
    """For each of the files as few of its folders, "live/takes", as tell it from all others of its name; "" where there
    are none.

    Args:
      names: What the files at these paths are called.
    """
    counts = Counter(names)
    folders = [""] * len(paths)
    alike = [place for place, name in enumerate(names) if counts[name] > 1]
    parts = {place: _SLASHES.split(paths[place])[:-1] for place in alike}
    for depth in range(1, _DEEPEST + 1):
        for place in alike:
            folders[place] = "/".join(parts[place][-depth:])
        known = Counter((names[place], folders[place]) for place in alike)
        alike = [place for place in alike if known[names[place], folders[place]] > 1]
        if not alike:
            break
    return folders


def distinct_names(names: Sequence[str], paths: Sequence[str]) -> list[str]:
    """The names, those that repeat with their folders: "take_01 in live"."""
    folders = distinguishing_folders(names, paths)
    return [f"{name} in {folder}" if folder else name for name, folder in zip(names, folders, strict=True)]
