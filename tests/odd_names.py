"""Names that the system takes although they are a challenge. Windows takes fewer."""

import os
import sys

IS_LIKE_WINDOWS = os.name == "nt" or "windows_files" in sys.modules  # see tests/without_posix


def odd_name(name: str) -> str:
    """The name, on Windows without what is not allowed there."""
    return "".join("_" if char in '<>:"/\\|?*\n' else char for char in name) if IS_LIKE_WINDOWS else name
