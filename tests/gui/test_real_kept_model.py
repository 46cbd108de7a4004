"""A kept checkpoint of a small real training plays in a real worker process, as the window asks for it."""

from pathlib import Path

import pytest
import soundfile
from pytestqt.qtbot import QtBot

from app.controllers.kept_playing import KeptPlaying
from app.controllers.session import InstrumentSession
from app.controllers.time_estimates import SpeedBook
from app.jobs.queue import JobQueue
from app.jobs.worker import Worker
from app.state.instrument import create
from app.state.kept_models import phrases_asked_for
from app.state.library import JobHistory
from app.state.run_state import RunState, fold_all
from ddsp_backend.config.presets import Preset
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import ClipRendered
from ddsp_backend.jobs.run import run
from ddsp_backend.jobs.spec import TrainSpec
from tests import tiny

PATIENCE = 60_000  # ms; never waited for in full unless something is broken
PRESET = Preset("datasets/tfrecord.gin", "Tiny", "", 1, tiny.SAMPLE_RATE, tiny.FRAME_RATE, False, tiny.SECONDS)


@pytest.mark.slow
def test_that_a_kept_model_plays_what_the_training_has_not(tmp_path: Path, qtbot: QtBot) -> None:
    instrument = create(tmp_path / "library", "Posaune 🎺", preset=PRESET.gin_file)
    params = tiny.train_params(tmp_path / "data", num_steps=2, steps_per_save=1, steps_per_held_out=2)
    spec = TrainSpec(save_dir=str(instrument.model_path), gin_files=tiny.GIN_FILES, gin_params=params)
    events = [event for event in run(spec, CancelToken()) if not (isinstance(event, ClipRendered) and event.step == 1)]
    for path in (instrument.model_path / "clips" / "step-1").glob("*"):
        path.unlink()
    queue, worker = JobQueue(), Worker()
    history = JobHistory(instrument, RunState(), fold_all(RunState(), events), None, 0)
    speeds = SpeedBook(tmp_path / "speeds.json")
    session = InstrumentSession(history, [PRESET], queue, worker, book=str(tmp_path / "hosts"), speeds=speeds)
    playing = KeptPlaying(queue, worker)
    assert session.run.clips.keys() == {2}
    assert playing.kept(session) == (1, 2)

    refused: list[str] = []
    playing.failed.connect(lambda title, hint: refused.append(f"{title}. {hint}"))
    playing.start(session, 1)
    assert playing.playing(session, 1) is not None
    qtbot.waitUntil(lambda: playing.playing(session, 1) is None, timeout=PATIENCE)
    assert not refused
    assert session.run.clips.keys() == {1, 2}
    (clip,) = session.run.clips[1].values()
    assert soundfile.info(clip.output_audio).frames == tiny.N_SAMPLES

    # The next window finds it beside what the journals say.
    assert phrases_asked_for(instrument.model_path, fold_all(RunState(), events)) == (clip,)
    qtbot.waitUntil(queue.is_idle, timeout=PATIENCE)
    worker.close()
