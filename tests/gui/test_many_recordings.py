"""Twenty thousand recordings in one drop: all are listed, and none of what the window does at once grows with them."""

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
from pytestqt.qtbot import QtBot

from app.application import TimbreStudio
from app.jobs.thread import LARGEST_BATCH
from tests.gui.conftest import close

PATIENCE = 240_000  # ms
N_RECORDINGS = 20_000
RATE = 4000  # the lowest that is used: these are read for their number


@pytest.mark.slow
def test_that_twenty_thousand_recordings_are_listed_batch_by_batch(tmp_path: Path, qtbot: QtBot) -> None:
    lay_down(tmp_path / "takes")
    studio = TimbreStudio(tmp_path / "library", tmp_path / "settings.json")
    studio.show()
    qtbot.waitUntil(lambda: not studio.studio.is_reading, timeout=PATIENCE)
    studio.window.dropped.emit((str(tmp_path / "takes"),))
    qtbot.waitUntil(lambda: studio.studio.session is not None, timeout=PATIENCE)
    session = studio.studio.session
    assert session is not None
    batches: list[int] = []
    session.recordings.told.connect(lambda events: batches.append(len(events)))
    qtbot.waitUntil(lambda: session.intake.has_looked, timeout=PATIENCE)
    assert max(batches) <= LARGEST_BATCH
    assert len(session.intake.files) == N_RECORDINGS
    qtbot.waitUntil(studio.data_page.train_button.isEnabled, timeout=PATIENCE)
    model = studio.data_page.recordings.table.model()
    assert model.rowCount() == N_RECORDINGS
    rows = studio.data_controller.recordings.state().rows
    assert {row.detail.partition(",")[0] for row in rows} == {f"in day {place:02d}" for place in range(40)}
    close(studio, qtbot)


def lay_down(takes: Path) -> None:
    """Half a second of noise each, in folders of forty days that all count from one."""
    whole = io.BytesIO()
    soundfile.write(whole, np.zeros(RATE // 2, np.int16), RATE, subtype="PCM_U8", format="WAV")
    header, noise = whole.getvalue()[: -RATE // 2], np.random.default_rng(0)
    for day in range(40):
        (takes / f"day {day:02d}").mkdir(parents=True)
        for number in range(N_RECORDINGS // 40):
            (takes / f"day {day:02d}" / f"note_{number:03d}.wav").write_bytes(header + noise.bytes(RATE // 2))
