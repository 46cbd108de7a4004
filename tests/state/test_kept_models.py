"""Models that a training has kept: which can play, what is said meanwhile, and what they have played before."""

import os
from dataclasses import replace
from pathlib import Path

from app.state.kept_models import Playing, kept_steps, phrases_asked_for
from app.state.listening_page import ListeningChoice, files_of, listening_page_state
from app.state.run_state import RunState, fold_all
from ddsp_backend.jobs.events import ClipRendered, Progressed, Started
from ddsp_backend.jobs.kinds import Unit

PARTS = ("output.wav", "harmonic.wav", "noise.wav", "output.npy")


def clip(model: Path, step: int, name: str = "clip 1") -> ClipRendered:
    """As training writes it, its files too."""
    folder = model / "clips" / f"step-{step}"
    folder.mkdir(parents=True, exist_ok=True)
    output, harmonic, noise, picture = (folder / f"{name} {part}" for part in PARTS)
    for path in (output, harmonic, noise, picture):
        path.touch()
    targets = [str(model / "clips" / f"{name} target.{kind}") for kind in ("wav", "npy")]
    parts = (str(output), str(harmonic), str(noise))
    return ClipRendered(step, name, targets[0], *parts, targets[1], str(picture), "take, 0:12, D3")


def save(model: Path, *steps: int) -> None:
    for step in steps:
        path = model / f"ckpt-{step}.index"
        path.touch()
        os.utime(path, (1000, 1000))


def test_that_the_models_on_the_disk_are_those_that_can_play(tmp_path: Path) -> None:
    save(tmp_path, 300, 20)
    for name in ("ckpt-x.index", ".writing-ckpt-7.index", "ckpt-9.data-00000-of-00001"):
        (tmp_path / name).touch()
    assert kept_steps(tmp_path) == (20, 300)
    assert kept_steps(tmp_path / "nowhere") == ()


def test_that_what_was_asked_for_before_is_found_again(tmp_path: Path) -> None:
    run = fold_all(RunState(), (clip(tmp_path, 100), clip(tmp_path, 100, "sample 1")))
    asked = clip(tmp_path, 50)
    save(tmp_path, 50, 70, 100)
    assert phrases_asked_for(tmp_path, run) == (asked,)
    os.utime(asked.noise_audio, (900, 900))  # played by another model of that step, before this one was saved
    assert phrases_asked_for(tmp_path, run) == ()


def test_that_what_was_asked_for_of_another_preparation_is_not_found_beside_the_phrase_of_today(tmp_path: Path) -> None:
    asked = clip(tmp_path, 50)
    save(tmp_path, 50, 100)
    today = replace(clip(tmp_path, 100, "clip 1 (2)"), name="clip 1")
    run = fold_all(RunState(), (asked, today))
    assert list(run.clips) == [100]
    assert phrases_asked_for(tmp_path, run) == ()  # the model of step 50 has played the other phrase
    of_today = replace(clip(tmp_path, 50, "clip 1 (2)"), name="clip 1")
    assert phrases_asked_for(tmp_path, run) == (of_today,)


def test_that_a_model_that_has_not_played_can_be_asked(tmp_path: Path) -> None:
    run = fold_all(RunState(), (clip(tmp_path, 100), clip(tmp_path, 100, "sample 1")))
    kept = (50, 100)

    def page(key: str, step: int | None, playing: Playing | None = None):  # type: ignore[no-untyped-def]
        choice = ListeningChoice(key, step)
        return listening_page_state(run, (), choice, is_trained=True, kept=kept, playing=playing)

    newest = page("clip:clip 1", None)
    assert (newest.steps, newest.unplayed, newest.step, newest.ask) == ((50, 100), (50,), 100, "")
    asked = page("clip:clip 1", 50)
    assert (asked.step, asked.detail, asked.ask) == (50, "Not played yet", "Hear the model of step 50")
    assert files_of(run, (), ListeningChoice("clip:clip 1", 50), kept) is None
    playing = page("clip:clip 1", 50, Playing(50))
    assert playing.ask == ""
    assert playing.making is not None
    assert page("clip:sample 1", 50).steps == (100,)  # excerpts are played once, at the end


def test_that_it_is_told_how_far_a_model_is() -> None:
    playing = Playing(1200)
    title = "Playing the phrases with the model of step 1,200"
    assert playing.activity().title == title
    assert playing.activity().detail == "Something else is being played first"
    playing = playing.after(Started("PlayCheckpointSpec")).after(Progressed("Loading the model", 0, 1, Unit.MODELS))
    assert (playing.activity().fraction, playing.activity().detail) == (None, "Loading the model")
    playing = playing.after(Progressed("Playing the phrases", 1, 4, Unit.CLIPS))
    assert (playing.activity().fraction, playing.activity().detail) == (0.25, "1 of 4")
