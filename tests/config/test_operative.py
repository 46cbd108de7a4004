"""A run's operative config: written by us it gives the same config again, written by magenta/ddsp it is read."""

from pathlib import Path

from ddsp_backend.config.operative import latest_operative_config, write_operative_config
from ddsp_backend.config.parse import parse

GOLDEN = Path(__file__).parent.parent / "golden" / "magenta_checkpoint_solo"
PRESET_PARAMS = ("train_pattern = 'a/train*'", "held_out_pattern = 'a/held_out*'")


def test_that_the_newest_is_found_in_a_folder_and_beside_a_checkpoint(tmp_path):
    assert latest_operative_config(tmp_path) is None
    for step in (0, 900, 1000):
        write_operative_config(tmp_path, step, f"train.seed = {step}\n")
    (tmp_path / "operative_config-x.gin").write_text("")
    assert latest_operative_config(tmp_path) == tmp_path / "operative_config-1000.gin"
    assert latest_operative_config(tmp_path / "ckpt-900") == tmp_path / "operative_config-1000.gin"
    assert latest_operative_config(tmp_path / "not" / "here") is None


def test_that_reading_it_gives_the_same_text_again(tmp_path):
    config = parse(["presets/demo.gin"], [*PRESET_PARAMS, "batch_size = 3"])
    config.train()
    config.trainer()
    config.model()
    text = config.operative_text()
    path = write_operative_config(tmp_path, 0, text)
    again = parse(operative_config=path)
    assert again.train().batch_size == 3
    again.trainer()
    again.model()
    assert again.operative_text() == text


def test_that_evaluation_needs_nothing_but_the_operative_config(tmp_path):
    config = parse(["presets/demo.gin"], PRESET_PARAMS)
    config.train()
    path = write_operative_config(tmp_path, 0, config.operative_text())
    again = parse(operative_config=path).evaluate()
    assert again.data_provider is not None
    assert len(again.evaluator_classes) == 2


def test_that_later_files_and_parameters_win_over_it(tmp_path):
    config = parse(["datasets/base.gin"], ["batch_size = 3", "evaluate.num_batches = 2"])
    config.train()
    path = write_operative_config(tmp_path, 0, config.operative_text())
    again = parse(["datasets/base.gin"], ["batch_size = 4"], operative_config=path)
    assert again.train().batch_size == 4
    assert again.evaluate().num_batches == 5


def test_that_a_long_value_is_broken_as_gin_breaks_it():
    config = parse(["models/solo_instrument.gin"])
    config.model()
    lines = config.operative_text().splitlines()
    begin = lines.index("ProcessorGroup.dag = \\")
    assert lines[begin + 1 : begin + 5] == [
        "    [(@synths.Harmonic(), ['amps', 'harmonic_distribution', 'f0_hz']),",
        "     (@synths.FilteredNoise(), ['noise_magnitudes']),",
        "     (@processors.Add(), ['filtered_noise/signal', 'harmonic/signal']),",
        "     (@effects.Reverb(), ['add/signal'])]",
    ]


def test_that_one_of_magenta_ddsp_is_read_and_every_line_of_it_kept():
    path = GOLDEN / "operative_config-0.gin"
    config = parse(operative_config=path)
    config.model()
    config.train()
    config.trainer()
    ours = set(config.operative_text().splitlines())
    # Ours says less of a name where less says enough, and the module that defines a value without a default.
    theirs = {line for line in path.read_text().splitlines() if " = " in line and not line.startswith("#")}
    missing = {line for line in theirs - ours if line.replace("processors.Add.", "Add.") not in ours}
    assert missing == {"batch_size = 32"} - ours
