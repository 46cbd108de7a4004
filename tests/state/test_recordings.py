"""What is thought of each recording, what is learned from, and every way back."""

from dataclasses import replace
from itertools import zip_longest
from pathlib import Path

import pytest

from app.state.coverage import Coverage, CoverageSum, blind_spots
from app.state.findings import words_of
from app.state.instrument import create, load, save
from app.state.notices import Tone
from app.state.recording_edits import (
    Edit,
    History,
    added,
    as_at,
    moved_files,
    relocated,
    ticked,
    without,
    without_any,
)
from app.state.recording_rows import RecordingRow
from app.state.recordings import Standing, recordings_of
from app.state.recordings_panel import Shown, recordings_state
from app.state.recordings_summary import sentence_of, summarize
from app.state.run_state import Phase, RunState, fold_all
from ddsp_backend.jobs.events import FileInspected, Finding, FirstLookDone, RecordingInspected, Verdict
from ddsp_backend.jobs.job_table import JobKind
from tests.state.looks import heard, instrument, look, seen

ALL = look(
    seen("/a/fine.wav"),
    seen("/a/hum.wav"),
    seen("/a/noise.wav"),
    seen("/a/silent.wav", refusal="It is silent."),
    seen("/a/text.wav", 0.0, "This is no audio file.", sample_rate=0),
    heard("/a/fine.wav"),
    heard("/a/hum.wav", Verdict.WARN, {"hum": 12.0}),
    heard("/a/noise.wav", Verdict.LEAVE_OUT, {"no_pitch": 0.04}),
)


def ticks(given: object, intake: object = ALL) -> list[str]:
    return [Path(each.file.path).stem for each in recordings_of(given, intake) if each.is_ticked]  # type: ignore[arg-type]


def test_that_advice_is_followed_where_the_user_says_nothing() -> None:
    recordings = recordings_of(instrument("/a"), ALL)
    assert [(each.standing, each.is_ticked) for each in recordings] == [
        (Standing.FINE, True),
        (Standing.WARNING, True),
        (Standing.LEAVE_OUT, False),
        (Standing.UNUSABLE, False),
        (Standing.UNREADABLE, False),
    ]


def test_that_what_was_not_heard_yet_is_learned_from_unless_it_is_unticked() -> None:
    intake = look(seen("/a/one.wav"), seen("/a/two.wav"), heard("/a/one.wav"), is_over=False)
    standings = [each.standing for each in recordings_of(instrument("/a"), intake)]
    assert standings == [Standing.FINE, Standing.LISTENING]
    assert ticks(instrument("/a"), intake) == ["one", "two"]
    assert ticks(instrument("/a", left_out=("/a/two.wav",)), intake) == ["one"]


def test_that_a_first_look_without_a_second_is_judged_by_its_warnings() -> None:
    intake = look(seen("/a/one.wav"), seen("/a/two.wav", warnings=("Very quiet",)))
    assert [each.standing for each in recordings_of(instrument("/a"), intake)] == [Standing.FINE, Standing.WARNING]


def test_that_copies_and_missing_recordings_are_not_learned_from() -> None:
    intake = look(seen("/a/one.wav", content="x"), seen("/b/one.wav", content="x"), seen("/b/two.wav"))
    recordings = recordings_of(instrument("/a", "/b"), intake, frozenset({"/b/two.wav"}))
    assert [each.standing for each in recordings] == [Standing.FINE, Standing.COPY, Standing.MISSING]
    assert [each.is_ticked for each in recordings] == [True, False, False]


def test_that_ticks_keep_only_what_differs_from_the_advice() -> None:
    start = instrument("/a")
    recordings = recordings_of(start, ALL)
    every = ticked(start, recordings, True)
    assert (every.taken_in, every.left_out) == (("/a/noise.wav",), ())
    assert ticks(every) == ["fine", "hum", "noise"]
    none = ticked(every, recordings, False)
    assert (none.taken_in, none.left_out) == ((), ("/a/fine.wav", "/a/hum.wav"))
    assert ticks(none) == []
    assert ticked(none, recordings[:2], True).left_out == ()


def test_that_what_is_ticked_against_advice_is_said() -> None:
    start = ticked(instrument("/a"), recordings_of(instrument("/a"), ALL), True)
    state = recordings_state(recordings_of(start, ALL), ALL, History())
    assert state.n_against_advice == 1
    assert "1 ticked against advice" in state.note
    assert "of one voice" not in state.headline


def test_that_removed_recordings_are_gone_and_come_back_when_given_again() -> None:
    removed = without(instrument("/a", "/b/two.wav"), ["/a/hum.wav", "/b/two.wav"])
    assert removed.inputs == ("/a",)
    assert ticks(removed) == ["fine"]
    assert ticks(added(removed, ["/a"])) == ["fine", "hum"]
    assert added(removed, ["/b/two.wav"]).inputs == ("/a", "/b/two.wav")
    assert added(removed, ["/b/two.wav"]).removed == ("/a/hum.wav",)


def test_that_every_edit_can_be_undone_and_done_again() -> None:
    history, now = History(), instrument("/a")
    stages = [now]
    for edit, change in (
        (Edit.UNTICK, lambda each: ticked(each, recordings_of(each, ALL)[:1], False)),
        (Edit.REMOVE, lambda each: without(each, ["/a/hum.wav"])),
        (Edit.ADD, lambda each: added(each, ["/b"])),
        (Edit.REMOVE_ALL, without_any),
    ):
        history, now = history.after(edit, now, ALL), change(now)
        stages.append(now)
    for earlier in reversed(stages[:-1]):
        step = history.back(now, ALL)
        assert step is not None
        history, now = step[0], as_at(now, step[1])
        assert now == earlier
    assert history.back(now, ALL) is None
    for later in stages[1:]:
        step = history.forth(now, ALL)
        assert step is not None
        history, now = step[0], as_at(now, step[1])
        assert now == later
    assert history.forth(now, ALL) is None
    assert history.after(Edit.ADD, now, ALL).future == ()


def test_that_an_old_project_opens_and_an_odd_one_too(tmp_path: Path) -> None:
    made = create(tmp_path, "Flute", left_out=("/a/x.wav",), taken_in=("/a/y.wav",), removed=("/a/z.wav",))
    assert load(made.path) == made
    (made.path / "project.json").write_text('{"name": "Flute", "left_out": 5, "removed": [1, "/a"], "inputs": ["/b"]}')
    odd = load(made.path)
    assert (odd.left_out, odd.taken_in, odd.removed, odd.inputs) == ((), (), ("/a",), ("/b",))
    save(odd)
    assert load(made.path) == odd


# --- recordings that moved --------------------------------------------------------------------------------------------
def test_that_a_folder_that_moved_is_one_input_again() -> None:
    start = instrument("/old/tb", "/c.wav", left_out=("/old/tb/x/1.wav",), removed=("/old/tb/2.wav",))
    places = {"/old/tb/x/1.wav": "/new/tb/x/1.wav", "/old/tb/2.wav": "/new/tb/2.wav"}
    moved = relocated(start, [*places, "/c.wav"], places)
    assert moved.inputs == ("/new/tb", "/c.wav")
    assert (moved.left_out, moved.removed) == (("/new/tb/x/1.wav",), ("/new/tb/2.wav",))


def test_that_recordings_that_were_scattered_are_inputs_one_by_one() -> None:
    places = {"/old/1.wav": "/p/1.wav", "/old/2.wav": "/q/2.wav"}
    assert relocated(instrument("/old"), [*places], places).inputs == ("/p/1.wav", "/q/2.wav")
    assert relocated(instrument("/old"), [*places, "/old/3.wav"], places).inputs == ("/old", "/p/1.wav", "/q/2.wav")


def test_that_only_what_moved_with_its_folder_stays_on_the_list() -> None:
    before = look(seen("/a/1.wav"), seen("/b/2.wav"))
    assert moved_files(before, look(), ("/a", "/b"), {"/a", "/a/1.wav", "/b/2.wav"}) == before.files[:1]


# --- words ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("finding", list(Finding))
def test_that_every_finding_has_words_that_say_why_and_what_to_do(finding: Finding) -> None:
    (words,) = words_of({finding.value: 0.3})
    assert words.why
    assert not words.why.endswith(".")
    assert words.cure.endswith(".")
    for word in ("CREPE", "chunk", "held-out", "gin "):
        assert word not in words.sentence


def test_that_the_worst_finding_is_said_first_with_its_size() -> None:
    words = words_of({"quiet": -38.2, "no_pitch": 0.04, "unheard of": 1.0})
    assert [each.why for each in words] == [
        "Only 4 % of the sound has a clear pitch",
        "It is very quiet, -38 dB at its loudest",
    ]


def test_that_rows_say_what_to_think_and_repeated_names_show_their_folder() -> None:
    intake = look(seen("/takes/one.wav"), seen("/old takes/one.wav", 3600.0), seen("/takes/two\nlines.wav"))
    rows = recordings_state(recordings_of(instrument("/takes", "/old takes"), intake), intake, History()).rows
    assert [(row.name, row.detail, row.length) for row in rows] == [
        ("one.wav", "in takes, 44.1 kHz stereo", "1:00"),
        ("one.wav", "in old takes, 44.1 kHz stereo", "1:00:00"),
        ("two lines.wav", "44.1 kHz stereo", "1:00"),
    ]
    intake = look(seen("/live/takes/one.wav"), seen("/studio/takes/one.wav"), seen("/studio/one.wav"))
    rows = recordings_state(recordings_of(instrument("/live", "/studio"), intake), intake, History()).rows
    assert [row.detail.partition(",")[0] for row in rows] == ["in live/takes", "in studio/takes", "in studio"]
    state = recordings_state(recordings_of(instrument("/a"), ALL), ALL, History(), "/a/hum.wav")
    assert [(row.word, row.tone) for row in state.rows] == [
        ("Fine", Tone.GOOD),
        ("Warning", Tone.WARNING),
        ("Leave out", Tone.BAD),
        ("Cannot be used", Tone.BAD),
        ("Cannot be read", Tone.BAD),
    ]
    assert state.rows[0].sentence == "0:50 of clear notes, E2 to E4."
    assert state.details is not None
    assert state.details.sentences[0].startswith("It hums, only 12 dB below the loudest notes. Look for ")


def test_that_the_headline_counts_while_it_looks_and_judges_afterwards() -> None:
    intake = look(seen("/a/1.wav"), is_over=False)
    listening = recordings_state(recordings_of(instrument("/a"), intake), intake, History())
    assert listening.headline == "1:00 in 1 recording: enough for a first try; ten minutes would be better"
    assert listening.note == "1 recording, still listening"
    assert recordings_state((), look(), History()).headline == ""


@pytest.mark.parametrize(
    ("seconds", "judgment"),
    [
        (3.0, "too little to learn from; three minutes are enough for a first try"),
        (184.0, "enough for a first try; ten minutes would be better"),
        (400.0, "enough for a good model; ten minutes would be better still"),
        (700.0, "enough for a very good model"),
    ],
)
def test_that_one_sentence_says_whether_it_is_enough(seconds: float, judgment: str) -> None:
    intake = look(seen("/a/1.wav", seconds), heard("/a/1.wav"))
    sentence = sentence_of(summarize(recordings_of(instrument("/a"), intake)))
    assert sentence.endswith(f" of one voice, E2 to E4, soft to loud: {judgment}")


def test_that_recordings_that_are_equally_loud_are_said_to_be() -> None:
    intake = look(seen("/a/1.wav"), heard("/a/1.wav", coverage={"60:-24": 30.0, "60:-21": 20.0}))
    assert "1:00 of one voice, C4, all about equally loud" in sentence_of(
        summarize(recordings_of(instrument("/a"), intake))
    )


def covered(parts: list[dict[str, float]]) -> Coverage:
    total = CoverageSum()
    for part in parts:
        total.add(part)
    return total.coverage()


def test_that_blind_spots_are_named_and_nonsense_is_passed_over() -> None:
    known = {f"{note}:-24": 2.0 for note in (*range(40, 45), *range(48, 61))}
    coverage = covered([known, {"x": 1.0, "60": 2.0, "200:-3": 1.0, "60:5": 1.0, "60:-24": float("nan")}])
    assert set(coverage.by_note) == {*range(40, 45), *range(48, 61)}
    assert blind_spots(coverage) == "Rarely heard: A2 to B2. Unknown: below E2 and above C4."
    assert blind_spots(covered([])) == ""


class CountedCoverage(dict[str, float]):
    """Counts how often it is added up."""

    n_read = 0

    def items(self):  # type: ignore[no-untyped-def]
        CountedCoverage.n_read += 1
        return super().items()


def test_that_a_look_at_thousands_makes_each_row_and_adds_each_picture_up_once() -> None:
    """Shown after every tenth recording. The work for one showing must not grow with what was shown before."""
    n, start, shown = 600, instrument("/a"), Shown()
    paths = [f"/a/{place}.wav" for place in range(n)]
    CountedCoverage.n_read = n_made = 0
    before: tuple[RecordingRow, ...] = ()
    events: list[FileInspected | FirstLookDone | RecordingInspected] = [seen(path, content=path) for path in paths]
    events += [FirstLookDone(n, 0)]
    events += [heard(path, coverage=CountedCoverage({"60:-12": 1.0})) for path in paths]
    intake = RunState(phase=Phase.RUNNING, job=JobKind.INSPECT)
    for at in range(0, len(events), 10):
        intake = fold_all(intake, events[at : at + 10])
        state = recordings_state(recordings_of(start, intake), intake, History(), shown=shown)
        n_made += sum(row is not old for row, old in zip_longest(state.rows, before))
        before = state.rows
    assert n_made == 2 * n  # once when it was found, once when it was listened to
    assert CountedCoverage.n_read == n
    assert state == recordings_state(recordings_of(start, intake), intake, History())


def test_that_what_is_remembered_of_a_list_never_shows() -> None:
    """Ticks, removals, another verdict of the same recording: as if it were shown for the first time."""
    shown = Shown()
    start = instrument("/a")
    fine, again = heard("/a/one.wav"), heard("/a/one.wav", Verdict.WARN, {Finding.HUM: 20.0}, coverage={"50:-9": 4.0})
    first = look(seen("/a/one.wav"), seen("/a/two.wav", content="2"), fine, heard("/a/two.wav"))
    second = replace(first, inspections={**first.inspections, "/a/one.wav": again})
    copied = replace(second, files=(*second.files, seen("/a/b/one.wav", content="3")))
    unticked = ticked(start, recordings_of(start, first)[:1], False)
    removed = without(unticked, ["/a/two.wav"])
    for given, intake in (
        (start, first), (unticked, first), (start, first), (start, second), (start, copied), (removed, copied)
    ):  # fmt: skip
        recordings = recordings_of(given, intake)
        remembered = recordings_state(recordings, intake, History(), shown=shown)
        assert remembered == recordings_state(recordings, intake, History())
