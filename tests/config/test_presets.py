import subprocess
import sys

import pytest

from ddsp_backend.config.presets import list_presets
from ddsp_backend.errors import ConfigError


def test_that_the_recommended_preset_comes_first():
    presets = list_presets()
    assert [preset.gin_file for preset in presets] == [
        "presets/vst.gin",
        "presets/solo_instrument.gin",
        "presets/tiny.gin",
        "presets/demo.gin",
    ]
    assert (presets[0].sample_rate, presets[0].frame_rate, presets[0].center) == (16000, 50, True)
    assert (presets[1].sample_rate, presets[1].frame_rate, presets[1].center) == (16000, 250, False)


def test_that_listing_them_loads_neither_gin_nor_tensorflow():
    code = (
        "import sys; from ddsp_backend.config.presets import list_presets; assert list_presets();"
        "assert not {'gin', 'tensorflow'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_that_a_preset_without_a_frame_rate_is_named(tmp_path):
    (tmp_path / "presets").mkdir()
    (tmp_path / "presets" / "mine.gin").write_text("# title: Mine\n# summary: x\n# rank: 1\n# sample_rate: 16000\n")
    with pytest.raises(ConfigError, match=r"mine.gin lacks a value .*frame_rate"):
        list_presets(tmp_path)
