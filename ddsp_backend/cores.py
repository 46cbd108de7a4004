"""How many cores of this computer the process may use."""

import os


def usable_cores() -> int:
    """All of them, or as many as the system gives to this process, where it can tell."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
