"""The phrases that a training plays: chosen by what they cover, titled by what they are."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from ddsp_backend.data.providers import Origin, TFRecordProvider
from ddsp_backend.reporting.phrases import Traits, choose, fixed_phrases, title_of, titles, titles_of_spread, traits_of
from tests import recordings
from tests.data.prepared import prepare

RATE = 100


def traits(midi: float, level_db: float = -30.0, note_seconds: float = 1.0, share: float = 1.0) -> Traits:
    return Traits(midi, midi, midi, level_db, note_seconds, share)


def features(notes: list[tuple[float, float]], level_db: float = -30.0) -> dict[str, np.ndarray]:
    """Of (MIDI note, seconds) one after the other; note 0 is a pause."""
    midi_F = np.concatenate([np.full(round(seconds * RATE), float(midi)) for midi, seconds in notes])
    return {
        "f0_hz": 440 * 2 ** ((midi_F - 69) / 12),
        "f0_confidence": np.where(midi_F > 0, 1.0, 0.0),
        "loudness_db": np.where(midi_F > 0, level_db, -80.0),
    }


def test_that_pitch_level_and_length_of_notes_are_heard() -> None:
    found = traits_of(features([(50, 1.0), (0, 1.0), (62, 2.0)]), RATE)
    assert found is not None
    assert (found.lowest_midi, found.highest_midi) == pytest.approx((50, 62))
    assert (found.level_db, found.note_seconds, found.share) == pytest.approx((-30, 1.5, 0.75))
    slurred = traits_of(features([(50, 0.5), (52, 0.5), (50, 0.02), (52, 0.5)]), RATE)
    assert slurred is not None
    assert slurred.note_seconds == pytest.approx(0.76)
    assert traits_of(features([(0, 2.0)]), RATE) is None


def test_that_low_and_high_soft_and_loud_long_and_short_are_chosen() -> None:
    usual = [traits(60 + i % 3, -30 + i % 2) for i in range(20)]
    odd = [traits(40, -30), traits(80, -30), traits(60, -55), traits(60, -10), traits(60, -30, 0.1)]
    everything = [*usual, *odd] * 4
    chosen = choose(["take"] * len(everything), everything, 6)
    heard = {everything[i] for i in chosen}
    assert set(odd) <= heard
    assert [everything[i].middle_midi for i in chosen] == sorted(everything[i].middle_midi for i in chosen)
    assert chosen == choose(["take"] * len(everything), everything, 6)


def test_that_recordings_take_turns_and_what_is_mostly_silent_comes_last() -> None:
    different = [traits(40), traits(80), traits(60, -60), traits(61, -10)]
    everything, names = [*different, traits(55), traits(56), None], [*["one"] * 4, "two", "three", "four"]
    assert {names[i] for i in choose(names, everything, 3)} == {"one", "two", "three"}
    assert len(choose(names, everything, 9)) == 7
    assert choose(["one", "two"], [traits(90, share=0.1), traits(60)], 1) == [1]
    assert choose(["one", "two"], [None, None], 1) == [0]
    assert choose([], [], 3) == []


def test_that_titles_say_recording_place_note_and_level() -> None:
    assert title_of(Origin("take_02", 12.96), traits(50, -40), -35, -20) == "take_02, 0:12, D3, soft"
    assert title_of(Origin("a", 725), Traits(50, 55, 69, -10, 1, 1), -35, -20) == "a, 12:05, D3 to A4, loud"
    assert title_of(Origin("a", 0), traits(50, -30), -35, -20) == "a, 0:00, D3"
    assert title_of(Origin("a", 0), None, -35, -20) == "a, 0:00"
    alike = titles([Origin("a", 0), Origin("a", 4)], [traits(50, -30), traits(50, -33)])
    assert alike == ["a, 0:00, D3", "a, 0:04, D3"]  # 3 dB make no soft and loud


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two takes: one low and soft, one high and loud."""
    folder = tmp_path_factory.mktemp("phrases")
    for name, hz, gain in (("low take", 147.0, 0.03), ("high take", 440.0, 0.6)):
        rich_N = sum(recordings.tone(12, hz=k * hz) / k for k in (1, 2, 3, 4))
        recordings.write(folder / "takes" / f"{name}.wav", gain * rich_N, subtype="FLOAT")
    prepare(folder / "takes", folder / "data.tfrecord", split="chunk", held_out_fraction=0.4, chunk_secs=4)
    return folder


def test_that_every_record_is_known_by_its_recording_and_its_place(data: Path) -> None:
    provider = TFRecordProvider(f"{data}/data.tfrecord*")
    assert len(provider.origins) == provider.n_examples

    for place, origin in enumerate(provider.origins):
        audio_N = provider.get_example(place)["audio"][0].numpy()
        recorded_N, rate = soundfile.read(data / "takes" / f"{origin.recording}.wav", dtype="float32")
        assert rate == 16000
        begin = round(origin.second * rate)
        np.testing.assert_allclose(audio_N, recorded_N[begin : begin + len(audio_N)], atol=1e-6)


def test_that_takes_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    for folder, hz in (("live", 147.0), ("studio", 440.0)):
        recordings.write(tmp_path / folder / "take_01.wav", recordings.melody(9, hz=hz))
    prepare(tmp_path, tmp_path / "data" / "data.tfrecord", split="recording", held_out_fraction=0.5)
    provider = TFRecordProvider(f"{tmp_path}/data/data.tfrecord*")
    assert {origin.recording for origin in provider.origins} == {"take_01 in live", "take_01 in studio"}


def test_that_the_phrases_of_a_prepared_set_are_titled_and_those_of_an_older_one_are_spread(data: Path) -> None:
    provider = TFRecordProvider(f"{data}/data.tfrecord*")
    phrases = fixed_phrases(provider, 2)
    assert [phrase.title.split(",")[0] for phrase in phrases] == ["low take", "high take"]
    assert phrases[0].title.endswith("D3, soft")
    assert phrases[1].title.endswith("A4, loud")
    assert set(titles_of_spread(provider, provider.n_examples)) >= {phrase.title for phrase in phrases}

    moved = data / "elsewhere"
    moved.mkdir()
    for file in data.glob("data.tfrecord-*"):
        (moved / file.name).write_bytes(file.read_bytes())
    unknown = TFRecordProvider(f"{moved}/data.tfrecord-*")
    assert unknown.origins == ()
    assert [phrase.title for phrase in fixed_phrases(unknown, 2)] == ["", ""]
    assert titles_of_spread(unknown, 2) == ["", ""]
