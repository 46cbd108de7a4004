"""What the guide, the list of keys and the words about this program say."""

from pathlib import Path

from app.state.help import GUIDE_SECTIONS, KEY_GROUPS, about_text, guide_text
from app.state.window import Page

GUIDE = Path(__file__).parents[2] / "docs" / "guide.md"


def test_that_the_guide_has_a_section_for_every_page() -> None:
    lines = GUIDE.read_text(encoding="utf-8").splitlines()
    assert all(f"## {GUIDE_SECTIONS[page]}" in lines for page in Page)


def test_that_links_to_other_files_are_plain_text_and_others_stay() -> None:
    text = "as [figures](sound.md) say, see [the paper](https://arxiv.org/abs/2001.04643)"
    assert guide_text(text) == "as figures say, see [the paper](https://arxiv.org/abs/2001.04643)"


def test_that_no_key_has_two_meanings_in_one_place() -> None:
    for group in KEY_GROUPS:
        keys = [keys for keys, _ in group.keys]
        assert len(set(keys)) == len(keys)


def test_that_what_is_not_installed_is_not_named() -> None:
    text = about_text("1.2", {"Qt": "6.11", "TensorFlow": ""})
    assert text.startswith("Version 1.2\n")
    assert "Qt 6.11" in text
    assert "TensorFlow" not in text
