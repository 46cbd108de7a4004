"""What was heard before, by a recording's content: a second look at it is instant."""

import hashlib
from dataclasses import replace
from pathlib import Path

from ddsp_backend.errors import DdspError
from ddsp_backend.files import written_whole
from ddsp_backend.jobs.codec import event_from_json, to_json
from ddsp_backend.jobs.events import RecordingInspected

_VERSION = 3  # counts changes of what is found, and of the picture


class InspectionCache:
    """Entries are files written whole; a damaged one counts as missing and is written again."""

    def __init__(self, folder: str, tracker_name: str) -> None:
        """An empty `folder` keeps nothing."""
        self._folder = Path(folder) if folder else None
        self._kind = hashlib.blake2b(f"{_VERSION} {tracker_name}".encode(), digest_size=4).hexdigest()

    @property
    def keeps(self) -> bool:
        return self._folder is not None

    def picture_path(self, content: str) -> Path | None:
        """Where the picture of a recording with this content belongs."""
        return None if self._folder is None else self._folder / content / f"picture-{self._kind}.npz"

    def recall(self, content: str, path: str) -> RecordingInspected | None:
        """What was heard in a recording with this content, now found at `path`."""
        picture = self.picture_path(content)
        if picture is None or not picture.is_file():
            return None
        try:
            known = event_from_json(self._entry(picture).read_bytes())
        except (OSError, DdspError):
            return None
        return replace(known, path=path, picture=str(picture)) if isinstance(known, RecordingInspected) else None

    def keep(self, content: str, told: RecordingInspected) -> None:
        picture = self.picture_path(content)
        if picture is not None:
            with written_whole(self._entry(picture)) as temporary:
                temporary.write_text(to_json(told), encoding="utf-8")

    def _entry(self, picture: Path) -> Path:
        return picture.with_name(f"heard-{self._kind}.json")
