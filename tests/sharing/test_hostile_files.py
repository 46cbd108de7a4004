"""Files that are damaged, of a later version, or meant to do harm: each is refused with a sentence."""

import json
import struct
import zipfile

import numpy as np
import pytest

from ddsp_backend.config.model_config import is_model_setting, parse_model
from ddsp_backend.errors import ConfigError, DataError, DdspError
from ddsp_backend.jobs.spec import ImportSpec
from ddsp_backend.sharing.archive import Entry, read_archive
from ddsp_backend.sharing.card import ModelCard, card_from_json, card_to_json
from ddsp_backend.sharing.shared_model import read_shared
from tests.sharing.files import changed, entries_of, finished, refused

END = struct.Struct("<4s4H2LH")


@pytest.fixture
def library(tmp_path):
    path = tmp_path / "library"
    path.mkdir()
    return path


@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 0.5, 0.9, 0.99, 0.9999])
def test_that_a_file_that_was_cut_is_refused(shared, tmp_path, library, share):
    content = shared.read_bytes()
    path = tmp_path / "cut.timbre"
    path.write_bytes(content[: int(share * len(content))])
    assert "cut.timbre" in refused(path, library).title


def test_that_no_changed_byte_is_taken_for_the_model(shared, tmp_path):
    """Wherever one is changed: the same is read, or nothing."""
    content, before = shared.read_bytes(), read_archive(shared)
    path = tmp_path / "changed.timbre"
    random = np.random.default_rng(0)
    for place in [*random.integers(0, len(content), 60), *range(len(content) - 300, len(content), 5)]:
        path.write_bytes(content[:place] + bytes([content[place] ^ (1 << random.integers(8))]) + content[place + 1 :])
        try:
            read = read_archive(path)
        except DataError:
            continue
        assert read == before


def test_that_noise_and_other_files_are_refused(shared, tmp_path, library):
    path = tmp_path / "other.timbre"
    for content in (b"", b"PK", b"MThd", np.random.default_rng(0).bytes(5000)):
        path.write_bytes(content)
        assert "other.timbre" in refused(path, library).title
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<a/>")
    assert "format.json" in refused(path, library).title
    assert "is a folder" in refused(tmp_path, library).title
    assert "does not exist" in refused(tmp_path / "none.timbre", library).title


def test_that_a_later_version_is_named_whatever_else_is_in_it(shared, tmp_path, library):
    head = json.dumps({"format": "timbre", "version": 2}).encode()
    path = changed(shared, tmp_path, {"format.json": head, "weights.bin": None, "weights.gguf": b"new"})
    failed = refused(path, library)
    assert "format 2, and this one reads up to 1" in failed.title
    assert failed.hint == "Update Timbre Studio."


@pytest.mark.parametrize(
    "name",
    [
        "../evil.gin",
        "/etc/passwd",
        "C:\\evil",
        "model/../../evil",
        "con",
        "CARD.JSON",
        "card.json/",
        "run.py",
        "ü" * 200,
    ],
)
def test_that_what_is_no_part_of_a_model_is_refused_by_name(shared, tmp_path, library, name):
    assert "no part of a model" in refused(changed(shared, tmp_path, {name: b"x"}), library).title
    assert not (tmp_path / "evil.gin").exists()


@pytest.mark.parametrize("name", ["card.json", "model.gin", "weights.bin", "weights.json", "learned.json"])
def test_that_a_missing_part_is_named(shared, tmp_path, library, name):
    assert f"it lacks {name}" in refused(changed(shared, tmp_path, {name: None}), library).title


def test_that_a_part_that_is_there_twice_is_refused(shared, tmp_path, library):
    path = changed(shared, tmp_path, {})
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("card.json", b"{}")
    assert "card.json twice" in refused(path, library).title


def test_that_a_bomb_is_refused_before_it_is_unpacked(shared, tmp_path, library):
    path = changed(shared, tmp_path, {"card.json": bytes(50_000_000)})
    assert path.stat().st_size < 1_000_000
    assert "card.json would have 50 MB, and 0.0655 MB are allowed" in refused(path, library).title


def test_that_a_bomb_that_hides_its_size_gives_no_more_than_it_says(shared, tmp_path, library):
    path = changed(shared, tmp_path, {"learned.json": bytes(20_000_000)})
    content = path.read_bytes().replace(struct.pack("<L", 20_000_000), struct.pack("<L", 1000))
    path.write_bytes(content)
    assert "damaged" in refused(path, library).title


def test_that_an_endless_directory_is_refused_before_it_is_read(shared, tmp_path, library):
    path = tmp_path / "changed.timbre"
    content = shared.read_bytes()
    *head, _, place, comment = END.unpack(content[-END.size :])
    path.write_bytes(content[: -END.size] + END.pack(*head, 1 << 30, place, comment))
    assert "list of contents is longer" in refused(path, library).title
    path.write_bytes(content[: -END.size] + b"PK\x06\x07" + bytes(16) + content[-END.size :])
    assert "list of contents is longer" in refused(path, library).title


def test_that_encrypted_parts_are_refused(shared, tmp_path, library):
    path = tmp_path / "changed.timbre"
    content = bytearray(shared.read_bytes())
    content[content.rfind(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    assert "packed in a way" in refused(path, library).title


@pytest.mark.parametrize(
    "line",
    [
        "import os",
        "include '/dev/zero'",
        "include 'presets/vst.gin'",
        "Autoencoder.encoder = @os.system()",
        "Autoencoder.encoder = @data.TFRecordProvider()\nTFRecordProvider.file_pattern = '/etc/passwd'",
        "Autoencoder.losses = [@losses.PretrainedCREPEEmbeddingLoss()]",
        "train.start_from = '/etc'",
        "Reverb.reverb_length = 100000000000",
        "Reverb.reverb_length = 1e400",
        "Reverb.reverb_length = " + "[" * 5000 + "]" * 5000,
        "Reverb.name = '" + "x" * 1000 + "'",
        "get_model.model = %model\nmodel = %model",
        "Autoencoder.decoder = 5",
        "RnnFcDecoder.ch = ",
        "\x00",
    ],
)
def test_that_settings_that_are_no_models_are_refused(shared, tmp_path, library, line):
    settings = entries_of(shared)["model.gin"] + b"\n" + line.encode() + b"\n"
    failed = refused(changed(shared, tmp_path, {"model.gin": settings}), library)
    assert "model.gin" in failed.title or "changed.timbre" in failed.title


def test_that_a_model_of_other_sizes_is_refused_before_it_takes_memory(shared, tmp_path, library):
    """In full it would have 10^14 weights."""
    huge = b"\nRnnFcDecoder.ch = 9000000\nRnnFcDecoder.rnn_channels = 9000000\n"
    settings = entries_of(shared)["model.gin"] + huge
    failed = refused(changed(shared, tmp_path, {"model.gin": settings}), library)
    assert "its weights are not those of its settings: decoder/" in failed.title
    assert "9000000" in failed.title


def test_that_whatever_stands_in_the_settings_is_a_model_or_refused_with_a_sentence(shared, tmp_path):
    """Values of all kinds in the place of others, and letters that are gone."""
    random = np.random.default_rng(1)
    lines = entries_of(shared)["model.gin"].decode().splitlines()
    bindings = [place for place, line in enumerate(lines) if " = " in line and not line.endswith("\\")]
    values = ["0", "-1", "1e9", "None", "'x'", "[]", "{}", "%x", "@synths.Harmonic()", "@core.exp_sigmoid", "9999999"]
    outcomes = set()
    for _ in range(20):
        changed_lines = list(lines)
        place = random.choice(bindings)
        changed_lines[place] = f"{lines[place].split(' = ')[0]} = {random.choice(values)}"
        text = "\n".join(changed_lines)
        cut = int(random.integers(len(text)))
        text = text if random.random() < 0.7 else text[:cut] + text[cut + int(random.integers(1, 20)) :]
        path = changed(shared, tmp_path, {"model.gin": text.encode()})
        try:
            read_shared(path)
            outcomes.add("a model")
        except DdspError as error:
            outcomes.add(type(error).__name__)
    assert {"a model", "ConfigError"} <= outcomes


def test_that_a_model_that_nothing_can_be_played_with_is_refused(shared, tmp_path, library):
    settings = entries_of(shared)["model.gin"] + b"\nHarmonic.n_samples = 6300\nFilteredNoise.n_samples = 6300\n"
    failed = refused(changed(shared, tmp_path, {"model.gin": settings}), library)
    assert "frames" in failed.title


def test_that_weights_that_are_no_numbers_are_refused(shared, tmp_path, library):
    numbers = bytearray(entries_of(shared)["weights.bin"])
    for odd in (np.nan, np.inf):
        numbers[400:404] = np.float32(odd).tobytes()
        assert "is no number" in refused(changed(shared, tmp_path, {"weights.bin": bytes(numbers)}), library).title


def test_that_weights_and_their_list_must_belong_together(shared, tmp_path, library):
    entries = entries_of(shared)
    shapes, numbers = json.loads(entries["weights.json"]), entries["weights.bin"]
    for changes in (
        {"weights.bin": numbers[:-4]},
        {"weights.bin": numbers + bytes(4)},
        {"weights.bin": b""},
        *(
            {"weights.json": json.dumps(odd).encode()}
            for odd in (
                [],
                shapes[:-1],
                [*shapes, shapes[0]],
                [[shapes[0][0], [-1]], *shapes[1:]],
                [[shapes[0][0], [1.5]], *shapes[1:]],
                [[shapes[0][0], [1 << 60, 1 << 60]], *shapes[1:]],
                [["other", shapes[0][1]], *shapes[1:]],
                {"a": 1},
                5,
                [[1, 2, 3]],
            )
        ),
        {"weights.json": b"[" * 100_000},
        {"weights.json": b"\xff"},
    ):
        assert "weights" in refused(changed(shared, tmp_path, changes), library).title


@pytest.mark.parametrize(
    "odd",
    [
        {"name": ""},
        {"name": "\x1b[2J"},
        {"name": "flute \u202egnp.exe"},
        {"name": "x" * 5000},
        {"name": 5},
        {"licence": "  "},
        {"licence": None},
        {"minutes": "many"},
        {"lowest_midi": 1000},
        {"steps": -1},
        {"steps": True},
        {"steps": 10**20},
        {"settings": "RnnFcDecoder.ch = 16"},
        {"settings": [5]},
        {"settings": ["a"] * 1000},
        {"preset": ["presets/vst.gin"]},
    ],
)
def test_that_a_card_that_makes_no_sense_is_refused(shared, tmp_path, library, odd):
    card = {**json.loads(entries_of(shared)["card.json"]), **odd}
    failed = refused(changed(shared, tmp_path, {"card.json": json.dumps(card).encode()}), library)
    assert next(iter(odd)) in failed.title


def test_that_texts_that_are_no_json_are_refused(shared, tmp_path, library):
    for name in ("card.json", "learned.json", "format.json"):
        for odd in (b"", b"{", b"[1]", b"\xff\xfe", b"[" * 60_000, b'{"name": NaN}'):
            assert "changed.timbre" in (title := refused(changed(shared, tmp_path, {name: odd}), library).title) or (
                "card" in title
            )


def test_that_an_example_that_is_no_wav_file_is_refused(shared, tmp_path, library):
    sound = entries_of(shared)["example.wav"]
    for odd in (b"", b"RIFF", sound[:30], b"fLaC" + sound, sound.replace(b"fmt \x10", b"fmt \xf0")):
        assert "example" in refused(changed(shared, tmp_path, {"example.wav": odd}), library).title


def test_that_settings_of_the_card_reach_the_instrument_only_where_they_are_a_models(shared, tmp_path, library):
    card = json.loads(entries_of(shared)["card.json"])
    card["settings"] = ["train.start_from = '/etc'", "include '/dev/zero'", "RnnFcDecoder.ch = 16", "import os"]
    path = changed(shared, tmp_path, {"card.json": json.dumps(card).encode()})
    finished(ImportSpec(file_path=str(path), library=str(library)))
    fields = json.loads((library / "Tiny flute" / "project.json").read_text())
    assert fields["settings"] == {"presets/vst.gin": ["RnnFcDecoder.ch = 16"]}


def test_that_an_unknown_preset_is_left_out(shared, tmp_path, library):
    card = json.loads(entries_of(shared)["card.json"]) | {"preset": "../../evil.gin"}
    path = changed(shared, tmp_path, {"card.json": json.dumps(card).encode()})
    finished(ImportSpec(file_path=str(path), library=str(library)))
    fields = json.loads((library / "Tiny flute" / "project.json").read_text())
    assert (fields["preset"], fields["settings"]) == ("", {})


def test_that_a_name_from_elsewhere_becomes_a_folder_of_the_library(shared, tmp_path, library):
    card = json.loads(entries_of(shared)["card.json"]) | {"name": "../..\\CON: <b>flute</b>*"}
    path = changed(shared, tmp_path, {"card.json": json.dumps(card).encode()})
    finished(ImportSpec(file_path=str(path), library=str(library)))
    assert [each.name for each in library.iterdir()] == ["CON b flute b"]


def test_that_a_card_is_read_as_it_was_written():
    card = ModelCard(name="نی‌لبک", licence="You may\nplay it.", minutes=2.5, lowest_midi=40, settings=("a = 1",))
    assert card_from_json(json.loads(json.dumps(card_to_json(card)))) == card


def test_that_a_setting_of_a_model_is_one_plain_value():
    assert is_model_setting("Reverb.reverb_length = 24000")
    for odd in (
        "Reverb.reverb_length = %x",
        "a = 1",
        "Reverb.reverb_length = 1\nReverb.name = 'a'",
        "Reverb.ch = 1",
        "",
    ):
        assert not is_model_setting(odd), odd


def test_that_an_include_is_refused_without_opening_the_file(tmp_path):
    with pytest.raises(ConfigError, match="may not include any file"):
        parse_model(f"include '{tmp_path / 'none.gin'}'", "model.gin")


def test_that_every_part_has_a_limit(shared):
    assert {Entry(name) for name in entries_of(shared)} == set(Entry)
