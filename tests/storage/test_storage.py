"""Paths of Cloud Storage: how they are written, what they do, and what is said where they cannot do it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ddsp_backend.errors import ConfigError
from ddsp_backend.storage import BucketPath, any_path, prepare_environment
from ddsp_backend.storage_errors import storage_error
from tests.cli.shell import ENVIRONMENT
from tests.storage.cloud import BUCKET, Cloud

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a process with stock TensorFlow was answered (see asking.py), by name."""
    folder = tmp_path_factory.mktemp("asking")
    with Cloud(folder) as cloud:
        cloud.refuse("forbidden", 403)
        cloud.refuse("expired", 401)
        cloud.refuse("busy", 429)
        cloud.refuse("broken", 503)
        cloud.refuse("full", 507, "POST", "PUT")
        cloud.refuse(BUCKET, 503, "GET", name="broken/ckpt-5.index")
        done = subprocess.run(
            [sys.executable, "-m", "tests.storage.asking", BUCKET, str(folder)],
            cwd=ROOT,
            env={**ENVIRONMENT, **cloud.environment},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(json.loads(line) for line in done.stdout.splitlines())


def test_that_slashes_stay_and_parts_are_those_of_any_path():
    path = any_path("gs://studio/runs//violin/")
    assert isinstance(path, BucketPath)
    assert str(path) == "gs://studio/runs/violin"
    assert str(path / "clips/step-5") == "gs://studio/runs/violin/clips/step-5"
    assert (path.name, str(path.parent)) == ("violin", "gs://studio/runs")
    assert str(path.with_name("ckpt-5").parent.parent.parent) == "gs://studio"
    assert path == any_path(str(path))


def test_that_other_paths_are_those_of_this_machine():
    assert any_path("/data/gs:/x") == Path("/data/gs:/x")
    assert any_path("~/runs") == Path("~/runs").expanduser()


def test_that_a_bucket_must_be_named():
    with pytest.raises(ConfigError, match="names no bucket"):
        any_path("gs:///runs")


def test_that_a_bucket_path_is_no_path_of_the_system():
    with pytest.raises(TypeError):
        os.fspath(any_path("gs://studio/runs"))  # type: ignore[call-overload]


def test_that_an_object_is_written_whole_read_replaced_and_removed(answers):
    assert answers["upload"] is None
    assert answers["read"] == "first"
    assert answers["replace"] == "second, and longer"
    assert answers["size"] == len("second, and longer")
    assert answers["download"] == "second, and longer"
    assert answers["unlink"] is False
    assert answers["unlink again"] is None
    assert answers["remove tree"] == []


def test_that_folders_are_what_names_begin_with(answers):
    assert answers["is"] == [True, False, True, False]
    assert answers["files"] == [False, True, False, False]
    assert answers["list"] == [f"gs://{BUCKET}/papers/a [1].txt", f"gs://{BUCKET}/papers/below"]
    assert answers["glob"] == ["a [1].txt"]


def test_that_what_is_not_there_is_not_found(answers):
    assert answers["read nothing"] == f"FileNotFoundError gs://{BUCKET}/papers/none"
    assert answers["list nothing"] == f"FileNotFoundError gs://{BUCKET}/papers/none"


@pytest.mark.parametrize(
    ("name", "claim", "cure"),
    [
        ("forbidden", "no permission for gs://forbidden/run (403): refused", "Storage Object Admin"),
        ("evaluation", "no permission for gs://forbidden/run (403)", "Storage Object Admin"),
        ("export", "no permission for gs://forbidden/run", "Storage Object Admin"),
        ("data", "no permission for gs://forbidden", "Storage Object Admin"),
        ("expired", "credential for gs://expired/run", "gcloud auth application-default login"),
        ("missing-bucket", "There is no bucket 'missing-bucket'", "gcloud storage buckets create gs://missing-bucket"),
        ("write to none", "There is no bucket 'missing-bucket'", "gcloud storage buckets create"),
        ("no data", "There is no bucket 'missing-bucket'", "Check its name"),
        ("busy", "accepts no more requests for gs://busy/run", "Wait a while"),
        ("broken", "Cloud Storage fails at gs://broken/run (503)", "Try again later"),
        ("full", "The bucket has no room for gs://full/run/ckpt (507)", "Free some space there"),
        ("dead", "Cloud Storage cannot be reached: Could not connect to server", "https_proxy"),
    ],
)
def test_that_a_refusal_is_a_sentence_with_its_cure(answers, name, claim, cure):
    assert claim in answers[name]["title"]
    assert cure in answers[name]["hint"]


def test_that_a_checkpoint_which_cannot_be_fetched_is_not_taken_for_a_damaged_one(answers):
    """It would be passed over, and training would go on from an older one."""
    assert "Cloud Storage fails at" in answers["unreadable checkpoint"]["title"]


def test_that_a_used_up_quota_is_no_missing_permission():
    body = '{"error": {"message": "Quota exceeded for project 5", "errors": [{"reason": "quotaExceeded"}]}}'
    refused = storage_error(RuntimeError(f"HTTP response code 403 with body '{body}'\n\t when reading gs://studio/run"))
    assert refused is not None
    assert "the quota is used up (429): Quota exceeded for project 5" in refused.title


def test_that_an_error_of_something_else_is_left_alone():
    assert storage_error(ValueError("There is no gs://studio/run of which HTTP would speak")) is None


def test_that_the_environment_bounds_waiting_but_the_user_decides(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GCS_RETRY_CONFIG_MAX_RETRIES", "9")
    monkeypatch.setenv("NO_GCE_CHECK", "false")
    monkeypatch.delenv("GCS_READ_CACHE_BLOCK_SIZE_MB", raising=False)
    monkeypatch.setattr("os.environ", dict(os.environ))
    prepare_environment()
    assert os.environ["GCS_RETRY_CONFIG_MAX_RETRIES"] == "9"
    assert os.environ["NO_GCE_CHECK"] == "false"
    assert os.environ["GCS_READ_CACHE_BLOCK_SIZE_MB"] == "1"
