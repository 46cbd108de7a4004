"""Data sets that others publish, and several as one: read from files of the same shape, written here."""

import numpy as np
import pytest

from ddsp_backend.data.mixtures import MixedProvider, ZippedProvider
from ddsp_backend.data.nsynth import NSynthTfds
from ddsp_backend.data.providers import LegacyTFRecordProvider, TFRecordProvider
from ddsp_backend.data.urmp import INSTRUMENTS, Urmp, UrmpMidi, UrmpMidiUnsegmented
from ddsp_backend.errors import ConfigError, DataError
from tests.urmp import write_examples

N_FRAMES, N_SAMPLES, N_PITCHES = 1000, 64000, 128


def tone(number: int, n_frames: int = N_FRAMES) -> dict:
    frames = np.full(n_frames, float(number), np.float32)
    return {
        "audio": np.full(n_frames * 64, number / 100, np.float32),
        "f0_hz": 100 + frames,
        "f0_confidence": np.ones_like(frames),
        "loudness_db": -frames,
    }


def piece_with_a_note(instrument: bytes, n_frames: int = N_FRAMES) -> dict:
    """MIDI pitch 60 sounds in frames 10 to 19."""
    sounding, onsets, offsets = (np.zeros([n_frames, N_PITCHES], np.float32) for _ in range(3))
    sounding[10:20, 60] = 1
    onsets[10, 60] = offsets[20, 60] = 1
    return {
        **tone(1, n_frames),
        "power_db": np.full(n_frames, -30.0),
        "note_active_frame_indices": sounding,
        "note_active_velocities": sounding * 0.5,
        "note_onsets": onsets,
        "note_offsets": offsets,
        "instrument_id": instrument,
        "recording_id": b"piece_1",
    }


def numbers_of(batches) -> list[list[int]]:
    return [[round(float(audio[0]) * 100) for audio in batch["audio"]] for batch in batches]


@pytest.fixture
def two_sets(tmp_path):
    write_examples(tmp_path / "low-00000-of-00001", [tone(number) for number in range(6)])
    write_examples(tmp_path / "high-00000-of-00001", [tone(number) for number in range(50, 56)])
    return [LegacyTFRecordProvider(str(tmp_path / f"{name}-*")) for name in ("low", "high")]


def test_that_files_of_the_first_version_are_read(two_sets):
    batch = next(iter(two_sets[0].get_batch(2, shuffle=False)))
    assert {key: value.shape.as_list() for key, value in batch.items()} == {
        "audio": [2, N_SAMPLES],
        "f0_hz": [2, N_FRAMES],
        "f0_confidence": [2, N_FRAMES],
        "loudness_db": [2, N_FRAMES],
    }
    assert numbers_of([batch]) == [[0, 1]]


def test_that_one_instrument_of_urmp_is_read_and_an_unknown_one_is_refused(tmp_path):
    for split, number in (("train", 3), ("test", 4)):
        write_examples(tmp_path / f"urmp_fl_solo_ddsp_conditioning_{split}.tfrecord-00000-of-00001", [tone(number)])
    found = [
        numbers_of(Urmp(str(tmp_path), "fl", split).get_batch(1, shuffle=False, repeats=1))
        for split in ("train", "test")
    ]
    assert found == [[[3]], [[4]]]
    with pytest.raises(ConfigError, match="instrument_key='flute'"):
        Urmp(str(tmp_path), "flute")
    with pytest.raises(DataError, match="urmp_tpt_solo_ddsp_conditioning_train"):
        _ = Urmp(str(tmp_path)).n_examples


def test_that_the_notes_of_urmp_come_as_a_piano_roll_and_as_one_pitch_a_frame(tmp_path):
    path = tmp_path / "all_instruments_train_batched.tfrecord-00000-of-00001"
    write_examples(path, [piece_with_a_note(b"cl"), piece_with_a_note(b"kazoo")])
    provider = UrmpMidi(str(tmp_path), "all", suffix="batched")
    batch = next(iter(provider.get_batch(2, shuffle=False)))
    assert batch["note_active_frame_indices"].shape == [2, N_FRAMES, N_PITCHES]
    assert batch["f0_hz"].shape == batch["loudness_db"].shape == [2, N_FRAMES, 1]
    midi_F = batch["midi"].numpy()[0]
    assert (midi_F[10:20] == 60).all()
    assert midi_F.sum() == 600
    assert np.flatnonzero(batch["onsets"][0]).tolist() == [10]
    assert np.flatnonzero(batch["offsets"][0]).tolist() == [20]
    assert batch["instrument_id"].numpy().tolist() == [INSTRUMENTS.index("cl"), -1]


def test_that_whole_pieces_of_urmp_are_as_long_as_they_are(tmp_path):
    path = tmp_path / "urmp_vn_solo_ddsp_conditioning_train_unbatched.tfrecord-00000-of-00001"
    write_examples(path, [piece_with_a_note(b"vn", 30), piece_with_a_note(b"vn", 70)])
    provider = UrmpMidiUnsegmented(str(tmp_path), "vn", suffix="unbatched")
    pieces = list(provider.get_batch(1, shuffle=False, repeats=1))
    assert [piece["midi"].shape.as_list() for piece in pieces] == [[1, 30], [1, 70]]
    assert [piece["audio"].shape.as_list() for piece in pieces] == [[1, 1920], [1, 4480]]


@pytest.fixture(scope="module")
def nsynth_folder(tmp_path_factory):
    """A data set of the name, version and features of NSynth's, of eight notes, built by TensorFlow Datasets."""
    import tensorflow_datasets as tfds

    with tfds.core.registered.skip_registration():

        class Nsynth(tfds.core.GeneratorBasedBuilder):
            VERSION = tfds.core.Version("2.3.0")
            BUILDER_CONFIGS = [tfds.core.BuilderConfig(name="gansynth_subset.f0_and_loudness", version=VERSION)]  # noqa: RUF012

            def _info(self):
                def frames():
                    return tfds.features.Tensor(shape=[N_FRAMES], dtype=np.float32)

                label = tfds.features.ClassLabel
                instrument = {
                    "label": label(names=["a", "b"]),
                    "family": label(names=["flute", "brass"]),
                    "source": label(names=["acoustic", "synthetic"]),
                }
                features = {
                    "id": tfds.features.Text(),
                    "audio": tfds.features.Tensor(shape=[N_SAMPLES], dtype=np.float32),
                    "pitch": label(num_classes=128),
                    "instrument": instrument,
                    "f0": {"hz": frames(), "midi": frames(), "confidence": frames()},
                    "loudness": {"db": frames()},
                }
                return self.dataset_info_from_configs(features=tfds.features.FeaturesDict(features))

            def _split_generators(self, dl_manager):
                return {"train": self._generate_examples(range(8)), "valid": self._generate_examples(range(90, 92))}

            def _generate_examples(self, numbers):
                for number in numbers:
                    known = tone(number)
                    yield (
                        str(number),
                        {
                            "id": str(number),
                            "audio": known["audio"],
                            "pitch": 60 + number % 8,
                            "instrument": {"label": "b", "family": "brass", "source": "acoustic"},
                            "f0": {"hz": known["f0_hz"], "midi": known["f0_hz"], "confidence": known["f0_confidence"]},
                            "loudness": {"db": known["loudness_db"]},
                        },
                    )

    folder = tmp_path_factory.mktemp("tfds")
    Nsynth(data_dir=str(folder)).download_and_prepare()
    return folder


def test_that_nsynth_is_read_with_and_without_labels(nsynth_folder):
    provider = NSynthTfds(data_dir=str(nsynth_folder), split="valid")
    assert provider.n_examples == 2
    (batch,) = provider.get_batch(2, shuffle=False, repeats=1)
    assert sorted(numbers_of([batch])[0]) == [90, 91]
    assert batch["f0_hz"].shape == [2, N_FRAMES]
    assert batch["instrument_family"].numpy().tolist() == [1, 1]
    plain = NSynthTfds(data_dir=str(nsynth_folder), include_note_labels=False)
    assert set(next(iter(plain.get_batch(1)))) == {"audio", "f0_hz", "f0_confidence", "loudness_db"}


def test_that_nsynth_goes_on_where_a_run_stopped_and_another_seed_is_another_order(nsynth_folder):
    provider = NSynthTfds(data_dir=str(nsynth_folder))
    whole = numbers_of(provider.get_batch(3, seed=5).take(6))
    rest = numbers_of(NSynthTfds(data_dir=str(nsynth_folder)).get_batch(3, seed=5, first_batch=2).take(4))
    assert rest == whole[2:]
    assert numbers_of(provider.get_batch(3, seed=6).take(6)) != whole


def test_that_a_folder_without_nsynth_and_an_unknown_part_are_said(tmp_path, nsynth_folder):
    with pytest.raises(DataError, match=r"was not prepared there|cannot be read there"):
        _ = NSynthTfds(data_dir=str(tmp_path)).n_examples
    with pytest.raises(DataError, match="no part 'test'") as caught:
        _ = NSynthTfds(data_dir=str(nsynth_folder), split="test").n_examples
    assert "train, valid" in caught.value.hint


def test_that_zipped_data_sets_share_the_batch_by_their_ratios(two_sets):
    provider = ZippedProvider(two_sets, batch_size_ratios=[2, 1])
    low, high = next(iter(provider.get_batch(3, shuffle=False)))
    assert numbers_of([low, high]) == [[0, 1], [50]]
    assert [batch["audio"].shape[0] for batch in next(iter(ZippedProvider(two_sets).get_batch(3)))] == [3, 3]
    with pytest.raises(ConfigError, match="leaves nothing"):
        provider.get_batch(1)


def test_that_mixed_data_sets_are_drawn_by_their_ratios_and_go_on_where_a_run_stopped(two_sets):
    provider = MixedProvider(two_sets, batch_size_ratios=[3, 1])
    batches = numbers_of(provider.get_batch(20, seed=1).take(10))
    share_low = np.mean(np.array(batches) < 50)
    assert abs(share_low - 0.75) < 0.1  # 200 draws: a deviation of 0.03
    assert numbers_of(provider.get_batch(20, seed=1, first_batch=4).take(6)) == batches[4:]
    once = numbers_of(provider.get_batch(5, repeats=1, drop_remainder=False))
    assert sorted(number for batch in once for number in batch) == [*range(6), *range(50, 56)]


def test_that_data_sets_of_different_rates_are_not_mixed(tmp_path, two_sets):
    other = TFRecordProvider(str(tmp_path / "low-*"), frame_rate=50)
    with pytest.raises(ConfigError, match="differ in frame_rate: 250, 50"):
        MixedProvider([two_sets[0], other])
    with pytest.raises(ConfigError, match="2 data_providers but 1 batch_size_ratios"):
        ZippedProvider(two_sets, [1])
