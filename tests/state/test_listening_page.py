"""What the listening page says of a recording that cannot be played, and the progress of what is running."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from app.state.listening_page import ListeningChoice, files_of, listening_page_state
from app.state.notices import activity_of
from app.state.renders import (
    Render,
    RenderOptions,
    RenderPhase,
    fold_render,
    load_options,
    load_renders,
    new_render,
    save_options,
    save_render,
)
from app.state.run_state import RunState, fold_all
from ddsp_backend.jobs.events import ArtifactWritten, Failed, Progressed, Started
from ddsp_backend.jobs.job_table import JobKind
from ddsp_backend.jobs.kinds import Unit


def test_that_a_recording_that_cannot_be_played_says_why_and_what_cures_it() -> None:
    render = fold_render(
        Render("/music/notes.wav", "/out.wav"),
        Failed("notes.wav: this is no audio file", "Convert it to wav.", without_file="this is no audio file"),
    )
    page = listening_page_state(RunState(), (render,), ListeningChoice(), is_trained=True)
    assert page.title == "notes.wav"
    assert page.detail == "This is no audio file. Convert it to wav."


def test_that_a_stage_that_is_done_does_not_look_like_a_job_that_is_done() -> None:
    for done, fraction in ((0.0, 0.0), (0.5, 0.5), (1.0, None)):
        run = fold_all(RunState(), (Started(JobKind.TRAIN), Progressed("Building the model", done, 1.0, Unit.MODELS)))
        activity = activity_of(run)
        assert activity is not None
        assert activity.fraction == fraction


def test_that_a_variant_says_what_is_different_about_it() -> None:
    assert RenderOptions().words() == ""
    assert RenderOptions(pitch_shift=-24, fit=True).words() == "2 octaves down, fitted"
    assert RenderOptions(pitch_shift=1, loudness_shift=-3, reverb=False).words() == "1 semitone up, -3 dB, no room"
    assert RenderOptions(as_plugin=True, reverb=False).words() == "as DDSP-VST plays it"  # which has no room anyway
    assert RenderOptions(threshold=1.0, autotune=0.5).words() == "gate 100%, autotune 50%"


def test_that_variants_are_kept_and_those_of_older_versions_are_read(tmp_path: Path) -> None:
    options = RenderOptions(pitch_shift=12, fit=True, autotune=0.3)
    render = new_render(tmp_path, "/music/a.wav", options, ())
    Path(render.output_path).touch()
    save_render(replace(render, result={"step": "300"}))
    (tmp_path / "old.wav").touch()
    old = {"format": 1, "input_path": "/music/b.wav", "reverb": False, "pitch_shift": 2, "loudness_shift": 0}
    (tmp_path / "old.json").write_text(json.dumps({**old, "result": {}}))
    found = {each.input_path: each for each in load_renders(tmp_path)}
    assert found["/music/a.wav"].options == options
    assert found["/music/a.wav"].step == 300
    assert found["/music/b.wav"].options == RenderOptions(reverb=False, pitch_shift=2.0)


@pytest.mark.parametrize("text", ["", "[]", '{"pitch_shift": 1e9}', '{"autotune": []}', '{"pitch_shift": "high"}'])
def test_that_settings_that_make_no_sense_are_those_that_come(tmp_path: Path, text: str) -> None:
    (tmp_path / "options.json").write_text(text)
    assert load_options(tmp_path) == RenderOptions()
    save_options(tmp_path, RenderOptions(fit=True))
    assert load_options(tmp_path) == RenderOptions(fit=True)
    assert load_renders(tmp_path) == ()


def test_that_while_a_variant_is_made_the_one_before_it_is_heard() -> None:
    done = Render("/a.wav", "/out/a.wav", RenderOptions(), RenderPhase.DONE, result={"output_audio": "/out/a.wav"})
    running = Render("/a.wav", "/out/a 2.wav", RenderOptions(fit=True), RenderPhase.RUNNING)
    choice = ListeningChoice(key="render:/out/a 2.wav")
    heard = files_of(RunState(), (done, running), choice)
    assert heard is not None
    assert heard.audio[1] == "/out/a.wav"
    begun = fold_all_render(running, "/tmp/out.wav", "/tmp/in.wav")
    first = files_of(RunState(), (done, begun), choice)
    assert first is not None
    assert first.audio[:2] == ("/tmp/in.wav", "/tmp/out.wav")
    assert first.is_passing
    assert first.piece == heard.piece


def fold_all_render(render: Render, output: str, original: str) -> Render:
    for kind, path in (("beginning_output_audio", output), ("beginning_input_audio", original)):
        render = fold_render(render, ArtifactWritten(kind, path))
    return render
