"""Looking into buckets and copying, with Google's own client, against an emulator."""

import base64
from pathlib import Path

import google_crc32c
import pytest

from ddsp_backend.errors import ConfigError
from ddsp_backend.jobs.bucket_specs import CopyFolderSpec, ListBucketSpec
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import BucketEntryFound, Event, Failed, Finished, Progressed, Stopped
from ddsp_backend.jobs.kinds import Unit
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import JobSpec
from tests.storage.cloud import BUCKET, Cloud

FOLDER = f"gs://{BUCKET}/takes"


@pytest.fixture
def cloud(client_cloud: Cloud) -> Cloud:
    return client_cloud


@pytest.fixture
def takes(cloud: Cloud) -> dict[str, bytes]:
    files = {"one.wav": b"first", "two [1] ü.wav": bytes(300_000), "dry/three.wav": b"third"}
    for name, content in files.items():
        cloud.put(f"takes/{name}", content)
    return files


def events_of(spec: JobSpec) -> list[Event]:
    return list(run(spec, CancelToken()))


def refusal_of(spec: JobSpec) -> Failed:
    last = events_of(spec)[-1]
    assert isinstance(last, Failed)
    assert not last.traceback, last.traceback
    return last


def files_below(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def n_moved(cloud: Cloud) -> int:
    """Requests that fetched or sent a content."""
    return sum("alt=media" in asked.target or asked.method in ("POST", "PUT") for asked in cloud.asked)


def test_that_a_folder_is_listed_with_its_folders_and_files(cloud: Cloud, takes: dict[str, bytes]) -> None:
    found = [event for event in events_of(ListBucketSpec(folder=FOLDER)) if isinstance(event, BucketEntryFound)]
    assert found == [
        BucketEntryFound(f"{FOLDER}/dry", is_folder=True, size=0),
        BucketEntryFound(f"{FOLDER}/one.wav", is_folder=False, size=5),
        BucketEntryFound(f"{FOLDER}/two [1] ü.wav", is_folder=False, size=300_000),
    ]


def test_that_buckets_are_listed(cloud: Cloud) -> None:
    found = [event for event in events_of(ListBucketSpec(folder="gs://")) if isinstance(event, BucketEntryFound)]
    assert found == [BucketEntryFound(f"gs://{BUCKET}", is_folder=True, size=0)]


def test_that_a_folder_comes_down_whole_and_only_once(cloud: Cloud, takes: dict[str, bytes], tmp_path: Path) -> None:
    spec = CopyFolderSpec(source=FOLDER, target=str(tmp_path / "here"))
    events = events_of(spec)
    assert events[-1] == Finished({"target": spec.target, "n_files": "3"})
    assert files_below(tmp_path / "here") == takes
    progress = [event for event in events if isinstance(event, Progressed) and event.unit is Unit.MEGABYTES]
    assert progress[-1].done == pytest.approx(sum(map(len, takes.values())) / 1e6)
    cloud.asked.clear()
    events_of(spec)
    assert n_moved(cloud) == 0


def test_that_a_folder_goes_up_whole_and_only_once(cloud: Cloud, tmp_path: Path) -> None:
    here = tmp_path / "data"
    (here / ".feature_cache").mkdir(parents=True)
    (here / ".feature_cache" / "kept_here").write_bytes(b"x")
    content = {"data.tfrecord-00000-of-00001": bytes(9_000_000), "data.manifest.json": b"{}"}
    for name, each in content.items():
        (here / name).write_bytes(each)
    spec = CopyFolderSpec(source=str(here), target=f"gs://{BUCKET}/sets/violin")
    assert isinstance(events_of(spec)[-1], Finished)
    assert {name.removeprefix("sets/violin/"): cloud.get(name) for name in cloud.names("sets/")} == content
    cloud.asked.clear()
    events_of(spec)
    assert n_moved(cloud) == 0


def test_that_what_comes_damaged_is_not_kept(cloud: Cloud, takes: dict[str, bytes], tmp_path: Path) -> None:
    cloud.damaged.add("takes/one.wav")
    refused = refusal_of(CopyFolderSpec(source=FOLDER, target=str(tmp_path / "here")))
    assert "takes/one.wav arrived damaged" in refused.title
    assert "Copy again" in refused.hint
    assert "one.wav" not in files_below(tmp_path / "here")


def test_that_a_stop_ends_it_between_two_pieces(cloud: Cloud, takes: dict[str, bytes], tmp_path: Path) -> None:
    cancel = CancelToken()
    events = run(CopyFolderSpec(source=FOLDER, target=str(tmp_path / "here")), cancel)
    next(events)
    cancel.set()
    assert isinstance(list(events)[-1], Stopped)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("xx_evil.wav", "../evil.wav"),
        ("xetc/evil.wav", "/etc/evil.wav"),
        ("a_______..evil.wav", "a\\..\\.\\evil.wav"),
        ("c_/evil.wav", "c:/evil.wav"),
    ],
)
def test_that_no_name_leads_out_of_the_folder(cloud: Cloud, tmp_path: Path, name: str, shown: str) -> None:
    cloud.put(f"takes/{name}", b"evil")
    cloud.disguised[f"takes/{name}"] = f"takes/{shown}"
    refused = refusal_of(CopyFolderSpec(source=FOLDER, target=str(tmp_path / "here")))
    assert "cannot be a file here" in refused.title
    assert not files_below(tmp_path / "here")


@pytest.mark.parametrize(
    ("status", "claim", "cure"),
    [
        (401, "does not accept the credential for gs://elsewhere", "gcloud auth application-default login"),
        (403, "no permission for gs://elsewhere", "Storage Object Admin"),
        (404, "There is no gs://elsewhere", "Check its name"),
        (507, "no room for gs://elsewhere", "Free some space"),
    ],
)
def test_that_a_refusal_is_a_sentence_with_its_cure(cloud: Cloud, status: int, claim: str, cure: str) -> None:
    cloud.refuse("elsewhere", status)
    refused = refusal_of(ListBucketSpec(folder="gs://elsewhere/takes"))
    assert claim in refused.title
    assert cure in refused.hint


def test_that_a_full_bucket_is_a_sentence(cloud: Cloud, tmp_path: Path) -> None:
    cloud.refuse(BUCKET, 507, "POST", "PUT")
    (tmp_path / "one.wav").write_bytes(b"first")
    refused = refusal_of(CopyFolderSpec(source=str(tmp_path), target=FOLDER))
    assert f"no room for {FOLDER}" in refused.title


def test_that_an_empty_folder_is_a_sentence(cloud: Cloud, tmp_path: Path) -> None:
    refused = refusal_of(CopyFolderSpec(source=f"{FOLDER}/none", target=str(tmp_path)))
    assert "There is nothing in" in refused.title


def test_that_one_side_is_a_bucket_and_the_other_is_not() -> None:
    with pytest.raises(ConfigError, match="target"):
        CopyFolderSpec(source="gs://one", target="gs://two")
    with pytest.raises(ConfigError, match="target"):
        CopyFolderSpec(source="/one", target="/two")
    with pytest.raises(ConfigError, match="folder"):
        ListBucketSpec(folder="/one")


def test_that_the_emulator_and_the_client_mean_the_same_checksum(cloud: Cloud, takes: dict[str, bytes]) -> None:
    checksum = google_crc32c.Checksum(takes["one.wav"]).digest()
    assert base64.b64encode(checksum).decode() in cloud._request(f"/storage/v1/b/{BUCKET}/o/takes%2Fone.wav").decode()
