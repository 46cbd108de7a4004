"""What the listening page says of a recording that cannot be played, and the progress of what is running."""

from app.state.listening_page import ListeningChoice, listening_page_state
from app.state.page_parts import activity_of
from app.state.renders import Render, fold_render
from app.state.run_state import RunState, fold_all
from ddsp_backend.jobs.events import Failed, Progressed, Started


def test_that_a_recording_that_cannot_be_played_says_why_and_what_cures_it() -> None:
    render = fold_render(
        Render("/music/notes.wav", "/out.wav"), Failed("notes.wav: this is no audio file", "Convert it to wav.")
    )
    page = listening_page_state(RunState(), (render,), ListeningChoice(), is_trained=True)
    assert page.title == "notes.wav"
    assert page.detail == "This is no audio file. Convert it to wav."


def test_that_a_stage_that_is_done_does_not_look_like_a_job_that_is_done() -> None:
    for done, fraction in ((0.0, 0.0), (0.5, 0.5), (1.0, None)):
        run = fold_all(RunState(), (Started("TrainSpec"), Progressed("Building the model", done, 1.0, "model")))
        activity = activity_of(run)
        assert activity is not None
        assert activity.fraction == fraction
