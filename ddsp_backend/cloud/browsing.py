"""The job that looks into a folder of a bucket."""

from collections.abc import Generator, Iterator
from typing import Any

from ddsp_backend.cloud.client import TIMEOUT, connected, naming_cloud_errors, retry
from ddsp_backend.jobs.bucket_specs import ListBucketSpec
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import BucketEntryFound, Event, Noted
from ddsp_backend.storage import SCHEME, BucketPath

_MOST = 2000  # entries; a list that nobody reads to its end only keeps its reader waiting


def look_into(spec: ListBucketSpec, cancel: CancelToken) -> Generator[Event, None, dict[str, str]]:
    """Yields a BucketEntryFound for each bucket, or for each folder and file that lies in the folder.

    Raises StorageError.
    """
    with connected() as client:
        if spec.folder == SCHEME:
            yield from _buckets(client)
        else:
            yield from _entries(client, BucketPath.parse(spec.folder), cancel)
    return {"folder": spec.folder}


def _buckets(client: Any) -> Iterator[Event]:
    with naming_cloud_errors(SCHEME):
        buckets = list(client.list_buckets(max_results=_MOST, timeout=TIMEOUT, retry=retry()))
    for bucket in buckets:
        yield BucketEntryFound(f"{SCHEME}{bucket.name}", is_folder=True, size=0)


def _entries(client: Any, folder: BucketPath, cancel: CancelToken) -> Iterator[Event]:
    prefix = "".join(f"{part}/" for part in folder.parts)
    folders: set[str] = set()
    n_files = 0
    with naming_cloud_errors(str(folder)):
        listed = client.list_blobs(
            folder.bucket, prefix=prefix, delimiter="/", max_results=_MOST, timeout=TIMEOUT, retry=retry()
        )
        for page in listed.pages:
            cancel.raise_if_set()
            for name in sorted(set(page.prefixes) - folders):
                yield BucketEntryFound(str(folder / name.removeprefix(prefix)), is_folder=True, size=0)
            folders.update(page.prefixes)
            for blob in page:
                if blob.name != prefix:
                    n_files += 1
                    yield BucketEntryFound(str(folder / blob.name.removeprefix(prefix)), False, int(blob.size or 0))
    if n_files + len(folders) >= _MOST:
        yield Noted(f"Only the first {_MOST} entries of {folder} are listed", "Type the rest of the path.")
