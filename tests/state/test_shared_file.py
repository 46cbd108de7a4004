"""A model as a file for others: what is asked for, what is said of it, what the pages show of one that came."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.state.data_page import data_page_state
from app.state.instrument import create, load, save
from app.state.kept_models import phrases_asked_for
from app.state.library import Badge, item_of
from app.state.listening_page import CLIP, ListeningChoice, listening_page_state
from app.state.notices import Tone
from app.state.plugin_file import Sending, SendPhase
from app.state.recordings_panel import RecordingsState
from app.state.run_state import RunState, fold_all
from app.state.shared_file import (
    LICENCES,
    ShareWish,
    card_words,
    file_name,
    first_wish,
    opened_notice,
    share_line,
    share_notice,
    share_spec,
    with_suffix,
)
from app.state.training_page import training_page_state
from app.state.window import DropKind, Page, divided, drop_offer, offer_for
from ddsp_backend.jobs.events import (
    CheckpointSaved,
    ClipRendered,
    Failed,
    Finished,
    Noted,
    Progressed,
    Started,
    Stopped,
)
from ddsp_backend.jobs.job_table import JobKind
from ddsp_backend.jobs.kinds import Unit
from ddsp_backend.sharing.card import EXAMPLE, ModelCard

CARD = ModelCard(
    name="Tuba", licence="CC0 1.0", maker="Ann", minutes=12.345, lowest_midi=40, highest_midi=64, steps=3000
)
CAME = fold_all(
    RunState(),
    (
        Started(JobKind.IMPORT),
        CheckpointSaved(3000, "/a/model/ckpt-3000"),
        ClipRendered(3000, EXAMPLE, "", "/a/model/clips/step-3000/example.wav", "", "", "", "/a/x.npy", "Example"),
        Finished({}),
    ),
)


def test_that_a_card_is_kept_with_the_instrument(tmp_path: Path) -> None:
    instrument = create(tmp_path, "Tuba", card=CARD)
    assert load(instrument.path).card == CARD
    save(replace(instrument, card=None))
    assert load(instrument.path).card is None
    text = (instrument.path / "project.json").read_text()
    (instrument.path / "project.json").write_text(text.replace('"card": null', '"card": {"name": 5}'))
    assert load(instrument.path).card is None


def test_that_a_card_is_told_in_words() -> None:
    assert card_words(CARD).splitlines() == [
        "By Ann.",
        "Licence: CC0 1.0",
        "It has learned from 12.3 minutes of recordings, notes from E2 to E4.",
        "Trained for 3,000 steps.",
        "Hear it on the Listening page. To train it further, drop recordings here.",
    ]
    assert card_words(ModelCard(name="Tuba", licence="Mine")).splitlines()[0] == "Licence: Mine"


def test_that_the_pages_show_a_model_that_came(tmp_path: Path) -> None:
    instrument = create(tmp_path, "Tuba", card=CARD)
    data = data_page_state(instrument, [], None, RecordingsState(), None, is_trained=True)
    assert data.came == card_words(CARD)
    assert not data.can_act
    listening = listening_page_state(CAME, (), ListeningChoice(), is_trained=True, kept=(3000, 3100))
    assert [row.title for row in listening.rows] == ["Came with the model", "Example"]
    assert (listening.selected, listening.steps, listening.unplayed) == (CLIP + EXAMPLE, (3000,), ())
    assert "came as a file" in training_page_state(CAME, None).empty
    item = item_of(instrument, CAME)
    assert (item.badge, item.detail) == (Badge.TRAINED, "Came as a file")


def test_that_its_example_is_no_phrase_that_later_models_play(tmp_path: Path) -> None:
    (tmp_path / "ckpt-4000.index").touch()
    assert phrases_asked_for(tmp_path, CAME) == ()


def test_that_the_licence_of_somebody_elses_model_is_proposed(tmp_path: Path) -> None:
    assert first_wish(create(tmp_path, "Own"), "Bob") == ShareWish(LICENCES[0].key, "Bob")
    assert first_wish(create(tmp_path, "Came", card=CARD), "Bob") == ShareWish("CC0 1.0", "Ann")


def test_that_the_job_is_told_all_that_was_asked_for(tmp_path: Path) -> None:
    settings = {"presets/vst.gin": ("RnnFcDecoder.ch = 64",)}
    instrument = create(tmp_path, "My: tuba", settings=settings)
    assert file_name(instrument) == "My tuba.timbre"
    wish = ShareWish("CC BY 4.0", "Ann")
    spec = share_spec(instrument, tmp_path / "a.timbre", wish, "presets/vst.gin", replace=True)
    assert (spec.name, spec.licence, spec.maker, spec.replace) == ("My: tuba", "CC BY 4.0", "Ann", True)
    assert (spec.preset, spec.settings) == ("presets/vst.gin", settings["presets/vst.gin"])
    assert spec.model_path == str(instrument.model_path)


@pytest.mark.parametrize(("typed", "name"), [("a", "a.timbre"), ("a.TIMBRE", "a.TIMBRE"), ("a.zip", "a.zip.timbre")])
def test_that_the_file_has_its_ending_whatever_was_typed(typed: str, name: str) -> None:
    assert with_suffix(typed) == Path(name)


def test_that_the_line_and_the_notice_follow_the_job() -> None:
    sending = Sending(Path("/out/Tuba.timbre"))
    assert share_line(None, is_trained=True).can_share
    assert not share_line(None, is_trained=False).can_share
    assert share_line(sending, is_trained=True).words == "Waiting for its turn ..."
    assert share_notice(sending) is None
    sending = sending.after(Progressed("Playing an example", 1, 3, Unit.NOTHING))
    line = share_line(sending, is_trained=True)
    assert (line.words, line.can_share) == ("Playing an example ...", False)
    written = sending.after(Noted("The range is unknown")).after(Finished({}))
    notice = share_notice(written)
    assert notice is not None
    assert (notice.tone, notice.title, notice.action) == (Tone.GOOD, "Ready to share: Tuba.timbre", "Show it")
    assert notice.hint.endswith("no recordings. The range is unknown.")
    assert share_line(written, is_trained=True).can_share
    failed = share_notice(sending.after(Failed("The disk is full", "Free some space.")))
    assert failed is not None
    assert (failed.tone, failed.title) == (Tone.BAD, "The disk is full")
    stopped = sending.after(Stopped())
    assert stopped.phase is SendPhase.STOPPED
    assert share_notice(stopped) is None


def test_that_a_model_that_was_opened_is_announced_with_its_terms() -> None:
    notice = opened_notice("Tuba 2", replace(CARD, licence="Play it.\nBut softly."))
    assert (notice.title, notice.hint) == (
        "Tuba 2 by Ann is in your library",
        "A model without recordings. Licence: Play it. But softly.",
    )
    assert len(opened_notice("Tuba", replace(CARD, licence="Play it softly. " * 200)).hint) < 200
    assert opened_notice("Tuba", None).title == "Tuba is in your library"


def test_that_the_veil_tells_models_from_recordings() -> None:
    offer = drop_offer(Page.DATA, "flute", is_trained=True)
    assert offer_for(("/a/x.wav",), offer) == offer
    assert offer_for(("/a/x.wav", "/a/y.timbre"), offer) == offer
    assert offer_for((), offer) == offer
    assert offer_for(("/a/y.Timbre",), offer).kind is DropKind.OPEN
    assert offer_for(("/a/y.timbre", "/z.timbre"), offer).title == "Open 2 shared models"
    assert divided(("/a/x.wav", "/a/y.timbre")) == (("/a/y.timbre",), ("/a/x.wav",))
