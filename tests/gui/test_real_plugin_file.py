"""An instrument's file for the plug-in, made by a real worker process where the plug-in looks for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.controllers.plugin_sending import PluginSending
from app.jobs.queue import JobQueue
from app.jobs.worker import Worker
from app.state.instrument import Instrument, create
from app.state.notices import Notice, Tone
from app.state.plugin_file import Sending, SendPhase
from ddsp_backend.plugin.conformance import require_conforming
from tests.inference.instruments import write_instrument
from tests.plugin.instruments import write_model

PATIENCE = 60_000  # ms; never waited for in full unless something is broken


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The plug-in's folder in documents that the user has moved elsewhere."""
    documents = tmp_path / "Dokumente"
    documents.mkdir()
    config = tmp_path / "config"
    config.mkdir()
    (config / "user-dirs.dirs").write_text(f'XDG_DOCUMENTS_DIR="{documents}"\n')
    monkeypatch.setenv("XDG_CONFIG_HOME", str(config))
    return documents / "Magenta" / "DDSP" / "Models"


@pytest.fixture
def sending(qtbot: QtBot) -> Iterator[PluginSending]:
    queue, worker, window = JobQueue(), Worker(), QWidget()
    qtbot.addWidget(window)
    yield PluginSending(window, queue, worker)
    qtbot.waitUntil(queue.is_idle, timeout=PATIENCE)
    worker.close()


def wait(sending: PluginSending, instrument: Instrument, qtbot: QtBot) -> Sending:
    def is_over() -> bool:
        found = sending.sending(instrument)
        return found is not None and found.phase is not SendPhase.WORKING

    qtbot.waitUntil(is_over, timeout=PATIENCE)
    found = sending.sending(instrument)
    assert found is not None
    return found


@pytest.mark.slow
def test_that_a_file_is_made_where_the_plugin_looks_and_replaced_only_when_asked(
    models: Path, sending: PluginSending, tmp_path: Path, qtbot: QtBot
) -> None:
    instrument = create(tmp_path / "library", "Posaune 🎺")
    write_model(instrument.model_path)
    told: list[Notice] = []
    sending.told.connect(lambda path, notice: told.append(notice))
    sending.send(instrument)
    assert wait(sending, instrument, qtbot).phase is SendPhase.SENT, told
    file = models / "Posaune.tflite"
    require_conforming(file.read_bytes())
    assert [notice.tone for notice in told] == [Tone.WARNING]  # nobody knows its data set

    file.write_bytes(b"another one")
    sending.send(instrument)
    keep = sending.question_button("Keep it")
    assert keep is not None
    keep.click()
    assert file.read_bytes() == b"another one"

    sending.send(instrument)
    replace = sending.question_button("Replace it")
    assert replace is not None
    replace.click()
    assert wait(sending, instrument, qtbot).phase is SendPhase.SENT
    require_conforming(file.read_bytes())
    assert list(models.iterdir()) == [file]


@pytest.mark.slow
def test_that_a_model_that_the_plugin_cannot_play_is_refused_in_words(
    models: Path, sending: PluginSending, tmp_path: Path, qtbot: QtBot
) -> None:
    instrument = create(tmp_path / "library", "Solo")
    write_instrument(instrument.model_path, "models/solo_instrument.gin")
    told: list[Notice] = []
    sending.told.connect(lambda path, notice: told.append(notice))
    sending.send(instrument)
    assert wait(sending, instrument, qtbot).phase is SendPhase.FAILED
    assert [(notice.tone, "plays from loudness" in notice.title) for notice in told] == [(Tone.BAD, True)]
    assert "Streaming instrument" in told[0].hint
    assert not models.exists()
