import math

import pytest

from app.state.advice import Advice, advice_of, closing_advice
from app.state.distances import loudness_line, loudness_off, loudness_parts
from app.state.job_lines import (
    dataset_line,
    metrics_line,
    progress_words,
    recording_line,
    training_detail,
    training_share,
)
from app.state.notices import Left
from app.state.recordings import Recording, Standing
from ddsp_backend.jobs.events import (
    DatasetWritten,
    FileInspected,
    MetricsMeasured,
    Progressed,
    RecordingInspected,
    StepDone,
    Trend,
    TrendJudged,
    Verdict,
)
from ddsp_backend.jobs.kinds import Unit

LOUDNESS_DB = {
    "loudness_distance_db_notes": 2.13,
    "loudness_distance_db_silence": 17.6,
    "loudness_distance_db": 4.04,
}


def recording(path: str, verdict: Verdict, standing: Standing, **findings: float) -> Recording:
    heard = RecordingInspected(path, verdict, 36.0, 35.0, 51.2, 84.1, -30.0, -6.0, -70.0, findings=findings)
    return Recording(FileInspected(path, 37.3, 44100, 1, 0.5), heard, standing, True)


def test_that_a_recording_is_told_by_its_verdict_and_every_reason() -> None:
    fine = recording("/takes/low/one.wav", Verdict.FINE, Standing.FINE)
    assert recording_line(fine, "/takes") == "low/one.wav, 0:37: Fine. 0:35 of clear notes, D#3 to C6."
    poor = recording("/takes/two\nlines.wav", Verdict.WARN, Standing.WARNING, hum=-20.0, noise=-24.0)
    line = recording_line(poor, "/takes/two\nlines.wav")
    assert line.startswith("two lines.wav, 0:37: Warning. It hums, only 20 dB below the loudest notes. ")
    assert "There is noise, only 24 dB below" in line
    missing = Recording(
        FileInspected("/takes/a.wav", 0.0, 0, 0, 0.0, "It is no sound"), None, Standing.UNREADABLE, False
    )
    assert recording_line(missing, "/elsewhere") == "a.wav: Cannot be read. It is no sound."


def test_that_what_is_prepared_and_measured_is_told_without_the_researchers_words() -> None:
    written = DatasetWritten("manifest", "train", "held", 21, 2, 50.0, 48.0)
    assert dataset_line(written) == (
        "The recordings are prepared: 0:48 of 0:50 have a clear pitch. "
        "2 of 23 pieces are kept back, to check the model with."
    )
    measured = MetricsMeasured(16, {"f0_distance_cents": 13.67, **LOUDNESS_DB, "total_loss": 20.0})
    assert metrics_line(measured) == (
        "On phrases it has not heard: pitch off by 14 cents (a semitone is 100); "
        "loudness off by 2.1 dB in notes, 18 dB in silence, 4.0 dB in all."
    )
    assert metrics_line(MetricsMeasured(16, {"f0_distance_cents": math.nan, "total_loss": 20.0})) == ""


def test_that_loudness_is_told_for_notes_for_silence_and_for_all_as_far_as_it_was_measured() -> None:
    assert loudness_line(MetricsMeasured(1300, LOUDNESS_DB)) == (
        "Loudness off by 2.1 dB in notes, 18 dB in silence, 4.0 dB in all, at step 1,300."
    )
    without_pauses = {**LOUDNESS_DB, "loudness_distance_db_silence": math.nan}
    assert loudness_off(without_pauses) == "loudness off by 2.1 dB in notes, 4.0 dB in all"
    of_an_older_journal = MetricsMeasured(16, {"f0_distance_cents": math.nan, "loudness_distance_db": 7.838})
    assert metrics_line(of_an_older_journal) == "On phrases it has not heard: loudness off by 7.8 dB in all."
    assert loudness_line(MetricsMeasured(16, {"f0_distance_cents": 12.0})) == loudness_line(None) == ""
    told = [loudness_parts({"loudness_distance_db": value}) for value in (0.0, 9.94, 9.96, 63.4)]
    assert [each for ((each, _),) in told] == ["0.0", "9.9", "10", "63"]


@pytest.mark.parametrize(
    ("step", "share"),
    [
        (StepDone(30, 120, {}, 1.0, 90.0, 30.0), 0.25),
        (StepDone(30, 0, {}, 1.0, 90.0, 30.0), 0.25),
        (StepDone(1, 0, {}, 1.0, math.nan, 0.0), None),
    ],
)
def test_that_a_training_tells_how_much_is_done_whatever_its_goal(step: StepDone, share: float | None) -> None:
    assert training_share(step) == share


def test_that_a_training_that_ends_by_itself_tells_what_is_foreseen_and_not_its_limit() -> None:
    step = StepDone(1200, 0, {}, 1.0, 600.0, 200.0)
    assert training_detail(step) == "step 1,200, about 10 min left"
    assert training_detail(step, Left(180.0, 0.5)) == "step 1,200, about 3 min left in total"
    assert training_detail(step, Left(180.0, 0.5, is_most=True)) == "step 1,200, at most 3 min left in total"
    assert training_share(step, Left(180.0, 0.5)) == 0.5
    assert training_detail(StepDone(1, 0, {}, 1.0, math.nan)) == "step 1"


def test_that_advice_follows_the_judgment() -> None:
    def judged(trend: Trend, gain: float = 0.0) -> TrendJudged:
        return TrendJudged(1500, trend, gain, 3.3, 1200, 1.0)

    assert advice_of(judged(Trend.EARLY)) == ""
    assert advice_of(judged(Trend.IMPROVING, 0.083)) == (
        "Still improving: it came 8 % closer to your recordings in the last 3 min."
    )
    assert "step 1,200" in advice_of(judged(Trend.FLAT))
    assert "by heart" in advice_of(judged(Trend.BY_HEART, -0.04))
    assert len({closing_advice(judged(trend)) for trend in Trend}) == len(Trend)


def test_that_the_same_advice_is_repeated_only_after_a_while() -> None:
    advice = Advice()
    minutes_told = [
        minutes
        for minutes in (0.2, 0.7, 0.8, 1.0, 1.1, 1.5, 1.7, 2.0)
        if advice.next_line(TrendJudged(100, Trend.IMPROVING if minutes > 0.5 else Trend.EARLY, 0.1, minutes, 90, 0.1))
    ]
    assert minutes_told == [0.7, 1.1, 1.7]
    assert advice.next_line(TrendJudged(900, Trend.FLAT, 0.0, 2.1, 800, 1.0))


def test_that_the_time_left_is_told_first_since_a_terminal_cuts_the_end() -> None:
    heard = Progressed("Finding the pitch", 25.0, 50.0, Unit.AUDIO_SECONDS, "one.wav", 2.0, 12.5)
    assert progress_words(heard) == "12 s left, 0:25 of 0:50 of audio, one.wav"
    assert progress_words(Progressed("Reading", 1, 2, Unit.FILES)) == "1 of 2 files"
    assert progress_words(Progressed("Waiting", 0, 0, Unit.FILES)) == ""
