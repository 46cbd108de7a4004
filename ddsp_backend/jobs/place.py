"""Where a job runs when it does not run here: a file `place.json` beside its `job.json`."""

import json
import re
import uuid
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from ddsp_backend.errors import ConfigError, DataError
from ddsp_backend.files import written_whole
from ddsp_backend.jobs.folder import JobFolder
from ddsp_backend.jobs.spec import JobSpec
from ddsp_backend.json_reading import parse_json

EXIT_LEFT = 75
"""Of a process that relayed a job and left it running there: the host was lost, or the disk here is full."""

_FILE = "place.json"
_JOB = re.compile(r"[0-9a-f]{16}")
_TAIL = 4_100_000  # bytes; the longest line of a journal, and some
_ORIGIN = re.compile(rb'^\{"seq": \d{1,18}, "at": [\d.]{1,24}, "from": (\d{1,18}), ')


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A job's place on a host.

    Attributes:
      book: Folder of the host book (remote/hosts.py) that knows the host.
      address: The host's, as the book has it.
      job: The name of the job there. Starting it a second time under the same name joins it.
      offset: Bytes of its journal there that an earlier folder here has told already.
      others: Addresses of further hosts, which work on it too.
    """

    book: str
    address: str
    job: str
    offset: int = 0
    others: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not _JOB.fullmatch(self.job) or self.offset < 0:
            raise ConfigError(f"There can be no job {self.job!r} from byte {self.offset} on")

    @property
    def addresses(self) -> tuple[str, ...]:
        return (self.address, *self.others)

    def write(self, folder: Path) -> None:
        with written_whole(folder / _FILE) as temporary:
            temporary.write_text(json.dumps(asdict(self)) + "\n", encoding="utf-8")


def new_place(book: str, address: str, *others: str) -> Place:
    """A place for a job that was never started."""
    return Place(book=book, address=address, job=uuid.uuid4().hex[:16], others=others)


def create_job(folder: JobFolder, spec: JobSpec, place: Place | None) -> None:
    """Makes the folder of a job. Raises FileExistsError where a job already lies there.

    The place is written first: a process killed between the two writes then leaves nothing that looks like a local job.
    """
    if place is not None and not folder.holds_job():
        folder.path.mkdir(parents=True, exist_ok=True)
        place.write(folder.path)
    folder.create(spec)


def read_place(folder: Path) -> Place | None:
    """None for a job of this machine. Raises DataError where the file is damaged."""
    try:
        text = (folder / _FILE).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DataError(f"It cannot be read where this job runs: {error}") from error
    try:
        fields = parse_json(text)
        if not all(isinstance(fields[name], str) for name in ("book", "address", "job")):
            raise TypeError("a text is missing")
        others = tuple(str(other) for other in fields.get("others", ()))
        return Place(**{**fields, "offset": int(fields["offset"]), "others": others})
    except (ValueError, KeyError, TypeError, ConfigError) as error:
        raise DataError(f"{folder / _FILE} is damaged, so it is not known where this job runs: {error}") from error


def joined_where_left(folder: JobFolder) -> Place | None:
    """The place of a job that may still run, from the first event on that its folder here does not tell.

    None where somebody follows it, where its end is known, and for one of this machine. Raises DataError.
    """
    place = read_place(folder.path)
    code = folder.rc()
    if place is None or folder.is_alive() or (code is not None and 0 <= code != EXIT_LEFT):
        return None
    return replace(place, offset=max(place.offset, _last_origin(folder.events_path)))


def _last_origin(journal: Path) -> int:
    try:
        with journal.open("rb") as file:
            file.seek(max(0, journal.stat().st_size - _TAIL))
            lines = file.read().split(b"\n")[:-1]  # what stands after the last newline was never written to its end
    except OSError:
        return 0
    found = (_ORIGIN.match(line) for line in reversed(lines))
    return next((int(match[1]) for match in found if match), 0)
