"""What the listening page says of an instrument's file for the plug-in, from the job's own words."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.state.instrument import Instrument
from app.state.notices import Tone
from app.state.plugin_file import (
    PluginLine,
    Sending,
    SendPhase,
    models_folder,
    plugin_line,
    plugin_spec,
    replace_question,
    target_of,
)
from ddsp_backend.jobs.events import ArtifactWritten, Event, Failed, Finished, Noted, Progressed, Started, Stopped
from ddsp_backend.jobs.job_table import JobKind
from ddsp_backend.jobs.kinds import Unit

DOCUMENTS = Path("/home/ann/Documents")
TUBA = Instrument(path=Path("/library/Tuba"), name="Tuba: 'low' 🎺", created_at=0.0)
TARGET = DOCUMENTS / "Magenta" / "DDSP" / "Models" / "Tuba low.tflite"
STARTED = Started(JobKind.SEND_TO_PLUGIN)
CONVERTING = Progressed("Converting the model", 2, 4, Unit.NOTHING)


def told(*events: Event) -> Sending:
    sending = Sending(TARGET)
    for event in events:
        sending = sending.after(event)
    return sending


def test_that_the_file_goes_where_the_plugin_looks_under_a_name_that_every_disk_takes():
    assert target_of(TUBA, DOCUMENTS) == TARGET
    assert TARGET.parent == models_folder(DOCUMENTS)


def test_that_the_job_knows_the_model_its_data_set_and_whether_it_may_replace():
    spec = plugin_spec(TUBA, TARGET, replace=True)
    assert Path(spec.model_path) == TUBA.model_path
    assert Path(spec.manifest_path) == TUBA.manifest_path
    assert (spec.output_path, spec.replace) == (str(TARGET), True)
    assert not plugin_spec(TUBA, TARGET, replace=False).replace


@pytest.mark.parametrize("is_trained", [False, True])
def test_that_only_a_trained_model_can_be_sent(is_trained):
    line = plugin_line(None, is_trained=is_trained)
    assert line == PluginLine(can_send=is_trained)
    assert "DDSP-VST" in line.words


def test_that_it_says_what_is_being_done_and_cannot_be_asked_for_twice():
    line = plugin_line(told(STARTED), is_trained=True)
    assert (line.words, line.can_send) == ("Waiting for its turn ...", False)
    line = plugin_line(told(STARTED, CONVERTING), is_trained=True)
    assert (line.words, line.can_send) == ("Converting the model ...", False)


def test_that_it_says_where_the_file_lies_and_what_to_press():
    sending = told(STARTED, CONVERTING, ArtifactWritten("plugin_file", str(TARGET)), Finished({}))
    line = plugin_line(sending, is_trained=True)
    assert line.words == f"Tuba low.tflite is in {TARGET.parent}. In the plug-in press Refresh, then choose Tuba low."
    assert (line.tip, line.can_send) == (str(TARGET), True)
    assert sending.notice is None


def test_that_a_refusal_is_a_notice_and_it_can_be_tried_again():
    sending = told(STARTED, Noted("A checkpoint was damaged"), Failed("DDSP-VST cannot play it", "Train another"))
    assert sending.phase is SendPhase.FAILED
    notice = sending.notice
    assert notice is not None
    assert (notice.tone, notice.title, notice.hint) == (Tone.BAD, "DDSP-VST cannot play it", "Train another")
    line = PluginLine("DDSP-VST cannot play it.", "Train another", can_send=True)
    assert plugin_line(sending, is_trained=True) == line


def test_that_what_should_be_known_is_told_once_the_file_is_there():
    sending = told(STARTED, Noted("The range is unknown", "It plays all the same"))
    assert sending.notice is None
    notice = sending.after(Finished({})).notice
    assert notice is not None
    assert (notice.tone, notice.title) == (Tone.WARNING, "The range is unknown")


def test_that_a_stop_offers_it_again():
    assert plugin_line(told(STARTED, Stopped()), is_trained=True) == PluginLine(can_send=True)
    assert replace(told(Stopped()), phase=SendPhase.WORKING) == Sending(TARGET)


def test_that_the_question_names_the_file_and_its_folder():
    question = replace_question(TARGET)
    assert question.title == "Replace Tuba low.tflite?"
    assert str(TARGET.parent) in question.text
    assert (question.yes, question.no) == ("Replace it", "Keep it")
