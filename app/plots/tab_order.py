"""The order in which the Tab key visits what a widget makes while the window is open already."""

from collections.abc import Iterable
from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget


def visit_in_place(parent: QWidget, children: Iterable[QWidget]) -> None:
    """One after the other, where their parent stands; of itself, what is made last is visited last."""
    policy = parent.focusPolicy()
    parent.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # Qt puts nothing behind what takes no focus
    for one, next_one in pairwise((parent, *children)):
        QWidget.setTabOrder(one, next_one)
    parent.setFocusPolicy(policy)
