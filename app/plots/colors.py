"""The palette: every colour of the window in both schemes, for plots, views and the style sheet alike."""

from enum import Enum

from PySide6.QtGui import QColor


class Scheme(Enum):
    """Light on dark, or dark on light. Each value is the place of its colours in `Ink`."""

    DARK = 0
    LIGHT = 1


class Ink(Enum):
    """What a colour is for, and its two colours: (dark scheme, light scheme), as hex strings with alpha first.

    An ink is kept, and turned into a colour when something is drawn, so that a window follows the system at once.
    """

    # Surfaces, from the bottom up.
    BACKGROUND = ("#12151b", "#f3f5f8")
    SURFACE = ("#191d25", "#ffffff")
    RAISED = ("#222832", "#e8ebf1")
    HOVER = ("#2b323e", "#dde2ea")
    LINE = ("#2f3744", "#c6cdd8")
    GRID = ("#232a35", "#e1e5ec")
    PLOT_BACKGROUND = ("#0f1218", "#fbfcfe")
    VEIL = ("#f012151b", "#f0f3f5f8")  # what it covers can only just be seen

    TEXT = ("#dde2ea", "#1b212b")
    TEXT_DIM = ("#9aa4b4", "#4a5465")
    TEXT_FAINT = ("#8a94a5", "#586273")  # what cannot be used now, and is read all the same

    ACCENT = ("#5cc8b8", "#0c6b61")
    ACCENT_BRIGHT = ("#6edccb", "#0a5a52")  # of a button below the mouse
    ACCENT_MUTED = ("#2c6f68", "#b5ded8")  # behind chosen text
    ON_ACCENT = ("#12151b", "#ffffff")
    GOOD = ("#7fcf8d", "#1b6a2f")
    WARNING = ("#e8b45a", "#7d5200")
    BAD = ("#ec7a70", "#b0241c")

    # What a listener compares. The same colour means the same sound on every page.
    ORIGINAL = ("#79a8f0", "#1f5bbf")
    RESYNTHESIZED = ("#f0a869", "#a34a06")
    HARMONIC = ("#8fd19e", "#1f7439")
    NOISE = ("#bb9ce0", "#7434a4")

    PLAYHEAD = ("#f5f7fa", "#1b212b")
    LOOP = ("#5cc8b8", "#0c6b61")

    # Curves of the loss plot: the total, what is held out, then the parts in the order in which they come.
    LOSS_TOTAL = ("#79a8f0", "#1f5bbf")
    LOSS_HELD_OUT = ("#f0a869", "#a34a06")
    LOSS_PART_1 = ("#8fd19e", "#1f7439")
    LOSS_PART_2 = ("#bb9ce0", "#7434a4")
    LOSS_PART_3 = ("#e58fb1", "#ab2c62")
    LOSS_PART_4 = ("#d9cf7c", "#6b5e00")
    LOSS_PART_5 = ("#7cc7d9", "#0b6478")
    LOSS_PART_6 = ("#c2a58a", "#6f5236")

    # On and around pictures of sound, whose colours (level_colors.py) are those of light in the dark.
    PICTURE_GROUND = ("#0f1218", "#0f1218")
    PICTURE_LINE = ("#2f3744", "#2f3744")
    PICTURE_TEXT = ("#dde2ea", "#dde2ea")
    PICTURE_PLAYHEAD = ("#f5f7fa", "#f5f7fa")

    def hex_in(self, scheme: Scheme) -> str:
        pair: tuple[str, str] = self.value
        return pair[scheme.value]

    @property
    def hex(self) -> str:
        """In the scheme that is used now, as style sheets, rich text and pyqtgraph read it."""
        return self.hex_in(_used[-1])

    @property
    def color(self) -> QColor:
        """In the scheme that is used now."""
        return QColor(self.hex)


LOSS_PARTS = (Ink.LOSS_PART_1, Ink.LOSS_PART_2, Ink.LOSS_PART_3, Ink.LOSS_PART_4, Ink.LOSS_PART_5, Ink.LOSS_PART_6)

_used = [Scheme.DARK]


def used_scheme() -> Scheme:
    return _used[-1]


def use_scheme(scheme: Scheme) -> None:
    """From now on every ink has its colour of this scheme. What is on the screen already is not drawn anew by this."""
    _used[:] = [scheme]
