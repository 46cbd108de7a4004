"""Recordings through a small model in a real worker process, as the window asks for them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile
from pytestqt.qtbot import QtBot

from app.audio.loading import load_sound
from app.controllers.rendering import Rendering
from app.controllers.transfer import Transfer
from app.jobs.queue import JobQueue
from app.state.instrument import Instrument, create
from app.state.listening_page import SoundPart, render_files
from app.state.renders import Render, RenderOptions, RenderPhase, load_renders
from app.state.run_state import RunState, fold
from ddsp_backend.jobs.events import CheckpointSaved
from tests import recordings
from tests.inference.instruments import write_instrument
from tests.live.test_midi_file import END, track, write

PATIENCE = 60_000  # ms; never waited for in full unless something is broken


@pytest.fixture
def instrument(tmp_path: Path) -> Instrument:
    made = create(tmp_path / "library", "Posaune 🎺", pitch="fast")
    write_instrument(made.model_path, "models/vst/vst.gin")
    return made


@pytest.fixture
def rendering(qtbot: QtBot) -> Iterator[Rendering]:
    queue = JobQueue()
    made = Rendering(queue)
    yield made
    qtbot.waitUntil(queue.is_idle, timeout=PATIENCE)
    made.close()


def test_that_a_recording_is_played_fitted_and_kept_by_a_real_worker(
    instrument: Instrument, rendering: Rendering, tmp_path: Path, qtbot: QtBot
) -> None:
    transfer = Transfer(rendering)
    tone = sum(recordings.tone(2.345, 44100, hz=k * 880, level=0.3 / k) for k in (1, 2, 3))
    take = str(recordings.write(tmp_path / "take 1.wav", tone, 44100))
    run = fold(RunState(), CheckpointSaved(1, "ckpt-1"))

    def played(options: RenderOptions) -> Render:
        transfer.choose_options(instrument, options)
        with qtbot.waitSignal(transfer.chosen, timeout=PATIENCE) as asked:
            transfer.play_again(instrument, run, take)

        def found() -> Render:
            return next(each for each in rendering.renders(instrument) if [each.output_path] == asked.args)

        qtbot.waitUntil(lambda: not found().phase.is_active, timeout=PATIENCE)
        return found()

    plain = played(RenderOptions())
    assert plain.phase is RenderPhase.DONE, plain.problem
    assert plain.step == 1
    for kind in ("output_audio", "input_audio", "harmonic_audio", "noise_audio"):
        assert soundfile.info(plain.result[kind]).duration == pytest.approx(2.345, abs=1e-3), kind

    refused = played(RenderOptions(fit=True))
    assert refused.phase is RenderPhase.FAILED
    assert refused.problem.startswith("Recordings cannot be fitted to this model")
    rendering.remove(instrument, refused.output_path)

    statistics = {"lowest_midi": 55, "highest_midi": 65, "voiced_power_db": [-50.0, -20.0]}
    instrument.manifest_path.parent.mkdir(exist_ok=True)
    instrument.manifest_path.write_text(json.dumps({"settings": {}, "statistics": statistics}))
    fitted = played(RenderOptions(fit=True))
    assert fitted.octaves == -2, fitted.problem
    assert fitted.result["input_audio"] == plain.result["input_audio"]  # one copy for all variants

    assert played(RenderOptions()) == plain  # what is there is not made twice
    assert load_renders(instrument.renders_path) == (plain, fitted)  # as the next window finds it


def test_that_a_midi_file_is_played_and_can_be_heard(
    instrument: Instrument, rendering: Rendering, tmp_path: Path, qtbot: QtBot
) -> None:
    song = write(tmp_path / "song.mid", track("00 90 45 64", "60 45 00", END))
    transfer = Transfer(rendering)
    with qtbot.waitSignal(transfer.chosen, timeout=PATIENCE):
        transfer.play(instrument, (str(tmp_path),))  # it is found in its folder
    qtbot.waitUntil(lambda: not rendering.renders(instrument)[0].phase.is_active, timeout=PATIENCE)
    (render,) = rendering.renders(instrument)
    assert (render.phase, render.input_path) == (RenderPhase.DONE, str(song)), render.problem
    sound = load_sound(render_files(render), None)
    assert sound.parts == (SoundPart.RESYNTHESIZED, SoundPart.HARMONIC, SoundPart.NOISE)
    assert sound.pictures.output_spectrogram is not None
    assert sound.pictures.seconds == pytest.approx(1.0, abs=0.1)
    assert set(render.files()) < {str(path) for path in instrument.renders_path.rglob("*")}
    rendering.remove(instrument, render.output_path)
    assert not list(instrument.renders_path.rglob("song*"))
