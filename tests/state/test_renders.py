"""Recordings that were played through a model: what is said of each, what they look like in the list, what is kept."""

from dataclasses import replace
from pathlib import Path

from app.state.listening_page import ListeningChoice, SoundPart, files_of, listening_page_state, rows_of
from app.state.notices import Tone
from app.state.renders import (
    Render,
    RenderOptions,
    RenderPhase,
    files_of_none_but,
    fold_render,
    load_renders,
    new_render,
    same_render,
    save_render,
)
from app.state.run_state import RunState, fold_all
from app.state.variant_words import description_of, making_of, short_of
from ddsp_backend.jobs.events import (
    ArtifactWritten,
    CheckpointSaved,
    ClipRendered,
    Event,
    Failed,
    Finished,
    Noted,
    Progressed,
    Started,
    Stopped,
)
from ddsp_backend.jobs.job_table import JobKind
from ddsp_backend.jobs.kinds import Unit

ASKED = Render("/music/a.wav", "/out/a.wav", RenderOptions(fit=True))


def after(*events: Event, render: Render = ASKED) -> Render:
    for event in events:
        render = fold_render(render, event)
    return render


RUNNING = after(Started(JobKind.RENDER), Progressed("Playing", 1.0, 4.0, Unit.AUDIO_SECONDS, seconds_left=30.0))
DONE = after(Finished({"output_audio": "/out/a.wav", "step": "1200", "octaves": "-1"}), render=RUNNING)


def clip(step: int, name: str, title: str = "") -> ClipRendered:
    return ClipRendered(step, name, "target", f"output {step}", "harmonic", "noise", "t.npy", "o.npy", title)


def test_that_a_render_is_followed_from_the_request_to_the_sound() -> None:
    assert (ASKED.phase, RUNNING.phase, DONE.phase) == (RenderPhase.WAITING, RenderPhase.RUNNING, RenderPhase.DONE)
    assert RUNNING.progress is not None
    assert DONE.progress is None
    assert (DONE.step, DONE.octaves) == (1200, -1)
    assert [each.phase.is_active for each in (ASKED, RUNNING, DONE)] == [True, True, False]
    odd = after(Finished({"step": "?", "octaves": "?"}))
    assert (odd.step, odd.octaves) == (None, 0)


def test_that_its_beginning_is_there_before_the_whole_and_gone_after_it() -> None:
    begun = after(ArtifactWritten("beginning_output_audio", "/tmp/o.wav"), render=RUNNING)
    assert begun.beginning == {"output_audio": "/tmp/o.wav"}
    assert after(ArtifactWritten("audio", "/x"), render=RUNNING).beginning == {}
    for word in (Finished({}), Stopped(), Failed("x")):
        assert after(word, render=begun).beginning == {}


def test_that_the_bar_of_a_variant_moves_only_while_a_stage_is_under_way() -> None:
    waiting, making = making_of(ASKED), making_of(RUNNING)
    assert waiting is not None
    assert (waiting.title, waiting.fraction) == ("Waiting", None)
    assert waiting.detail  # for what
    assert making is not None
    assert (making.title, making.fraction, making.detail) == ("Playing", 0.25, "30 s left")
    starting = making_of(after(Started(JobKind.RENDER)))
    assert starting is not None
    assert (starting.title, starting.fraction, starting.detail) == ("Starting", None, "")
    over = making_of(after(Progressed("Playing", 4.0, 4.0, Unit.AUDIO_SECONDS), render=RUNNING))
    assert over is not None
    assert over.fraction is None  # a full bar would look like a job that is done
    assert making_of(DONE) is None


def test_that_each_variant_says_what_it_is_or_what_went_wrong() -> None:
    assert "as it was recorded" in description_of(replace(ASKED, options=RenderOptions()))
    assert "first seconds" in description_of(
        after(ArtifactWritten("beginning_output_audio", "/tmp/o.wav"), render=RUNNING)
    )
    assert description_of(DONE) == "Played by the model of step 1,200: fitted 1 octave down."
    assert "Quiet." in description_of(after(Noted("Quiet"), Finished({}), render=RUNNING))
    assert description_of(after(Finished({}))).startswith("Played by the model:")
    assert description_of(after(Stopped())).startswith("Stopped")
    failed = after(Failed("a.wav: no audio in it", "Choose another.", without_file="no audio in it"))
    assert description_of(failed) == "No audio in it. Choose another."
    assert short_of(DONE) == "Step 1,200, fitted 1 octave down"
    assert short_of(after(Finished({"octaves": "2"}))) == "Fitted 2 octaves up"
    assert short_of(after(Finished({}))) == "Ready"


def test_that_the_list_shows_recordings_with_their_variants_the_newest_first() -> None:
    other = Render("/music/b.wav", "/out/b.wav", phase=RenderPhase.STOPPED)
    failed = after(
        Failed("a.wav: no audio in it", without_file="no audio in it"),
        render=replace(ASKED, output_path="/out/a 2.wav"),
    )
    rows = rows_of(RunState(), (DONE, RUNNING, other, failed))
    assert [(row.title, row.key) for row in rows] == [
        ("Your recordings", ""),
        ("a.wav", ""),
        ("Fitted", "render:/out/a 2.wav"),
        ("Fitted", "render:/out/a.wav"),
        ("Fitted", "render:/out/a.wav"),
        ("b.wav", ""),
        ("As it was recorded", "render:/out/b.wav"),
    ]
    tones = [row.tone for row in rows if row.is_variant]
    assert tones == [Tone.BAD, Tone.PLAIN, Tone.GOOD, Tone.PLAIN]
    assert [row.file for row in rows if row.is_variant] == ["", "", "/out/a.wav", ""]  # only a whole one is dragged out
    assert [row.can_stop for row in rows if row.is_variant] == [False, True, False, False]


def test_that_unheard_phrases_stand_by_number_and_apart_from_the_excerpts() -> None:
    clips = [clip(5, "clip 10"), clip(5, "clip 2"), clip(9, "clip 2", "take, D3, soft"), clip(9, "sample 1")]
    rows = rows_of(fold_all(RunState(), clips), ())
    assert [row.title for row in rows] == [
        "Unheard phrases",
        "take, D3, soft",
        "Phrase 10",
        "All unheard excerpts",
        "Excerpt 1",
    ]
    assert rows[1].detail == "Played 2 times, last at step 9"
    assert rows[2].detail == "Played at step 5"


def test_that_the_page_shows_the_chosen_clip_at_the_chosen_step() -> None:
    run = fold_all(RunState(), [clip(5, "clip 1"), clip(9, "clip 1"), CheckpointSaved(5, "p", is_best=True)])
    page = listening_page_state(run, (), ListeningChoice(key="clip:clip 1", step=5), is_trained=True)
    assert (page.selected, page.steps, page.step, page.best_step) == ("clip:clip 1", (5, 9), 5, 5)
    assert "step 5" in page.detail
    assert listening_page_state(run, (), ListeningChoice(), is_trained=True).step == 9
    gone = listening_page_state(run, (), ListeningChoice(key="clip:clip 7", step=7), is_trained=True)
    assert (gone.selected, gone.step) == ("clip:clip 1", 9)
    files = files_of(run, (), ListeningChoice(key="clip:clip 1", step=5))
    assert files is not None
    assert files.audio == ("target", "output 5", "harmonic", "noise")
    assert len(files.audio) == len({part.title for part in SoundPart})
    assert files_of(run, (), ListeningChoice(key="clip:clip 7")) is None


def test_that_a_page_with_nothing_to_hear_says_what_brings_it() -> None:
    untrained = listening_page_state(RunState(), (), ListeningChoice(), is_trained=False)
    assert untrained.empty
    assert not untrained.can_render
    trained = listening_page_state(RunState(), (), ListeningChoice(), is_trained=True)
    assert not trained.empty
    assert trained.can_render
    assert files_of(RunState(), (), ListeningChoice(key="render:/nowhere")) is None


def test_that_a_variant_that_failed_plays_no_other_in_its_place() -> None:
    failed = replace(after(Failed("x")), output_path="/out/a 2.wav")
    assert files_of(RunState(), (DONE, failed), ListeningChoice(key="render:/out/a 2.wav")) is None


def test_that_the_same_wish_is_not_made_twice() -> None:
    assert same_render((DONE,), "/music/a.wav", RenderOptions(fit=True), 1200) is DONE
    assert same_render((DONE,), "/music/a.wav", RenderOptions(fit=True), 1300) is None  # by another model
    assert same_render((DONE,), "/music/a.wav", RenderOptions(), 1200) is None
    assert same_render((DONE,), "/music/b.wav", RenderOptions(fit=True), 1200) is None
    assert same_render((RUNNING,), "/music/a.wav", RenderOptions(fit=True), None) is None


def test_that_a_new_variant_takes_no_name_that_is_taken_or_promised(tmp_path: Path) -> None:
    (tmp_path / "a.wav").touch()
    names = [
        Path(new_render(tmp_path, "/music/a.wav", RenderOptions(), taken).output_path).name
        for taken in ((), ("a 2.wav",))
    ]
    assert names == ["a 2.wav", "a 3.wav"]


def test_that_removing_a_variant_leaves_the_files_that_others_need() -> None:
    one = after(Finished({"input_audio": "/heard/a.wav", "noise_audio": "/out/a noise.wav"}))
    two = replace(one, output_path="/out/a 2.wav", result={"input_audio": "/heard/a.wav"})
    assert set(files_of_none_but(one, (one, two))) == {"/out/a.wav", "/out/a.json", "/out/a noise.wav"}
    assert "/heard/a.wav" in files_of_none_but(one, (one,))


def test_that_what_cannot_be_read_of_kept_variants_is_passed_over(tmp_path: Path) -> None:
    for name, text in (("broken", "{"), ("empty", "{}"), ("list", "[]")):
        (tmp_path / f"{name}.json").write_text(text)
        (tmp_path / f"{name}.wav").touch()
    save_render(replace(DONE, output_path=str(tmp_path / "lost.wav")))  # its sound is gone
    whole = replace(DONE, output_path=str(tmp_path / "whole.wav"))
    Path(whole.output_path).touch()
    save_render(whole)
    assert load_renders(tmp_path) == (whole,)
    assert load_renders(tmp_path / "nowhere") == ()
