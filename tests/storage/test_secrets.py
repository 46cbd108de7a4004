"""The credential for a bucket is shown to Cloud Storage, and to nobody else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from app.application import TimbreStudio
from app.state import instrument
from ddsp_backend.jobs.events import CheckpointSaved
from ddsp_backend.jobs.folder import JobFolder, follow
from ddsp_backend.jobs.spec import TrainSpec
from tests import tiny
from tests.gui.conftest import PATIENCE, close
from tests.storage.cloud import BUCKET, TOKEN, Cloud

HOUSE = Path(__file__).parents[2]


@pytest.mark.slow
def test_that_a_token_is_in_no_object_job_folder_output_or_report(cloud: Cloud, tmp_path: Path, qtbot: QtBot) -> None:
    params = [
        param.replace(str(tmp_path / "data"), f"gs://{BUCKET}/data")
        for param in tiny.train_params(tmp_path / "data", steps_per_save=5)
    ]
    for path in (tmp_path / "data").iterdir():
        cloud.put(f"data/{path.name}", path.read_bytes())
    # TensorFlow says more than a user sees.
    environment = {**os.environ, **cloud.environment, "TF_CPP_MIN_LOG_LEVEL": "0"}
    save_dir = f"gs://{BUCKET}/run"
    violin = instrument.create(tmp_path / "library", "Violin")
    job = JobFolder(violin.new_job_path("train"))
    job.create(TrainSpec(save_dir=save_dir, gin_files=tiny.GIN_FILES, gin_params=tuple(params), steps=100_000))

    command = [sys.executable, "-m", "ddsp_backend", "run", str(job.path)]
    with subprocess.Popen(
        command, cwd=HOUSE, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as child:
        for event in follow(job, 0, lambda child=child: child.poll() is None, lambda: True):
            if isinstance(event, CheckpointSaved) and event.step == 5:
                child.kill()
        output = child.stdout.read()
    cloud.refuse(BUCKET, 401)
    flags = [f"--save_dir={save_dir}", *(f"--gin_file={name}" for name in tiny.GIN_FILES)]
    command = [sys.executable, "-m", "ddsp_backend.cli.ddsp_run", *flags, *(f"--gin_param={param}" for param in params)]
    refused = subprocess.run(command, cwd=HOUSE, env=environment, capture_output=True, check=False, timeout=300)
    assert refused.returncode == 1
    assert b"does not accept the credential" in refused.stdout
    cloud.relent()

    studio = TimbreStudio(tmp_path / "library", tmp_path / "settings.json")
    studio.show()
    notice = studio.window.notice
    qtbot.waitUntil(notice.isVisible, timeout=PATIENCE)
    notice.copy_button.click()
    report = QGuiApplication.clipboard().text()
    close(studio, qtbot)

    assert f"Bearer {TOKEN}" in cloud.credentials
    assert job.log_tail() in report
    assert len(job.log_tail()) > 100
    objects = cloud.names()
    assert "run/ckpt-5.index" in objects
    assert "run/jobs/0001-train/events.jsonl" in objects
    written = [*map(cloud.get, objects), *(path.read_bytes() for path in violin.path.rglob("*") if path.is_file())]
    for content in (*written, output, refused.stdout, refused.stderr, report.encode()):
        assert TOKEN.encode() not in content
