"""What is asked of Cloud Storage by name: look into a folder of a bucket, copy one from there or to there."""

from dataclasses import dataclass

from ddsp_backend.jobs.checks import require, require_text
from ddsp_backend.storage import SCHEME, is_bucket_path


@dataclass(frozen=True, slots=True, kw_only=True)
class ListBucketSpec:
    """Look at what lies in a folder of a bucket."""

    folder: str
    """gs://BUCKET/FOLDER; gs:// alone for the buckets of the project that one is logged in to."""

    def __post_init__(self) -> None:
        require(is_bucket_path(self.folder), "folder", self.folder, f"a path that begins with {SCHEME}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyFolderSpec:
    """Copy a folder with all that is below it, from a bucket to this machine or the other way."""

    source: str
    target: str
    """What is there already with the same content is not sent again; other files there stay."""

    def __post_init__(self) -> None:
        require_text("source", self.source)
        require_text("target", self.target)
        require(
            is_bucket_path(self.source) != is_bucket_path(self.target),
            "target",
            self.target,
            f"on this machine if the source begins with {SCHEME}, and the other way round",
        )
