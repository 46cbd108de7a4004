"""The conversation in which a host is added, and where a training goes."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.state.hosts import HERE, HostMeeting, Meeting, addresses_of, inventory, meet, placed, places, together
from app.state.instrument import Instrument, create, load, save
from app.state.library import Badge, item_on_disk, read_job_history
from ddsp_backend.jobs.events import Event, Failed, Finished, HostKeyShown, HostProbed, Progressed, Started, StepDone
from ddsp_backend.jobs.folder import JobFolder, Journal
from ddsp_backend.jobs.job_table import JobKind
from ddsp_backend.jobs.kinds import Unit
from ddsp_backend.jobs.place import EXIT_LEFT, new_place, read_place
from ddsp_backend.jobs.spec import TrainSpec
from ddsp_backend.remote.hosts import Host

FOUND = HostProbed(
    "box", "Linux x86_64", 8, 32 * 10**9, 10**11, ("NVIDIA L4 (23034 MiB)",), 0, "cuda", "Python 3.11", False
)
LOOKING = HostMeeting(Meeting.LOOKING, "box")
SPEC = TrainSpec(save_dir="/model")


@pytest.fixture
def instrument(tmp_path: Path) -> Instrument:
    return replace(create(tmp_path, "Flute"), host="box")


def left_there(instrument: Instrument, code: int | None, *events: Event, job: str = "") -> JobFolder:
    """A training on the host, of which this much was told before its follower ended with this code."""
    folder = JobFolder(instrument.new_job_path("train"))
    folder.create(SPEC)
    place = new_place("/book", "box")
    (replace(place, job=job) if job else place).write(folder.path)
    offsets = iter(range(100, 100_000, 100))
    with Journal(folder, lambda: next(offsets)) as journal:
        for event in events:
            journal.append(event)
    if code is not None:
        folder.write_rc(code)
    return folder


def test_that_a_meeting_goes_from_fingerprint_to_inventory() -> None:
    comparing = meet(LOOKING, HostKeyShown("box", "SHA256:abc"))
    assert (comparing.phase, comparing.fingerprint) == (Meeting.COMPARING, "SHA256:abc")
    assert meet(comparing, Finished({})) == comparing
    assert meet(LOOKING, HostKeyShown("box", "SHA256:abc", jump="bastion")).jump == "bastion"
    met = meet(meet(LOOKING, Progressed("Installing on box", 1, 1, Unit.PACKAGES, "a wheel")), FOUND)
    assert met.phase is Meeting.MET
    assert meet(met, Finished({})) == met
    refused = meet(LOOKING, Failed("box does not answer", "Is it on?"))
    assert (refused.phase, refused.title, refused.hint) == (Meeting.REFUSED, "box does not answer", "Is it on?")


def test_that_an_inventory_says_what_will_be_used() -> None:
    text = inventory(FOUND)
    for part in (
        *("8 cores", "32 GB of memory", "100 GB free on the disk", "NVIDIA L4", "uses the graphics card"),
        "installs what it needs",
    ):
        assert part in text
    assert "installed there" not in inventory(replace(FOUND, is_set_up=True))
    chips = replace(FOUND, gpus=(), tpu_chips=4, accelerator="tpu", free=45 * 10**8, is_set_up=True)
    assert inventory(chips) == (
        "Linux x86_64, 8 cores, 32 GB of memory, 4 GB free on the disk, 4 TPU chips. "
        "Training there uses the TPU, with Python 3.11."
    )
    one = replace(chips, tpu_chips=1, free=10**8)
    assert "0.1 GB free on the disk, 1 TPU chip. Training" in inventory(one)


def test_that_this_computer_comes_first() -> None:
    assert [place.key for place in places([Host(address="box"), Host(address="me@other")])] == [HERE, "box", "me@other"]


def test_that_only_training_goes_to_a_host(instrument: Instrument) -> None:
    assert placed("prepare", SPEC, instrument, "/book") == (SPEC, None)
    assert placed("train", SPEC, replace(instrument, host=""), "/book") == (SPEC, None)
    _, place = placed("train", SPEC, instrument, "/book")
    assert place is not None
    assert (place.address, place.offset) == ("box", 0)


@pytest.mark.parametrize("code", [None, -9, EXIT_LEFT])
def test_that_a_run_whose_follower_is_gone_is_joined_there(instrument: Instrument, code: int | None) -> None:
    step = StepDone(1, 9, {"total_loss": 1.0}, 1.0, 8.0)
    left_there(instrument, code, Started(JobKind.TRAIN), step, job="0123456789abcdef")
    _, place = placed("train", SPEC, instrument, "/book")
    assert place is not None
    assert (place.job, place.offset) == ("0123456789abcdef", 200)
    assert placed("train", SPEC, replace(instrument, host="other"), "/book")[1].job != "0123456789abcdef"
    assert item_on_disk(instrument).badge is Badge.RUNNING
    history = read_job_history(instrument)
    assert history.left is not None
    assert history.run.failure is None


@pytest.mark.parametrize("code", [0, 1, 3])
def test_that_a_run_that_ended_is_not_joined(instrument: Instrument, code: int) -> None:
    left_there(instrument, code, Started(JobKind.TRAIN), Finished({}), job="0123456789abcdef")
    _, place = placed("train", SPEC, instrument, "/book")
    assert place is not None
    assert place.job != "0123456789abcdef"
    assert read_job_history(instrument).left is None


def test_that_a_lost_run_waits_to_be_resumed(instrument: Instrument) -> None:
    left_there(instrument, EXIT_LEFT, Started(JobKind.TRAIN), Failed("box was lost"))
    history = read_job_history(instrument)
    assert history.left is None  # its user was told, and decides
    assert history.run.failure is not None
    assert placed("train", SPEC, instrument, "/book")[1].offset > 0


def test_that_a_line_that_was_never_finished_counts_as_untold(instrument: Instrument) -> None:
    step = StepDone(1, 9, {"total_loss": 1.0}, 1.0, 8.0)
    folder = left_there(instrument, None, Started(JobKind.TRAIN), step)
    with folder.events_path.open("ab") as file:
        file.write(b'{"seq": 2, "at": 1.0, "from": 300, "type": "Step')
    assert placed("train", SPEC, instrument, "/book")[1].offset == 200


def test_that_the_chosen_host_is_kept(instrument: Instrument) -> None:
    save(instrument)
    assert load(instrument.path).host == "box"


def test_that_several_hosts_are_one_place_as_long_as_all_are_known(instrument: Instrument) -> None:
    hosts = [Host(address=name) for name in ("box", "me@other", "third")]
    key = together(("box", "me@other"))
    assert [choice.title for choice in places(hosts, key)][-1] == "On box and me@other"
    assert len(places(hosts[1:], key)) == 3
    _, place = placed("train", SPEC, replace(instrument, host=key), "/book")
    assert place is not None
    assert place.addresses == addresses_of(key) == ("box", "me@other")


def test_that_a_place_of_several_hosts_is_read_as_it_was_written(instrument: Instrument) -> None:
    place = new_place("/book", "box", "other")
    instrument.path.mkdir(exist_ok=True)
    place.write(instrument.path)
    assert read_place(instrument.path) == place
