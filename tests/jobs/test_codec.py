"""Specs and events cross the boundary as one JSON object a line."""

import json
import math
from typing import get_args

import pytest

from ddsp_backend.errors import Cause, ConfigError, DataError
from ddsp_backend.jobs import events
from ddsp_backend.jobs.codec import event_from_json, spec_from_json, to_json
from ddsp_backend.jobs.job_table import JobKind
from ddsp_backend.jobs.kinds import Unit, ValueKind
from ddsp_backend.jobs.spec import JobSpec, PrepareSpec, TrainSpec

SAMPLES = [
    events.Started(JobKind.TRAIN),
    events.Progressed("Finding the pitch", 3.0, 10.0, Unit.AUDIO_SECONDS, 'a "quoted"\nname 🎻.wav', 1.5, None),
    events.Noted("One file was left out", "Listen to it."),
    events.FileInspected("a b.wav", 1.5, 44100, 2, 0.5, "", ("clipped", "quiet")),
    events.FirstLookDone(3, 1),
    events.RecordingInspected(
        path="a b.wav",
        verdict=events.Verdict.WARN,
        sounding_seconds=1.4,
        voiced_seconds=1.2,
        lowest_note=45.0,
        highest_note=57.5,
        softest_db=-41.0,
        loudest_db=-12.5,
        noise_floor_db=-66.0,
        coverage={"57:-24": 0.5},
        findings={"hum": 31.0},
        picture="a.npz",
    ),
    events.DatasetWritten("m", "t*", "", 10, 0, 40.0, 31.5),
    events.StepDone(3, 10, {"total_loss": 1.25, "spectral_loss": 1.25}, 2.0, 3.5),
    events.HeldOutMeasured(3, {"total_loss": 2.0}, 2.5),
    events.TrendJudged(3, events.Trend.IMPROVING, 0.08, 10.0, 2, 0.5),
    events.WentBack(40, 25, events.Trouble.HARMONICS_DIED, 1.5e-4, 1),
    events.MetricsMeasured(3, {"f0_distance_cents": 3.0}),
    events.DistanceMeasured(3, 6.5, 1.75),
    events.ClipRendered(3, "take 1", "t.wav", "o.wav", "h.wav", "n.wav", "t.npy", "o.npy"),
    events.CheckpointSaved(3, "run/ckpt-3", True),
    events.ArtifactWritten("audio", "out.wav"),
    events.SettingDescribed("A.b", "A", "An A.", "(1, 'x')", (ValueKind.LIST, ValueKind.NOTHING), "Its b.", True),
    events.BucketEntryFound("gs://studio/takes", True, 0),
    events.HostKeyShown("me@box", "SHA256:abc"),
    events.HostKeyShown("me@box", "SHA256:abc", jump="bastion"),
    events.HostProbed("me@box", "Linux x86_64", 8, 32, 10**12, ("NVIDIA L4",), 0, "cuda", "Python 3.11", False),
    events.MachineFound("timbre-0123456789ab", "p-1234", "us-a1-b", "n2", "RUNNING", 1.5e9, 1.25, True),
    events.MachineDeleted("timbre-0123456789ab"),
    events.StopAcknowledged(),
    events.Finished({"save_dir": "run"}),
    events.Failed("It failed", "Mend it.", "Traceback", Cause.DISK),
    events.Stopped(),
]


def test_that_every_kind_of_event_has_a_sample_here():
    assert {type(sample) for sample in SAMPLES} == set(get_args(events.Event))


@pytest.mark.parametrize("event", SAMPLES, ids=lambda event: type(event).__name__)
def test_that_an_event_comes_back_as_it_went(event):
    line = to_json(event)
    assert "\n" not in line
    assert event_from_json(line) == event


def test_that_every_kind_of_job_has_a_name_of_its_own():
    specs = {cls.__name__ for cls in get_args(JobSpec)}
    assert specs == {kind.value for kind in JobKind if kind is not JobKind.UNKNOWN}


def test_that_a_journal_of_a_later_version_is_read_as_far_as_it_is_understood():
    assert event_from_json('{"type": "Started", "job": "DreamSpec"}') == events.Started(JobKind.UNKNOWN)
    assert event_from_json('{"type": "Failed", "title": "a", "cause": "b"}') == events.Failed("a")
    assert event_from_json('{"type": "Stopped", "why": "tired"}') == events.Stopped()
    later = to_json(TrainSpec(save_dir="run"))[:-1] + ', "more": 1}'
    with pytest.raises(DataError):
        spec_from_json(later)


@pytest.mark.parametrize(
    ("unit", "read"),
    [
        ("s of audio", Unit.AUDIO_SECONDS),
        ("MB", Unit.MEGABYTES),
        ("files", Unit.FILES),
        ("of a later version", Unit.NOTHING),
    ],
)
def test_that_units_of_older_and_later_journals_are_read(unit, read):
    event = event_from_json(f'{{"type": "Progressed", "stage": "Reading", "done": 1, "total": 2, "unit": "{unit}"}}')
    assert isinstance(event, events.Progressed)
    assert event.unit is read


def test_that_a_loss_that_is_no_number_crosses_as_plain_json():
    line = to_json(events.StepDone(1, 2, {"total_loss": math.nan}, 1.0, math.inf))
    json.loads(line, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    back = event_from_json(line)
    assert isinstance(back, events.StepDone)
    assert math.isnan(back.losses["total_loss"])
    assert back.seconds_left == math.inf


def test_that_a_spec_comes_back_as_it_went():
    spec = PrepareSpec(inputs=("ä 'b'.wav",), output_path="out/data.tfrecord", split="chunk", held_out_fraction=0.1)
    assert spec_from_json(to_json(spec)) == spec


@pytest.mark.parametrize(
    "line",
    [
        "",
        "[]",
        "null",
        "3",
        "{}",
        '{"type": "Unknown"}',
        '{"type": "Started"}',
        '{"type": "Started", "job": 3}',
        '{"type": ["Started"]}',
        '{"type": "StepDone", "step": "1", "total_steps": 2, "losses": {}, "steps_per_second": 1, "seconds_left": 1}',
        '{"type": "TrainSpec", "save_dir": "x"}',
        "[" * 100_000,
        "\ud800",
    ],
)
def test_that_a_line_from_outside_is_refused_as_a_sentence(line):
    with pytest.raises(DataError, match="no message of Timbre Studio"):
        event_from_json(line)


def test_that_an_event_is_no_spec():
    with pytest.raises(DataError):
        spec_from_json(to_json(events.Started(JobKind.TRAIN)))


def test_that_a_spec_that_makes_no_sense_is_refused_with_value_and_limit():
    line = to_json(TrainSpec(save_dir="run")).replace('"steps": null', '"steps": 0')
    with pytest.raises(ConfigError, match=r"steps=0 cannot be used. It must be 1 or more"):
        spec_from_json(line)
